"""From what boto3 raises to a sentence with a remedy. No key, no signature and no content gets into one."""

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from sigillo.blobs.errors import BlobStoreFailed
from sigillo.blobs.s3.location import S3Location

ABSENT = frozenset({"NoSuchKey", "NotFound", "404"})
_DENIED = frozenset(
    {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "403"}
)
_ELSEWHERE = frozenset(
    {"AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException", "301"}
)


def code_of(error: ClientError) -> str:
    """The server's own word for it; the HTTP status where an answer without a body has none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def failure(error: ClientError | BotoCoreError, operation: str, location: S3Location) -> BlobStoreFailed:
    """The error for whatever keeps a call from its end, other than an object that is not there."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return BlobStoreFailed(_answered(code_of(error), operation, location), status)
    return BlobStoreFailed(_unanswered(error, location))


def _answered(code: str, operation: str, location: S3Location) -> str:
    place, bucket, operation = f"S3 at {location.host}", location.bucket, operation.title().replace("_", "")
    if code == "NoSuchBucket":
        return f"{place} has no bucket {bucket}; make it, or correct SIGILLO_BLOBS."
    if code in _DENIED:
        return (
            f"{place} refuses {operation} ({code}); check SIGILLO_S3_ACCESS_KEY and SIGILLO_S3_SECRET_KEY, "
            f"and that they may list, read, write and delete in the bucket {bucket}."
        )
    if code in _ELSEWHERE:
        return f"{place} keeps the bucket {bucket} in another region; name it in SIGILLO_BLOBS (?region=…)."
    if code == "RequestTimeTooSkewed":
        return f"{place} has another time than this machine; set the clocks, and have NTP keep them."
    return f"{place} answered {operation} with {code}; its own log says why."


def _unanswered(error: BotoCoreError, location: S3Location) -> str:
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "There are no keys for S3; set SIGILLO_S3_ACCESS_KEY and SIGILLO_S3_SECRET_KEY."
    cause = type(error).__name__.removesuffix("Error")
    return f"S3 at {location.host} does not answer ({cause}); check that it runs and that SIGILLO_BLOBS names it."
