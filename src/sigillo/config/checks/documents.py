"""Where documents are kept, if that is a bucket: whether it lists, takes, gives back and lets go. Needs Django."""

import hashlib
import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

from sigillo.blobs.errors import BlobError
from sigillo.blobs.s3.location import parse_s3
from sigillo.config.checks.finding import Finding, missing, weak
from sigillo.config.checks.surroundings import is_local
from sigillo.installation import blobs


def bucket() -> Iterator[Finding]:
    """Try each right that Sigillo needs, with a few octets of its own that are gone afterwards."""
    if urlsplit(settings.SIGILLO_BLOBS).scheme != "s3":
        return
    endpoint = urlsplit(parse_s3(settings.SIGILLO_BLOBS).endpoint or "https://")
    if endpoint.scheme == "http" and not is_local(endpoint.hostname or ""):
        yield weak(
            "bucket_not_https",
            f"Documents go to S3 at {endpoint.netloc} in the clear.",
            "Give an endpoint with https in SIGILLO_BLOBS.",
        )
    content = b"sigillo doctor " + os.urandom(16)
    try:
        blobs().exists(hashlib.sha256(content).hexdigest())  # whoever may not list is refused here, and told no `no`
        digest = blobs().put([content]).digest
        intact = blobs().verify(digest)
        blobs().delete(digest)
    except BlobError as error:
        said, _, remedy = str(error).partition("; ")
        yield missing("bucket_unusable", f"{said}.", f"{remedy[:1].upper()}{remedy[1:]}")
        return
    if not intact:
        yield missing(
            "bucket_changes_content",
            "S3 does not give back what it was given.",
            "Use a server, and no proxy in between, that leaves content as it is.",
        )
