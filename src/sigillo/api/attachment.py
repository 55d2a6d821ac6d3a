"""The header that names a downloaded file, for any script and against any name (RFC 6266, RFC 8187)."""

import unicodedata
from urllib.parse import quote

MAX_STEM = 120


def content_disposition(file_name: str) -> str:
    """`attachment` with an ASCII name for old clients and the real one beside it where they differ."""
    name = safe_file_name(file_name)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    plain = plain.replace("%", "_").strip() if any(map(str.isalnum, plain.rpartition(".")[0])) else "document.pdf"
    header = f'attachment; filename="{plain}"'
    return header if plain == name else f"{header}; filename*=UTF-8''{quote(name, safe='')}"


def safe_file_name(file_name: str) -> str:
    """A name that is one file in one folder on every system: no separators, controls or direction marks."""
    cleaned = "".join("_" if _is_unsafe(character) else character for character in file_name)
    stem, dot, ending = cleaned.rpartition(".")
    if not dot:
        stem, ending = ending, "pdf"
    return f"{stem.strip(' .')[:MAX_STEM] or 'document'}.{ending[:8]}"


def _is_unsafe(character: str) -> bool:
    return character in '/\\:*?"<>|;' or unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
