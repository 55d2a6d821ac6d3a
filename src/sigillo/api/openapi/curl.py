"""An example as a command for a terminal."""

import json
from shlex import quote

from sigillo.api.openapi.examples import Example

_INDENT = "  "


def curl_of(example: Example) -> str:
    """The call, with the token out of a variable of the shell."""
    parts = [f"curl {quote(example.address)}", '-H "Authorization: Token $TOKEN"']
    if example.method not in ("GET", "POST") or (example.method == "POST" and example.request is None):
        parts.insert(1, f"-X {example.method}")
    if example.request is not None:
        body = json.dumps(example.request, indent=len(_INDENT), ensure_ascii=False).replace("\n", f"\n{_INDENT}")
        parts += ["-H 'Content-Type: application/json'", f"-d {quote(body)}"]
    if example.begins:
        parts.append("-OJ")
    return f" \\\n{_INDENT}".join(parts)
