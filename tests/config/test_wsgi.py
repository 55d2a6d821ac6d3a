"""The WSGI entry, called as a server calls it."""

import io
import json

import pytest

from sigillo.config.wsgi import application


@pytest.mark.parametrize("charset", ["utf-8", "base64", "rot13", "zlib", "utf-16", "nonsense", ""])
def test_a_charset_of_the_callers_changes_nothing(db: None, charset: str) -> None:
    seen: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/acme/users",
        "QUERY_STRING": "where_title=x",
        "CONTENT_TYPE": f"application/json; charset={charset}",
        "CONTENT_LENGTH": "2",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(b"{}"),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
    }

    def start(status: str, _headers: object) -> None:
        seen.append(status)

    body = b"".join(application(environ, start))  # type: ignore[arg-type]
    assert seen == ["401 Unauthorized"]
    assert json.loads(body)["meta"]["error_code"] == "no_credential"
