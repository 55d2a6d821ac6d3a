"""The text of a visible signature: the contract's `signature_text`, filled from the certificate's subject.

A template is a string that holds JSON: a list of blocks, each with a `format`, a list of lines. Placeholders
are replaced from an allow-list; no value is ever read as a template.
"""

import json
import re
from collections.abc import Mapping

from sigillo.base.errors import Invalid

DEFAULT_SIGNATURE_TEXT = (
    '[{"format": ["Signed by {subject[commonName]}", "{subject[C]}", "{subject[L]}", "{subject[S]}", '
    '"{subject[OU]}", "{subject[O]}", "{subject[E]}"]}]'
)

MAXIMUM_TEMPLATE = 16_384
MAXIMUM_LINES = 64
MAXIMUM_LINE = 1_000
MAXIMUM_VALUE = 400

_SHAPE = 'write it as [{"format": ["Signed by {subject[commonName]}", …]}]'
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]{1,32})(?:\[([^\[\]{}]{0,64})\])?\}")

# RFC 4514 and X.520 short names, those of OpenSSL and those of the seed, each with its one long name.
_LONG_NAMES = {
    "cn": "commonname",
    "c": "countryname",
    "country": "countryname",
    "l": "localityname",
    "locality": "localityname",
    "s": "stateorprovincename",
    "st": "stateorprovincename",
    "state": "stateorprovincename",
    "province": "stateorprovincename",
    "street": "streetaddress",
    "o": "organizationname",
    "organization": "organizationname",
    "ou": "organizationalunitname",
    "organizationalunit": "organizationalunitname",
    "oid": "organizationidentifier",
    "e": "emailaddress",
    "email": "emailaddress",
    "gn": "givenname",
    "g": "givenname",
    "sn": "surname",
    "t": "title",
    "dc": "domaincomponent",
    "dnq": "dnqualifier",
    "dn": "dnqualifier",
    "serial": "serialnumber",
}


def render_signature_text(
    template: str, subject: Mapping[str, str], extras: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Fill a `signature_text` template and return the lines of the stamp.

    `{subject[NAME]}` takes a name of the certificate's subject, by its long or its short name in any case;
    `{NAME}` takes one of `extras`, which hold finished strings such as `reason` and `date`. A placeholder
    that is unknown or without value is empty, and a line of which every placeholder is empty is left out.
    Raises Invalid for a template that is malformed or too large.
    """
    values = _values(subject, extras or {})
    filled = (_fill(line, values) for line in _read(template))
    return tuple(line for line in filled if line is not None)


def _fill(line: str, values: Mapping[str, str]) -> str | None:
    parts = _PLACEHOLDER.split(line)  # text, name, key, text, name, key, …, text
    found = [values.get(_address(name, key), "") for name, key in zip(parts[1::3], parts[2::3], strict=True)]
    if found and not any(found):
        return None
    texts = iter(found)
    return "".join(text + next(texts, "") for text in parts[::3]).strip()[:MAXIMUM_LINE]


def _values(subject: Mapping[str, str], extras: Mapping[str, str]) -> dict[str, str]:
    values = {name: _single_line(value) for name, value in extras.items()}
    for name, value in subject.items():
        address = _address("subject", name)
        values[address] = values.get(address) or _single_line(value)
    return values


def _address(name: str, key: str | None) -> str:
    if key is None:
        return name
    lowered = key.strip().lower()
    return f"{name}[{_LONG_NAMES.get(lowered, lowered)}]"


def _single_line(value: str) -> str:
    return " ".join(value[:MAXIMUM_VALUE].split())


def _read(template: str) -> list[str]:
    if len(template) > MAXIMUM_TEMPLATE:
        raise Invalid(
            "signature_text_too_large",
            f"The signature_text is longer than {MAXIMUM_TEMPLATE} characters; shorten it.",
        )
    try:
        blocks = json.loads(template)
    except (ValueError, RecursionError) as fault:
        raise Invalid("signature_text_malformed", f"The signature_text is not JSON; {_SHAPE}.") from fault
    if not isinstance(blocks, list):
        raise Invalid("signature_text_malformed", f"The signature_text is not a list of blocks; {_SHAPE}.")
    lines = [line for block in blocks for line in _lines(block)]
    if len(lines) > MAXIMUM_LINES or any(len(line) > MAXIMUM_LINE for line in lines):
        raise Invalid(
            "signature_text_too_large",
            f"The signature_text has more than {MAXIMUM_LINES} lines, or one of more than {MAXIMUM_LINE} "
            "characters; shorten it.",
        )
    return lines


def _lines(block: object) -> list[str]:
    lines = block.get("format") if isinstance(block, dict) else None
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise Invalid("signature_text_malformed", f"A block of the signature_text has no list of lines; {_SHAPE}.")
    return lines
