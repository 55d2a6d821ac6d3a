"""The program's face: quick to answer, and a sentence where something is wrong."""

import argparse
import socket
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest

from sigillo.cli import COMMANDS, main
from sigillo.cli.bind import Bind, bound, listen, parse_bind
from sigillo.cli.refusals import Refused
from sigillo.cli.supervisor import LONGEST_WAIT, Child


def test_help_names_every_command_without_loading_django(capsys: pytest.CaptureFixture[str]) -> None:
    script = "import sys; from sigillo.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    script += "print([name for name in ('django', 'cryptography', 'requests', 'structlog') if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == "[]"
    for name in COMMANDS:
        assert f"  {name}" in answer.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = import_module(f"sigillo.cli.{name.replace('-', '_')}")
    assert callable(module.run)
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert module.__doc__
    assert module.__doc__.splitlines()[0] in capsys.readouterr().out


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sign"])
    assert ended.value.code == 2
    assert "serve" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "host", "port", "url"),
    [
        ("127.0.0.1:8000", "127.0.0.1", 8000, "http://127.0.0.1:8000"),
        ("0.0.0.0:80", "0.0.0.0", 80, "http://127.0.0.1:80"),
        ("[::1]:8000", "::1", 8000, "http://[::1]:8000"),
        ("[::]:8000", "::", 8000, "http://[::1]:8000"),
        ("sign.example.org:443", "sign.example.org", 443, "http://sign.example.org:443"),
    ],
)
def test_an_address_to_listen_on(text: str, host: str, port: int, url: str) -> None:
    bind = parse_bind(text)
    assert (bind.host, bind.port, bind.url, str(bind)) == (host, port, url, text)


@pytest.mark.parametrize("text", ["8000", ":8000", "host:", "host:http", "host:70000", "::1:8000", "host:٣"])
def test_what_is_no_address_is_explained(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not HOST:PORT"):
        parse_bind(text)


def test_port_0_takes_a_free_one() -> None:
    asked = Bind("127.0.0.1", 0)
    with listen(asked) as listener:
        assert bound(listener, asked).port == listener.getsockname()[1] > 0


def test_what_cannot_be_listened_on_is_said_with_a_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Refused, match="in use by another program"):
        listen(Bind("127.0.0.1", taken.getsockname()[1]))
    with pytest.raises(Refused, match="not an address of this machine"):
        listen(Bind("192.0.2.1", 8000))
    with pytest.raises(Refused, match="not a host of this machine"):
        listen(Bind("no such host", 8000))


def test_a_child_that_keeps_dying_is_started_ever_later() -> None:
    child = Child("x", (), began=time.monotonic())
    waits = [child.put_off() for _ in range(10)]
    assert waits[:5] == [0.0, 0.5, 1.0, 2.0, 4.0]
    assert waits[-1] == LONGEST_WAIT


def test_the_sample_is_the_one_that_its_script_writes() -> None:
    root = Path(__file__).parents[2]
    made = subprocess.run([sys.executable, str(root / "tools" / "make_sample.py")], capture_output=True, check=True)
    sample = root / "src" / "sigillo" / "cli" / "samples" / "agreement.pdf"
    assert sample.read_bytes() == made.stdout
    assert sample.stat().st_size <= 30_000
