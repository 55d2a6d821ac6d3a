"""The address of a bucket: what it may say, and a sentence for everything else."""

import pytest

from sigillo.blobs.s3.location import S3Keys, S3Location, parse_s3

DIGEST = "ab" * 32


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("s3://documents", S3Location("documents")),
        ("s3://documents/?region=eu-south-1", S3Location("documents", region="eu-south-1")),
        ("s3://my.documents/a%20b/c/", S3Location("my.documents", "a b/c/")),
        (
            "s3://documents/sigillo?endpoint=https://s3.example.org:9000/&sse=AES256",
            S3Location("documents", "sigillo/", "https://s3.example.org:9000", path_style=True, sse="AES256"),
        ),
        (
            "s3://documents?endpoint=http://[::1]:9000&path_style=no",
            S3Location("documents", endpoint="http://[::1]:9000"),
        ),
        (
            "s3://documents?path_style=yes&sse=aws:kms&kms_key=arn:aws:kms:eu-south-1:1:key/2",
            S3Location("documents", path_style=True, sse="aws:kms", kms_key="arn:aws:kms:eu-south-1:1:key/2"),
        ),
    ],
)
def test_an_address_says_where_and_how(text: str, location: S3Location) -> None:
    assert parse_s3(text) == location


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("https://documents", "bucket"),
        ("s3://", "bucket"),
        ("s3:///documents", "bucket"),
        ("s3://Documents", "bucket"),
        ("s3://documents:9000", "bucket"),
        ("s3://key:secret@documents", "keys"),
        ("s3://documents/../other", "prefix"),
        ("s3://documents/a//b", "prefix"),
        ("s3://documents/a%2Fb", "prefix"),
        ("s3://documents/a%0Ab", "prefix"),
        ("s3://documents#a", "prefix"),
        ("s3://documents?secret_key=secret", "'secret_key'"),
        ("s3://documents?region=a&region=b", "twice"),
        ("s3://documents?region=", "empty"),
        ("s3://documents?endpoint=s3.example.org", "endpoint"),
        ("s3://documents?endpoint=ftp://s3.example.org", "endpoint"),
        ("s3://documents?endpoint=https://key:secret@s3.example.org", "endpoint"),
        ("s3://documents?endpoint=https://s3.example.org/documents", "path"),
        ("s3://documents?endpoint=https://s3.example.org:port", "port"),
        ("s3://documents?path_style=true", "path_style"),
        ("s3://documents?sse=aes", "sse"),
        ("s3://documents?kms_key=1", "kms_key"),
        ("s3://documents?sse=AES256&kms_key=1", "kms_key"),
    ],
)
def test_any_other_is_refused_by_name(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word) as caught:
        parse_s3(text)
    assert "=secret" not in str(caught.value)
    assert ":secret" not in str(caught.value)


def test_keys_do_not_show_themselves() -> None:
    assert "s3cret" not in repr(S3Keys("s3cret-id", "s3cret"))


def test_a_key_is_made_of_a_digest_only() -> None:
    location = parse_s3("s3://documents/sigillo")
    assert location.key(DIGEST) == f"sigillo/ab/ab/{DIGEST}"
    assert location.aside(DIGEST) == f"sigillo/aside/{DIGEST}"
    for name in ("", "../x", DIGEST.upper()):
        for place in (location.key, location.aside):
            with pytest.raises(ValueError, match="no SHA-256 digest"):
                place(name)
