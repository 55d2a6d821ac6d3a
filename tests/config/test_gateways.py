"""The gateways' settings: read, refused with a remedy and without the secret, and looked at by the doctor."""

from pathlib import Path

import pytest

from sigillo.cli.startup import require_gateways
from sigillo.config.checks.finding import Gravity
from sigillo.config.checks.gateways import gateways
from sigillo.config.checks.surroundings import unknown_settings
from sigillo.config.environment import WrongSettings, read

SECRET = "s3cr3t"
SMS = f"jsons://acme:{SECRET}@sms.example.org/send?:to={{to}}"
MAIL = f"mailtos://acme:{SECRET}@mail.example.org?to={{to}}"
PRODUCTION = {"SIGILLO_ENVIRONMENT": "production"}


def _found(**environ: str) -> dict[str, tuple[Gravity, str]]:
    found = list(gateways(read(environ)))
    for finding in found:
        assert finding.said.endswith(".")
        assert finding.remedy.endswith(".")
        assert SECRET not in finding.said + finding.remedy
    return {finding.id: (finding.gravity, finding.said) for finding in found}


def test_either_may_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "sms"
    path.write_text(SMS + "\n")
    environ = {"SIGILLO_SMS_URL_FILE": str(path), "SIGILLO_MAIL_URL": MAIL}
    settings = read(environ)
    assert (settings.sms_url, settings.mail_url) == (SMS, MAIL)
    assert not list(unknown_settings(environ))


@pytest.mark.parametrize("name", ["SIGILLO_SMS_URL", "SIGILLO_MAIL_URL"])
@pytest.mark.parametrize(
    "value", [SECRET, f"jsons://{SECRET}@h.example.org/", f"jsons://[{SECRET}/{{to}}", f"jsons://{SECRET}℀@h/{{to}}"]
)
def test_a_wrong_one_is_named_with_its_remedy(name: str, value: str) -> None:
    with pytest.raises(WrongSettings) as refusal:
        read({name: value})
    (problem,) = refusal.value.problems
    assert problem.name == name
    assert "{to}" in problem.remedy
    assert SECRET not in str(problem)


def test_the_doctor_misses_gateways_in_production_only() -> None:
    assert _found() == {}
    found = _found(**PRODUCTION)
    assert {name: gravity for name, (gravity, _) in found.items()} == {
        "no_sms_gateway": Gravity.WEAK,
        "no_email_gateway": Gravity.WEAK,
    }
    assert "SIGILLO_SMS_URL" in found["no_sms_gateway"][1]


def test_the_doctor_finds_nothing_wrong_with_good_ones_but_for_the_clear() -> None:
    clear = SMS.replace("jsons", "json")
    found = _found(SIGILLO_SMS_URL=clear, SIGILLO_MAIL_URL=MAIL, **PRODUCTION)
    assert {name: gravity for name, (gravity, _) in found.items()} == {"gateway_not_https": Gravity.WEAK}
    assert _found(SIGILLO_SMS_URL=clear.replace("sms.example.org", "127.0.0.1:8080")) == {}


def test_what_apprise_cannot_send_by_is_found_and_keeps_a_worker_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    aimless = SMS.replace(":to=", "to=")  # a parameter of JSON's own service that it does not have
    given = {"SIGILLO_SMS_URL": aimless, "SIGILLO_MAIL_URL": f"carrier-pigeon://{SECRET}@loft/{{to}}"}
    assert _found(SIGILLO_SMS_URL=aimless)["wrong_setting"][0] is Gravity.MISSING
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettings) as refusal:
        require_gateways()
    sms, mail = map(str, refusal.value.problems)
    assert sms.startswith("SIGILLO_SMS_URL: Apprise finds no recipient")
    assert mail.startswith("SIGILLO_MAIL_URL: Apprise knows no such service")
    assert SECRET not in sms + mail
    for name in given:
        monkeypatch.setenv(name, "")
    require_gateways()
