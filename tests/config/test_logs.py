"""Lines of the log: readable by programs and people, and without a secret in them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from sigillo.config.logs import MASK, configure, hide_secrets, logging_configuration

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is written to standard error, with the loggers as they were before put back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    configure(logging_configuration("INFO", "json"))
    written = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    root.handlers[:] = before
    root.setLevel(level)


def test_a_line_is_one_json_object_with_its_facts(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger("sigillo.x").info("job done", seconds=0.2, name="Łukasz\n")
    logging.getLogger("sigillo.request").info("%s %s", "GET", "/x", extra={"status": 200})
    first, second = map(json.loads, lines.getvalue().splitlines())
    assert first["event"] == "job done"
    assert (first["level"], first["logger"]) == ("info", "sigillo.x")
    assert (first["request_id"], first["name"], first["seconds"]) == ("r1", "Łukasz\n", 0.2)
    assert first["timestamp"].endswith("Z")
    assert (second["event"], second["status"]) == ("GET /x", 200)


def test_secrets_are_masked_by_name_and_inside_texts(lines: io.StringIO) -> None:
    log = structlog.get_logger("sigillo.x")
    log.info("a", token=SECRET, client_key=SECRET, otp=SECRET, nested={"auth_password": SECRET})
    log.info("b", header=f"Authorization: Token {SECRET}", url=f"postgresql://u:{SECRET}@h/db")
    try:
        raise ValueError(f"Bearer {SECRET} is not right")
    except ValueError:
        log.exception("c")
    logging.getLogger("django.x").error("Basic %s", SECRET)
    written = lines.getvalue()
    assert SECRET not in written
    assert len(written.splitlines()) == 4
    assert MASK in written
    assert "ValueError" in written


def test_what_only_sounds_like_a_secret_is_shown() -> None:
    shown = hide_secrets(None, "", {"monkey": "a", "tokens_left": 3, "broken": "b", "signature": "c"})
    assert shown == {"monkey": "a", "tokens_left": MASK, "broken": "b", "signature": "c"}


def test_no_level_shows_what_is_signed_for_s3(lines: io.StringIO) -> None:
    configure(logging_configuration("DEBUG", "json"))
    assert logging.getLogger("sigillo.x").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("botocore.auth").isEnabledFor(logging.INFO)


def test_levels_are_obeyed(lines: io.StringIO) -> None:
    structlog.get_logger("sigillo.x").debug("quiet")
    logging.getLogger("django-q").warning("quiet")
    assert not lines.getvalue()
