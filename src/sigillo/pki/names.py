"""Names in certificates: what a subject may be called, and how its attributes are read back.

RFC 5280 §4.1.2.4, §4.1.2.6 and appendix A (upper bounds, which count characters); RFC 4519 (short names).
Names go through asn1crypto: cryptography counts octets, and would refuse a Greek name of 33 letters.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from asn1crypto import x509 as asn1
from cryptography import x509

from sigillo.base.errors import Invalid

_PRINTABLE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")
# Embeddings, overrides and isolates: they make a name display as another one. The plain marks (U+200E,
# U+200F) that Arabic and Hebrew text needs are not among them.
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_ATTACHED_CATEGORIES = frozenset({"Mn", "Mc", "Me", "Cf"})
_COMMON_NAME_LIMIT = 64
_EMAIL_LIMIT = 254


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a certificate names. Every text may be of any script; an empty one is left out.

    `common_name` is what people are shown; beyond 64 characters (ub-common-name) it is shortened with `…`,
    for a person with a long name must be able to sign, and `given_name` and `surname` hold the whole of it.
    Any other text that does not fit is refused by name. `country` is two letters of ISO 3166, `serial_number`
    a PrintableString such as `TINIT-RSSMRA80A01H501U` (EN 319 412-1 §5.1.3). `email` goes into the subject
    alternative name, where RFC 5280 §4.1.2.6 wants it.
    """

    common_name: str
    given_name: str = ""
    surname: str = ""
    serial_number: str = ""
    organization: str = ""
    organizational_unit: str = ""
    locality: str = ""
    state: str = ""
    country: str = ""
    email: str = ""


# Field → attribute and limit (RFC 5280 appendix A.1, `ub-…`), in the order of the distinguished name.
_BOUNDED = {
    "state": ("state_or_province_name", 128),
    "locality": ("locality_name", 128),
    "organization": ("organization_name", 64),
    "organizational_unit": ("organizational_unit_name", 64),
    "surname": ("surname", 32768),
    "given_name": ("given_name", 32768),
}

# Each attribute under its long name and every short one in use: `S` and `E` are those of signature texts.
_READ_AS: Mapping[str, tuple[str, ...]] = {
    "2.5.4.3": ("commonName", "CN"),
    "2.5.4.4": ("surname", "SN"),
    "2.5.4.5": ("serialNumber",),
    "2.5.4.6": ("countryName", "C"),
    "2.5.4.7": ("localityName", "L"),
    "2.5.4.8": ("stateOrProvinceName", "ST", "S"),
    "2.5.4.9": ("streetAddress", "STREET"),
    "2.5.4.10": ("organizationName", "O"),
    "2.5.4.11": ("organizationalUnitName", "OU"),
    "2.5.4.12": ("title", "T"),
    "2.5.4.17": ("postalCode",),
    "2.5.4.42": ("givenName", "GN", "G"),
    "2.5.4.46": ("dnQualifier",),
    "2.5.4.65": ("pseudonym",),
    "2.5.4.97": ("organizationIdentifier",),
    "1.2.840.113549.1.9.1": ("emailAddress", "E"),
    "0.9.2342.19200300.100.1.1": ("userId", "UID"),
    "0.9.2342.19200300.100.1.25": ("domainComponent", "DC"),
}


def encode_name(subject: Subject) -> asn1.Name:
    """The distinguished name of a subject: UTF8String, but PrintableString where RFC 5280 asks for it.

    Raises Invalid (`subject_invalid`), naming the field, what is wrong with it and what fits.
    """
    attributes = {"country_name": _country(subject.country)}
    for field, (attribute, limit) in _BOUNDED.items():
        attributes[attribute] = _bounded(field, getattr(subject, field), limit)
    attributes["serial_number"] = _printable("serial_number", subject.serial_number, 64)
    attributes["common_name"] = _common_name(subject.common_name)
    return asn1.Name.build({attribute: text for attribute, text in attributes.items() if text})


def encode_email(email: str) -> x509.RFC822Name:
    """An address for the subject alternative name (RFC 5280 §4.2.1.6). Raises Invalid if it is none."""
    address = _text("email", email)
    local, _, host = address.rpartition("@")
    plain = address.isascii() and not any(character in address for character in ' <>()[],;:\\"')
    if not (local and host and plain) or "@" in local or len(address) > _EMAIL_LIMIT:
        raise _invalid("email", "is no address `name@host` in ASCII; write an international host as xn--…")
    return x509.RFC822Name(address)


def read_name(name: asn1.Name) -> dict[str, str]:
    """Attributes by long and short name (`commonName` and `CN`, `stateOrProvinceName`, `ST` and `S`, …).

    Repeated attributes are joined with `, `; an attribute that has no name here stands under its dotted OID.
    Raises ValueError for a value that is no text.
    """
    values: dict[str, str] = {}
    for attribute in (attribute for relative in name.chosen for attribute in relative):
        text = attribute["value"].native
        if not isinstance(text, str):
            text = attribute["value"].dump().hex()
        oid = attribute["type"].dotted
        for key in _READ_AS.get(oid, (oid,)):
            values[key] = f"{values[key]}, {text}" if key in values else text
    return values


def _text(field: str, value: str) -> str:
    """The trimmed text in composed form (NFC, as RFC 5280 §7.1 compares names), or Invalid."""
    text = unicodedata.normalize("NFC", value).strip()
    for character in text:
        if unicodedata.category(character) in _FORBIDDEN_CATEGORIES or character in _REORDERING:
            raise _invalid(field, f"contains the control character U+{ord(character):04X}; leave it out")
    return text


def _bounded(field: str, value: str, limit: int) -> str:
    text = _text(field, value)
    if len(text) > limit:
        raise _invalid(field, f"has {len(text)} characters; at most {limit} fit")
    return text


def _printable(field: str, value: str, limit: int) -> str:
    text = _bounded(field, value, limit)
    if not _PRINTABLE.issuperset(text):
        raise _invalid(field, "may hold only letters A to Z, digits, spaces and '()+,-./:=?")
    return text


def _common_name(value: str) -> str:
    name = _text("common_name", value)
    if not name:
        raise _invalid("common_name", "is empty; every certificate names somebody")
    if len(name) <= _COMMON_NAME_LIMIT:
        return name
    end = _COMMON_NAME_LIMIT - 1
    while end > 1 and unicodedata.category(name[end]) in _ATTACHED_CATEGORIES:
        end -= 1  # never between a letter and its marks
    return name[:end].rstrip() + "…"


def _country(value: str) -> str:
    country = value.strip().upper()
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise _invalid("country", "is no code of two letters (ISO 3166-1 alpha-2), such as IT")
    return country


def _invalid(field: str, fault: str) -> Invalid:
    return Invalid("subject_invalid", f"The certificate's {field} {fault}.")
