"""The header that names a downloaded file, for any script and against any name (RFC 6266, RFC 8187)."""

import re
import unicodedata
from urllib.parse import quote

MAX_STEM = 120
_NAME = re.compile(r"(?P<stem>.*)\.(?P<ending>[A-Za-z0-9]{1,8})", re.DOTALL)


def content_disposition(file_name: str) -> str:
    """`attachment` with a name in ASCII for old clients, and the real one beside it where they differ."""
    name = safe_file_name(file_name)
    plain = _in_ascii(name)
    header = f'attachment; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"


def safe_file_name(file_name: str) -> str:
    """A name that is one file in one folder on every system: no separators, controls or direction marks."""
    parts = _NAME.fullmatch(file_name)
    stem, ending = (parts["stem"], parts["ending"]) if parts else (file_name, "pdf")
    cleaned = "".join("_" if _is_unsafe(character) else character for character in stem)
    return f"{cleaned.strip(' .')[:MAX_STEM].strip() or 'document'}.{ending}"


def _in_ascii(name: str) -> str:
    """The name without accents, every other foreign letter an underscore; `document` where nothing is left."""
    letters = (letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    plain = "".join(letter if letter.isascii() and letter not in '%"\\' else "_" for letter in letters)
    stem, _, ending = plain.rpartition(".")
    return plain if any(letter.isalnum() for letter in stem) else f"document.{ending}"


def _is_unsafe(character: str) -> bool:
    return character in '/\\:*?"<>|;' or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
