"""Run the web server alone."""

import argparse
import os
import socket

from sigillo.cli.bind import add_bind, bound, listen
from sigillo.cli.lineage import add_parent, bind_to_parent
from sigillo.cli.startup import require_home, require_ready, start_django

KEEP_SECONDS = 65
"""How long an idle connection is kept: longer than proxies do, so that none is closed under a request of theirs."""
FINISH_SECONDS = 25
"""How long requests in hand may take after a request to stop."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`sigillo web`."""
    add_bind(parser)
    parser.add_argument("--listener", type=int, default=None, help=argparse.SUPPRESS)
    add_parent(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT, then finish the requests in hand."""
    bind_to_parent(arguments)
    listener = listen(arguments.bind) if arguments.listener is None else socket.socket(fileno=arguments.listener)
    if not os.environ.get("SIGILLO_PUBLIC_URL", "").strip():
        os.environ["SIGILLO_PUBLIC_URL"] = bound(listener, arguments.bind).url
    require_home()
    start_django()
    require_ready()
    _serve(listener)
    return 0


def _serve(listener: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(
        "sigillo.config.asgi:application",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_SECONDS,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[listener])
