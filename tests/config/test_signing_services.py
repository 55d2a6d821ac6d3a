"""The settings of remote signing services: read for each provider, and each mistake named with its remedy."""

from pathlib import Path

import pytest

from sigillo.config.checks.finding import Gravity
from sigillo.config.checks.remote_signing import signing_services
from sigillo.config.checks.surroundings import unknown_settings
from sigillo.config.environment import CSC_NAMES, WrongSettings, read
from sigillo.identities.providers.csc.values import Service
from sigillo.identities.providers.table import PROVIDERS
from tests.outbound.servers import reply, serve
from tests.support.signing_service import signing_service

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
URL = "https://sign.example.org/csc/v1"
TOKEN_URL = "https://sign.example.org/oauth2/token"
OAUTH = {"URL": URL, "CLIENT_ID": "sigillo", "CLIENT_SECRET": "s3cret", "TOKEN_URL": TOKEN_URL}


def _named(parts: dict[str, str], prefix: str = "SIGILLO_CSC_ARUBA_AUTO") -> dict[str, str]:
    return {f"{prefix}_{part}": value for part, value in parts.items()}


def _problems(environ: dict[str, str]) -> dict[str, str]:
    with pytest.raises(WrongSettings) as caught:
        read(environ)
    return {problem.name: str(problem) for problem in caught.value.problems}


def test_without_settings_there_is_no_service() -> None:
    assert read({}).csc == {}


@pytest.mark.parametrize(
    ("parts", "service"),
    [
        (OAUTH, Service("aruba-auto", URL, "v1", "oauth2client", "sigillo", "s3cret", TOKEN_URL)),
        (
            {"URL": "https://sign.example.org/csc/v2/", "AUTH": "basic"},
            Service("aruba-auto", "https://sign.example.org/csc/v2", "v2", "basic"),
        ),
        (
            {"URL": URL, "AUTH": "basic", "CLIENT_ID": "app", "CLIENT_SECRET": "s3cret"},
            Service("aruba-auto", URL, "v1", "basic", "app", "s3cret"),
        ),
        ({"URL": URL, "AUTH": "external"}, Service("aruba-auto", URL, "v1", "external")),
    ],
)
def test_each_way_of_logging_in_has_its_parts(parts: dict[str, str], service: Service) -> None:
    environ = _named(parts) | {"SIGILLO_ENVIRONMENT": "production"}
    assert read(environ).csc == {"aruba-auto": service}
    assert "s3cret" not in repr(read(environ))
    assert not list(unknown_settings(environ))


def test_each_provider_has_its_own() -> None:
    environ = {names["URL"]: f"https://{provider}.example.org/csc/v2" for provider, names in CSC_NAMES.items()}
    environ |= {names["AUTH"]: "external" for names in CSC_NAMES.values()}
    services = read(environ).csc
    assert set(services) == set(PROVIDERS)
    assert all(service.provider == provider and provider in service.url for provider, service in services.items())


def test_the_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("from-a-file\n")
    environ = _named({part: value for part, value in OAUTH.items() if part != "CLIENT_SECRET"})
    environ["SIGILLO_CSC_ARUBA_AUTO_CLIENT_SECRET_FILE"] = str(path)
    assert read(environ).csc["aruba-auto"].client_secret == "from-a-file"
    assert not list(unknown_settings(environ))


@pytest.mark.parametrize(
    ("parts", "wrong", "word"),
    [
        (OAUTH | {"URL": "https://sign.example.org"}, "URL", "version"),
        (OAUTH | {"URL": "ftp://sign.example.org/csc/v1"}, "URL", "http"),
        (OAUTH | {"URL": "https://user:s3cret@sign.example.org/csc/v1"}, "URL", "user name"),
        (OAUTH | {"AUTH": "digest"}, "AUTH", "oauth2client, basic or external"),
        (OAUTH | {"CLIENT_ID": ""}, "CLIENT_ID", "Set it"),
        (OAUTH | {"CLIENT_SECRET": ""}, "CLIENT_SECRET", "Set it"),
        (OAUTH | {"TOKEN_URL": ""}, "TOKEN_URL", "Set it"),
        (OAUTH | {"TOKEN_URL": "sign.example.org"}, "TOKEN_URL", "oauth2/token"),
        (OAUTH | {"AUTH": "basic"}, "TOKEN_URL", "Remove it"),
        ({"URL": URL, "AUTH": "basic", "CLIENT_ID": "app"}, "CLIENT_SECRET", "Set it"),
        ({"URL": URL, "AUTH": "external", "CLIENT_SECRET": "s3cret"}, "CLIENT_SECRET", "Remove it"),
        ({"CLIENT_SECRET": "s3cret"}, "CLIENT_SECRET", "SIGILLO_CSC_ARUBA_AUTO_URL is not"),
        ({"AUTH": "basic"}, "AUTH", "SIGILLO_CSC_ARUBA_AUTO_URL is not"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(parts: dict[str, str], wrong: str, word: str) -> None:
    problems = _problems(_named(parts))
    name = f"SIGILLO_CSC_ARUBA_AUTO_{wrong}"
    assert set(problems) == {name}
    assert word in problems[name]
    assert problems[name].endswith(".")
    assert "s3cret" not in problems[name]


@pytest.mark.parametrize("part", ["URL", "TOKEN_URL"])
def test_in_production_passwords_travel_over_tls(part: str) -> None:
    environ = _named(OAUTH | {part: OAUTH[part].replace("https", "http")})
    assert read(environ).csc
    problems = _problems(environ | {"SIGILLO_ENVIRONMENT": "production"})
    assert "in the clear" in problems[f"SIGILLO_CSC_ARUBA_AUTO_{part}"]


def test_a_name_that_is_none_is_told() -> None:
    (found,) = unknown_settings({"SIGILLO_CSC_ARUBA_AUTO_URI": URL})
    assert "did you mean SIGILLO_CSC_ARUBA_AUTO_UR" in found.remedy


def test_the_page_names_every_part_and_provider() -> None:
    for names in CSC_NAMES.values():
        assert f"`{names['URL'].removesuffix('URL')}`" in PAGE
        for part in names:
            assert f"| `…{part}` |" in PAGE


def _found(url: str, **environ: str) -> dict[str, tuple[Gravity, str]]:
    settings = read({"SIGILLO_CSC_INFOCERT_URL": url, "SIGILLO_CSC_INFOCERT_AUTH": "external", **environ})
    found = list(signing_services(settings))
    assert all(finding.said.endswith(".") and finding.remedy.endswith(".") for finding in found)
    return {finding.id: (finding.gravity, finding.said + finding.remedy) for finding in found}


def test_the_doctor_asks_each_service_what_it_is() -> None:
    assert list(signing_services(read({}))) == []
    opened = {"SIGILLO_OUTBOUND_ALLOW": "127.0.0.1"}
    with signing_service("v2", "external") as running:
        assert _found(f"{running.url}/csc/v2", **opened) == {}
        assert running.methods == ["info"]
        running.auth = "basic"
        lacks = _found(f"{running.url}/csc/v2", **opened)["signing_service_lacks"]
    assert lacks[0] is Gravity.WEAK
    assert "a login by external" in lacks[1]


def test_the_doctor_tells_what_a_service_lacks_by_its_own_word() -> None:
    poor = reply(200, b'{"specs": "1.0.4.0", "methods": ["credentials/list"], "authType": ["external"]}')
    with serve(poor) as site:
        _, said = _found(site.url("/csc/v2"), SIGILLO_OUTBOUND_ALLOW="127.0.0.1")["signing_service_lacks"]
    for word in ("credentials/info", "credentials/authorize", "signatures/signHash", "version 2 of the API"):
        assert word in said
    assert "credentials/list" not in said


def test_the_doctor_finds_a_service_that_cannot_be_used() -> None:
    with serve(reply(500)) as site:
        opened = _found(site.url("/csc/v1"), SIGILLO_OUTBOUND_ALLOW="127.0.0.1")
        closed = _found(site.url("/csc/v1"))
    assert "answered 500" in opened["signing_service_unusable"][1]
    assert "SIGILLO_OUTBOUND_ALLOW" in closed["signing_service_unusable"][1]
    assert len(site.seen) == 1


def test_the_doctor_warns_of_passwords_in_the_clear() -> None:
    assert _found("http://10.1.2.3/csc/v1")["signing_service_not_https"][0] is Gravity.WEAK
