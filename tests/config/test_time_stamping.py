"""The settings of time-stamping authorities: read in order, never repeated, and tried by the doctor."""

from pathlib import Path

import pytest

from sigillo.config.checks.finding import Gravity
from sigillo.config.checks.time_stamping import TRIED, time_stamping
from sigillo.config.environment import Environment, WrongSettings, read
from sigillo.identities.timestamp_services import TimestampService
from sigillo.pki.certificates import to_bundle, to_pem
from sigillo.pki.tsa import read_request
from tests.support.people import people
from tests.support.stamping import POLICY
from tests.support.tsa_server import FAULTS, stamping_root, tsa_server

SECRET = "s3cret"


def _problem(**environ: str) -> str:
    with pytest.raises(WrongSettings) as caught:
        read(environ)
    (problem,) = caught.value.problems
    return str(problem)


def test_authorities_are_read_in_their_order() -> None:
    text = "https://acme:p%40%2Css@tsa.example.org/tsr?a=b , http://time.example.net\nhttp://[2001:db8::1]:3161/"
    assert read({"SIGILLO_TSA_URLS": text}).tsa == (
        TimestampService("https://tsa.example.org/tsr?a=b", "acme", "p@,ss"),
        TimestampService("http://time.example.net/"),
        TimestampService("http://[2001:db8::1]:3161/"),
    )
    assert read({}).tsa == ()


def test_they_may_stand_in_a_file_and_their_passwords_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "tsa").write_text(f"https://acme:{SECRET}@tsa.example.org/tsr\n")
    settings = read({"SIGILLO_TSA_URLS_FILE": str(tmp_path / "tsa")})
    assert settings.tsa[0].password == SECRET
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    "text",
    [
        f"ftp://acme:{SECRET}@tsa.example.org",
        f"https://acme:{SECRET}/x@tsa.example.org",
        f"https://acme:{SECRET}@[tsa.example.org",
        f"https://acme:{SECRET}@tsa.example.org:port",
        f"tsa.example.org/{SECRET}",
        f"https://tsa.example.org/{SECRET},https://tsa.example.org/{SECRET}",
        ",".join(f"https://tsa{number}.example.org/{SECRET}" for number in range(6)),
    ],
)
def test_what_is_no_list_of_addresses_is_named_without_its_secrets(text: str) -> None:
    said = _problem(SIGILLO_TSA_URLS=text)
    assert said.startswith("SIGILLO_TSA_URLS: ")
    assert "Give up to five addresses" in said
    assert SECRET not in said


def test_roots_are_read_from_a_file(tmp_path: Path) -> None:
    roots = (stamping_root().certificate, people().root)
    (tmp_path / "roots.pem").write_text("two roots\n" + to_bundle(roots))
    assert read({"SIGILLO_TSA_ROOTS": str(tmp_path / "roots.pem")}).tsa_roots == roots
    assert read({}).tsa_roots == ()


@pytest.mark.parametrize(
    "content", [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_a_file_without_roots_is_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "roots.pem").write_text(content)
    assert _problem(SIGILLO_TSA_ROOTS=str(tmp_path / "roots.pem")).startswith("SIGILLO_TSA_ROOTS: ")


def _found(**environ: str) -> list[tuple[str, Gravity, str]]:
    settings: Environment = read({"SIGILLO_OUTBOUND_ALLOW": "127.0.0.1", **environ})
    return [(finding.id, finding.gravity, finding.said) for finding in time_stamping(settings)]


def test_the_doctor_has_each_authority_stamp(tmp_path: Path) -> None:
    (tmp_path / "roots.pem").write_text(to_pem(stamping_root().certificate))
    with tsa_server() as tsa:
        assert _found(SIGILLO_TSA_URLS=tsa.url, SIGILLO_TSA_ROOTS=str(tmp_path / "roots.pem")) == []
        assert read_request(tsa.asked[0], POLICY).imprint.digest == TRIED
        tsa.behave = FAULTS["html"]
        closed = "http://127.0.0.1:1/"
        bad, worse = _found(SIGILLO_TSA_URLS=f"{tsa.url},{closed}")
        assert (bad[:2], worse[:2]) == (("timestamp_authority_unusable", Gravity.WEAK),) * 2
        assert "is no usable time-stamp" in bad[2]
        assert "127.0.0.1:1 " in worse[2]
        tsa.behave = FAULTS["expired certificate"]
        ((_, _, said),) = _found(SIGILLO_TSA_URLS=tsa.url)
        assert "is not in date" in said


def test_the_doctor_tells_of_passwords_in_the_clear_and_of_none_at_all() -> None:
    found = _found(SIGILLO_TSA_URLS=f"http://acme:{SECRET}@10.0.0.1/tsr")
    assert [each[0] for each in found] == ["timestamp_password_in_clear", "timestamp_authority_unusable"]
    assert SECRET not in str(found)
    assert _found() == []
    ((name, gravity, _),) = _found(SIGILLO_ENVIRONMENT="production")
    assert (name, gravity) == ("no_timestamp_authority", Gravity.NOTE)
