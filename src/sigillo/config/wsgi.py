"""The application for a WSGI server. Servers ask for a module's `application`, so this one is made at import."""

import os

from sigillo.config.database import use_current_sqlite

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sigillo.config.settings")
use_current_sqlite()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - the SQLite in use is chosen by the order of imports

application = get_wsgi_application()
