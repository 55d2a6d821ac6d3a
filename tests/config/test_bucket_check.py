"""What the doctor finds of a bucket: nothing where it serves, and each thing that keeps it from it, with a remedy."""

from collections.abc import Callable

import pytest
from pytest_django import Settings

from sigillo.blobs.s3 import calls
from sigillo.blobs.s3.location import S3Keys
from sigillo.config.checks import documents
from sigillo.config.checks.finding import Finding, Gravity
from sigillo.installation import blobs
from tests.support.s3_server import KEYS, READER, S3Server

Look = Callable[..., list[Finding]]


@pytest.fixture
def look(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Look:
    """What is found with these settings."""
    monkeypatch.setattr(calls, "ATTEMPTS", 1)

    def look(location: str, keys: S3Keys | None = KEYS) -> list[Finding]:
        settings.SIGILLO_BLOBS, settings.SIGILLO_S3_KEYS = location, keys
        blobs.cache_clear()
        try:
            return list(documents.bucket())
        finally:
            blobs.cache_clear()

    return look


def test_a_bucket_that_serves_is_left_as_it_was(look: Look, s3_server: S3Server) -> None:
    assert look(s3_server.location("doctor")) == []
    assert s3_server.keys("doctor/") == set()


def test_documents_on_a_disk_are_not_its_business(look: Look) -> None:
    assert look("file:/nowhere") == []


def test_what_keeps_a_bucket_from_serving_is_named(look: Look, s3_server: S3Server) -> None:
    nobody = S3Keys("nobody", "s3cret")
    for location, keys, said, remedy in (
        (s3_server.location("doctor"), READER, "refuses PutObject (AccessDenied)", "read, write and delete"),
        (s3_server.location("doctor"), nobody, "refuses HeadObject (403)", "SIGILLO_S3_SECRET_KEY"),
        (f"s3://absent-bucket?endpoint={s3_server.endpoint}", KEYS, "no bucket absent-bucket", "SIGILLO_BLOBS"),
        ("s3://documents?endpoint=http://127.0.0.1:9", KEYS, "does not answer", "SIGILLO_BLOBS"),
    ):
        (found,) = look(location, keys)
        assert (found.id, found.gravity) == ("bucket_unusable", Gravity.MISSING)
        assert said in found.said
        assert remedy in found.remedy
        assert found.said.endswith(".")
        assert found.remedy.endswith(".")
        assert "s3cret" not in found.said + found.remedy


def test_documents_in_the_clear_are_weak(look: Look, s3_server: S3Server) -> None:
    """0.0.0.0 leads here too, but does not look so."""
    elsewhere = s3_server.endpoint.replace("127.0.0.1", "0.0.0.0")
    (found,) = look(s3_server.location("doctor", endpoint=elsewhere))
    assert (found.id, found.gravity) == ("bucket_not_https", Gravity.WEAK)
