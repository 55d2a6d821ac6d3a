"""The application for an ASGI server: Django as WSGI in a pool of threads, behind the limit on bodies.

The same view costs less than half under WSGI. Servers ask for a module's `application`, so it is made at import.
"""

from typing import Any, cast

from a2wsgi import WSGIMiddleware
from django.conf import settings

from sigillo.config.bodies import Application, LimitedBodies
from sigillo.config.wsgi import application as wsgi_application

application = LimitedBodies(
    cast("Application", WSGIMiddleware(cast("Any", wsgi_application), workers=settings.SIGILLO_WEB_THREADS)),
    max_bytes=settings.SIGILLO_MAX_BODY_BYTES,
)
