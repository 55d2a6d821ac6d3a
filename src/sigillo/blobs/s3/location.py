"""Where a bucket is: `s3://bucket/prefix?endpoint=https://…&region=…&path_style=yes&sse=AES256`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from sigillo.blobs.types import check_digest

ASIDE = "aside/"

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_SEGMENT = re.compile(r"[A-Za-z0-9!_.*'() -]{1,255}")
_OPTIONS = ("endpoint", "region", "path_style", "sse", "kms_key")
_ENCRYPTIONS = ("AES256", "aws:kms")


@dataclass(frozen=True, slots=True)
class S3Keys:
    """What the requests are signed with; never shown."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class S3Location:
    """One place in one bucket; `prefix` is empty or ends with a slash."""

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    path_style: bool = False
    sse: str | None = None
    kms_key: str | None = None

    @property
    def host(self) -> str:
        """Who is asked, for sentences."""
        return urlsplit(self.endpoint).netloc if self.endpoint else "Amazon"

    def key(self, digest: str) -> str:
        """The key of a blob, like its path on a disk, so that either can be copied to the other."""
        check_digest(digest)
        return f"{self.prefix}{digest[:2]}/{digest[2:4]}/{digest}"

    def aside(self, digest: str) -> str:
        """The key of an orphan that the sweep has set aside."""
        check_digest(digest)
        return f"{self.prefix}{ASIDE}{digest}"


def parse_s3(text: str) -> S3Location:
    """The place that a location names. Raises ValueError with a sentence, which quotes nothing that may be secret."""
    parts = urlsplit(text)
    if "@" in parts.netloc:
        raise ValueError("the address of a bucket holds no keys.")
    if parts.scheme != "s3" or not _BUCKET.fullmatch(parts.netloc):
        raise ValueError("the name of the bucket is missing, or none that S3 allows.")
    segments = [unquote(segment) for segment in parts.path.strip("/").split("/") if parts.path.strip("/")]
    if parts.fragment or not all(_SEGMENT.fullmatch(one) and one.strip(".") for one in segments):
        raise ValueError("the prefix in the bucket is not made of plain names parted by slashes.")
    options = _options(parts.query)
    endpoint = _endpoint(options["endpoint"]) if "endpoint" in options else None
    sse, kms_key = _encryption(options)
    return S3Location(
        bucket=parts.netloc,
        prefix="".join(f"{segment}/" for segment in segments),
        endpoint=endpoint,
        region=options.get("region"),
        # A server of one's own rarely has a name for each bucket, and Amazon has.
        path_style=_yes(options.get("path_style", "yes" if endpoint else "no")),
        sse=sse,
        kms_key=kms_key,
    )


def _options(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    options = dict(pairs)
    for name in options:
        if name not in _OPTIONS:
            raise ValueError(f"{name[:40]!r} is not an option of it; there are {', '.join(_OPTIONS)}.")
    if len(options) != len(pairs) or not all(options.values()):
        raise ValueError("an option after the ? is empty, or given twice.")
    return options


def _endpoint(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("the endpoint is not an http or https address without user name and password.")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("the endpoint has a path; the bucket belongs after s3://.")
    _ = parts.port  # raises ValueError for a port that is no number
    return f"{parts.scheme}://{parts.netloc}"


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("path_style is neither yes nor no.")
    return text == "yes"


def _encryption(options: Mapping[str, str]) -> tuple[str | None, str | None]:
    sse, key = options.get("sse"), options.get("kms_key")
    if sse not in (None, *_ENCRYPTIONS):
        raise ValueError(f"sse is none of {', '.join(_ENCRYPTIONS)}.")
    if key and sse != "aws:kms":
        raise ValueError("kms_key stands without sse=aws:kms.")
    return sse, key
