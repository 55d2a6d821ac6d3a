"""The application as it is served, over real HTTP, in a thread of the test: rows that the test makes are there."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from django.db import connection

from sigillo.config.asgi import application


@contextmanager
def live() -> Iterator[str]:
    """Serve on a free port while the block runs, with the entry and the server of `sigillo web`; its address.

    The database of the test must be one that other threads see (`transactional_db`). They keep no connection to it.
    """
    kept = connection.settings_dict["CONN_MAX_AGE"]
    connection.settings_dict["CONN_MAX_AGE"] = 0
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(application, http="h11", ws="none", lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            connection.settings_dict["CONN_MAX_AGE"] = kept
