"""The application for a WSGI server. Servers ask for a module's `application`, so this one is made at import."""

import os
from collections.abc import Mapping

from sigillo.config.database import use_current_sqlite

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sigillo.config.settings")
use_current_sqlite()

from django.core.handlers.wsgi import WSGIRequest  # noqa: E402 - the SQLite in use is chosen by the order of imports
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.utils.http import parse_header_parameters  # noqa: E402


class PlainRequest(WSGIRequest):
    """A request that does not take up the charset that its caller names.

    Bodies are JSON in UTF-8, and some of Python's codecs (base64, for one) are no charsets: Django would fail on
    them before anything of ours could answer.
    """

    def _set_content_type_params(self, meta: Mapping[str, str]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


application = get_wsgi_application()
application.request_class = PlainRequest
