"""Settings: what an operator leaves out, gets right and gets wrong."""

from pathlib import Path

import pytest

from sigillo.blobs.s3.location import S3Keys
from sigillo.config.environment import NAMES, WrongSettings, read
from sigillo.pki.certificates import to_pem
from sigillo.secrets.keyring import MasterKey
from tests.support.people import people


def _problems(**environ: str) -> dict[str, str]:
    with pytest.raises(WrongSettings) as caught:
        read(environ)
    return {problem.name: str(problem) for problem in caught.value.problems}


def test_it_runs_with_no_settings() -> None:
    settings = read({})
    here = Path.cwd() / "home"
    assert settings.home == here
    assert settings.environment == "sandbox"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.database_url == f"sqlite:///{here}/sigillo.sqlite3"
    assert settings.blobs == f"file:{here}/blobs"
    assert settings.s3_keys is None
    assert settings.outbound_allow == ()
    assert settings.master_key is None
    assert settings.max_body_bytes == 64 * 1024 * 1024


def test_every_setting_is_read_by_its_name(tmp_path: Path) -> None:
    key = MasterKey.generate().line()
    (tmp_path / "roots.pem").write_text(to_pem(people().root))
    given = {
        "SIGILLO_HOME": str(tmp_path),
        "SIGILLO_ENVIRONMENT": "production",
        "SIGILLO_PUBLIC_URL": "https://sign.example.org/",
        "SIGILLO_PKI_URL": "http://sign.example.org/",
        "DATABASE_URL": "postgresql://sigillo:pw@db.example.org:5433/sigillo?sslmode=require",
        "SIGILLO_BLOBS": "s3://documents/sigillo?endpoint=https://s3.example.org&region=eu-south-1&sse=AES256",
        "SIGILLO_S3_ACCESS_KEY": "id",
        "SIGILLO_S3_SECRET_KEY": "s3cret",
        "SIGILLO_OUTBOUND_ALLOW": "files.example.org, 10.0.0.0/8",
        "SIGILLO_MASTER_KEY": key,
        "SIGILLO_TOKENS_SHOW_ONCE": "yes",
        "SIGILLO_WEB_THREADS": "3",
        "SIGILLO_WORKERS": "5",
        "SIGILLO_MAX_BODY_MIB": "5",
        "SIGILLO_MAX_DOCUMENT_MIB": "6",
        "SIGILLO_JOB_RETRY_SECONDS": "7",
        "SIGILLO_LOG_LEVEL": "DEBUG",
        "SIGILLO_LOG_FORMAT": "json",
        "SIGILLO_SMS_URL": "jsons://sms.example.org/?:to={to}",
        "SIGILLO_MAIL_URL": "mailtos://mail.example.org?to={to}",
        "SIGILLO_TSA_URLS": "https://tsa.example.org",
        "SIGILLO_TSA_ROOTS": str(tmp_path / "roots.pem"),
    }
    assert set(given) == set(NAMES)
    settings, defaults = read(given), read({})
    unread = [field for field in NAMES.values() if getattr(settings, field) == getattr(defaults, field)]
    assert not unread
    assert settings.public_url == "https://sign.example.org"
    assert settings.s3_keys == S3Keys("id", "s3cret")
    assert settings.pki_url == "http://sign.example.org"
    assert settings.outbound_allow == ("files.example.org", "10.0.0.0/8")


def test_a_job_may_run_again_sooner_in_the_sandbox() -> None:
    assert read({}).job_retry_seconds < read({"SIGILLO_ENVIRONMENT": "production"}).job_retry_seconds


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIGILLO_ENVIRONMENT", "staging"),
        ("SIGILLO_PUBLIC_URL", "sign.example.org"),
        ("SIGILLO_PUBLIC_URL", "ftp://sign.example.org"),
        ("SIGILLO_PUBLIC_URL", "https://sign.example.org/?a=b"),
        ("SIGILLO_PUBLIC_URL", "https://user:pw@sign.example.org"),
        ("SIGILLO_PUBLIC_URL", "https://sign.example.org:port"),
        ("SIGILLO_PKI_URL", "https://sign.example.org"),
        ("SIGILLO_PKI_URL", "http://sign.example.org/?a=b"),
        ("DATABASE_URL", "mysql://u:pw@h/db"),
        ("DATABASE_URL", "sqlite:///relative.sqlite3"),
        ("DATABASE_URL", "postgresql://u:pw@h/"),
        ("DATABASE_URL", "postgresql://u:pw@h:port/db"),
        ("DATABASE_URL", "postgresql://u:pw#1@h/db"),
        ("DATABASE_URL", "postgresql://u:pw\u2100@h/db"),
        ("DATABASE_URL", "postgresql://u:pw[@h/db"),
        ("SIGILLO_BLOBS", "file:relative"),
        ("SIGILLO_BLOBS", "gs://documents"),
        ("SIGILLO_BLOBS", "s3://"),
        ("SIGILLO_BLOBS", "s3://id:pw@documents"),
        ("SIGILLO_BLOBS", "s3://documents?endpoint=s3.example.org"),
        ("SIGILLO_BLOBS", "s3://documents?endpoint=https://id:pw@s3.example.org"),
        ("SIGILLO_BLOBS", "s3://documents?secret=pw"),
        ("SIGILLO_OUTBOUND_ALLOW", "10.0.0.0/99"),
        ("SIGILLO_MASTER_KEY", "not a key"),
        ("SIGILLO_WEB_THREADS", "0"),
        ("SIGILLO_WORKERS", "many"),
        ("SIGILLO_WORKERS", "٣"),
        ("SIGILLO_MAX_BODY_MIB", "-1"),
        ("SIGILLO_MAX_DOCUMENT_MIB", "99999"),
        ("SIGILLO_JOB_RETRY_SECONDS", "1"),
        ("SIGILLO_LOG_LEVEL", "LOUD"),
        ("SIGILLO_LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(name: str, value: str) -> None:
    problems = _problems(**{name: value})
    assert set(problems) == {name}
    said = problems[name]
    assert said.startswith(f"{name}: ")
    assert said.endswith(".")
    assert said.count(name) == 1
    assert "pw" not in said


def test_one_key_of_s3_without_the_other_is_named(tmp_path: Path) -> None:
    assert "Set both keys" in _problems(SIGILLO_S3_ACCESS_KEY="id")["SIGILLO_S3_SECRET_KEY"]
    path = tmp_path / "key"
    path.write_text("pw\n")
    said = _problems(SIGILLO_S3_SECRET_KEY_FILE=str(path))["SIGILLO_S3_ACCESS_KEY"]
    assert "pw" not in said
    settings = read({"SIGILLO_S3_ACCESS_KEY": "id", "SIGILLO_S3_SECRET_KEY_FILE": str(path)})
    assert settings.s3_keys == S3Keys("id", "pw")
    assert "pw" not in repr(settings.s3_keys)


def test_all_wrong_values_are_named_at_once() -> None:
    assert set(_problems(SIGILLO_WORKERS="0", SIGILLO_ENVIRONMENT="x", DATABASE_URL="x")) == {
        "SIGILLO_WORKERS",
        "SIGILLO_ENVIRONMENT",
        "DATABASE_URL",
    }


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    assert "is not a folder" in _problems(SIGILLO_HOME=str(path))["SIGILLO_HOME"]


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "url"
    path.write_text("postgresql://u:pw@h/db\n")
    assert read({"DATABASE_URL_FILE": str(path)}).database_url == "postgresql://u:pw@h/db"
    both = _problems(DATABASE_URL="postgresql://u:pw@h/db", DATABASE_URL_FILE=str(path))
    assert "both set" in both["DATABASE_URL"]
    assert "cannot be read" in _problems(DATABASE_URL_FILE=str(tmp_path / "absent"))["DATABASE_URL_FILE"]


def test_what_is_no_secret_is_not_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "value"
    path.write_text("production")
    assert read({"SIGILLO_ENVIRONMENT_FILE": str(path)}).environment == "sandbox"
