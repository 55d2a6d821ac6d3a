"""A location in the settings opens a store, or is refused with a sentence that says what works."""

from pathlib import Path

import pytest

from sigillo.blobs.errors import BlobLocationUnknown
from sigillo.blobs.store import open_store


@pytest.mark.parametrize("form", ["file:{}", "file://{}", "file://localhost{}"])
def test_a_file_location_opens_the_directory(tmp_path: Path, form: str) -> None:
    directory = tmp_path / "blöbs of ours"
    stored = open_store(form.format(str(directory).replace(" ", "%20"))).put([b"content"])
    assert (directory / stored.digest[:2] / stored.digest[2:4] / stored.digest).read_bytes() == b"content"


@pytest.mark.parametrize(
    "location",
    [
        "",
        "/var/blobs",
        "file:",
        "file:blobs",
        "file:/",
        "file://host/blobs",
        "s3://key:secret@bucket",
        "file:/a?b",
        "file:/a#b",
    ],
)
def test_any_other_location_is_refused_without_being_quoted(location: str) -> None:
    with pytest.raises(BlobLocationUnknown, match="file:/absolute/path") as caught:
        open_store(location)
    assert "secret" not in str(caught.value)
