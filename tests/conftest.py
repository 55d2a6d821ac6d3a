"""The home of the test run, made before Django reads its settings; and two organizations with their people."""

import os
import tempfile
from pathlib import Path

_HOME = Path(tempfile.mkdtemp(prefix="sigillo-test-"))
os.environ["SIGILLO_HOME"] = str(_HOME)
os.environ.setdefault("SIGILLO_LOG_LEVEL", "WARNING")
for _name in ("SIGILLO_ENVIRONMENT", "SIGILLO_PUBLIC_URL", "SIGILLO_BLOBS", "SIGILLO_OUTBOUND_ALLOW"):
    os.environ.pop(_name, None)

from sigillo.secrets.sealing import Keyring  # noqa: E402 - the home must exist first

Keyring.create(_HOME / "master.key")
