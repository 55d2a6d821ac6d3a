"""Apprise in its child: what it must not see, and where alone it is loaded."""

import json
import subprocess
import sys
from pathlib import Path

from sigillo.documents.limited import IntakeLimits, run_limited
from tests.messages.letters import PHONE, TEXT
from tests.support.gateways import sms_gateway

SOURCE = Path(__file__).parents[2] / "src" / "sigillo"


def test_passwords_in_the_home_of_whoever_runs_us_are_not_sent_along(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password s3cr3t\n")
    (tmp_path / ".netrc").chmod(0o600)
    with sms_gateway() as gateway:
        address = f"json://127.0.0.1:{gateway.port}/?:to={{to}}"
        request = {"home": str(tmp_path), "gateway": address, "to": PHONE, "subject": "", "text": TEXT}
        finished = run_limited(
            "tests.messages.apprise_targets:send_at_home", json.dumps(request).encode(), IntakeLimits()
        )
    assert finished.answer == b"sent"
    assert gateway.credentials == [None]


def test_no_process_of_ours_loads_apprise() -> None:
    look = "import sigillo.config.checks.gateways, sigillo.flows.gateway, sys; print('apprise' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
    naming = [path.name for path in SOURCE.rglob("*.py") if "messages.apprise_child" in path.read_text()]
    assert naming == ["gateway.py"], "by name, to the child; nobody imports it"
