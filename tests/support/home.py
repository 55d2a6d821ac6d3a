"""The home of the test run, made before Django reads its settings: a plugin, since a conftest comes too late."""

import os
import shutil
import tempfile
from pathlib import Path

from sigillo.secrets.sealing import Keyring

_HOME = Path(tempfile.mkdtemp(prefix="sigillo-test-"))
for _name in [name for name in os.environ if name.startswith("SIGILLO_") and not name.startswith("SIGILLO_TEST_")]:
    del os.environ[_name]
os.environ["SIGILLO_HOME"] = str(_HOME)
os.environ["SIGILLO_LOG_LEVEL"] = "WARNING"
Keyring.create(_HOME / "master.key")


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(_HOME, ignore_errors=True)
