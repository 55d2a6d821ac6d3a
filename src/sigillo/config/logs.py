"""How the process speaks of itself: one line per fact to standard error, as JSON or for people, without secrets."""

import logging.config
import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "********"
# Also `otp_code`, `client_key`, `sealed_value`: a part of the name is enough, parted by `_` or `-`.
_SECRET_NAME = re.compile(
    r"(?:^|[_-])(?:tokens?|passwords?|secrets?|authorization|cookies?|keys?|otp|pin|ticket|sealed)(?:$|[_-])",
    re.IGNORECASE,
)
_SECRET_TEXT = (
    (re.compile(r"\b(Token|Bearer|Basic|Digest)\s+[^\s'\",;)]{8,}"), rf"\1 {MASK}"),
    (re.compile(r"(://[^/@\s:]*):[^/@\s]+@"), rf"\1:{MASK}@"),
)


def logging_configuration(level: str, form: str = "auto") -> dict[str, Any]:
    """Django's LOGGING for a level such as `INFO` and a form: `json`, `console`, or `auto` by what reads it."""
    as_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _facts(),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    hide_secrets,
                    _renderer(as_json),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # What they tell of every request and job is told by our own lines already.
            "django-q": {"level": "ERROR"},
            "django.request": {"level": "ERROR"},
            "uvicorn": {"level": "WARNING"},
            "asyncio": {"level": "WARNING"},
            "pyhanko": {"level": "ERROR"},
            "pyhanko_certvalidator": {"level": "ERROR"},
            "urllib3": {"level": "WARNING"},
            "botocore": {"level": "WARNING"},  # below it, headers and what is signed
            "boto3": {"level": "WARNING"},
            "fontTools": {"level": "ERROR"},
        },
    }


def configure(configuration: Mapping[str, Any]) -> None:
    """Django's LOGGING_CONFIG: set up the standard library's loggers, and structlog on top of them."""
    logging.config.dictConfig(dict(configuration))
    structlog.configure(
        processors=[*_facts(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def hide_secrets(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Mask values whose name says secret, and credentials inside texts (headers, addresses, tracebacks)."""
    return {name: MASK if _SECRET_NAME.search(name) else _hidden(value) for name, value in line.items()}


def _hidden(value: object) -> object:
    if isinstance(value, dict):
        return hide_secrets(None, "", value)
    if not isinstance(value, str):
        return value
    for pattern, replacement in _SECRET_TEXT:
        value = pattern.sub(replacement, value)
    return value


def _facts() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]


def _renderer(as_json: bool) -> Processor:
    if as_json:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        exception_formatter=structlog.dev.plain_traceback, pad_event_to=0, colors=sys.stderr.isatty()
    )
