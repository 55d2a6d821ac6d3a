"""A location in the settings opens a store, or is refused with a sentence that says what works."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sigillo.blobs.errors import BlobLocationUnknown
from sigillo.blobs.store import open_store


@pytest.mark.parametrize("form", ["file:{}", "file://{}", "file://localhost{}"])
def test_a_file_location_opens_the_directory(tmp_path: Path, form: str) -> None:
    directory = tmp_path / "blöbs of ours"
    stored = open_store(form.format(str(directory).replace(" ", "%20")), tmp_path / "transit").put([b"content"])
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
        "s3://",
        "s3://bucket?key=secret",
        "file:/a?b",
        "file:/a#b",
    ],
)
def test_any_other_location_is_refused_without_being_quoted(location: str) -> None:
    with pytest.raises(BlobLocationUnknown, match="file:/absolute/path") as caught:
        open_store(location, Path("/nowhere"))
    assert "secret" not in str(caught.value)
    assert str(caught.value).endswith(".")


ON_A_DISK = """
import sys
from pathlib import Path
import sigillo.config.environment
from sigillo.blobs.store import open_store
open_store("file:/nowhere/yet", Path("/nowhere/yet"))
print("boto3" in sys.modules, "botocore" in sys.modules)
open_store("s3://bucket", Path("/nowhere/yet"))
print("boto3" in sys.modules)
"""


def test_who_keeps_documents_on_a_disk_does_not_load_boto3() -> None:
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    told = subprocess.run(
        [sys.executable, "-c", ON_A_DISK], env=environ, capture_output=True, text=True, check=True
    ).stdout
    assert told.split() == ["False", "False", "True"]
