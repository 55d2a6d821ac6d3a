"""`sigillo verify`: words for people, keys for programs, and an exit status for scripts."""

import argparse
import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine

from sigillo.base.errors import NotFound
from sigillo.cli import register, verify
from sigillo.engine.cades import envelop
from sigillo.engine.pades import sign_pdf
from sigillo.engine.types import SignatureRequest
from sigillo.engine.validate import Entry
from tests.support import chain
from tests.support.attacks import ATTACKS, CHECKED_AT
from tests.support.broken_signatures import once
from tests.support.forging import Seal, contract, include_lock
from tests.support.people import BEGIN, END, SIGNED_AT, people
from tests.support.signed import plain_pdf
from tests.support.stamping import Source, Tsa, unit_of

ROOT = chain.signer().chain[-1]
SIGNATURE_KEYS = {
    "field", "kind", "subfilter", "signer", "claimed_at", "digest_algorithm", "reason", "location", "intact", "valid",
    "trusted", "revocation", "timestamp", "covers", "size", "locks", "locks_respected", "permission", "problems",
    "notes",
}  # fmt: skip


def pem(*certificates: bytes) -> str:
    framed = "-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n"
    return "".join(framed.format(base64.encodebytes(der).decode()) for der in certificates)


class Terminal:
    """Runs the command as the terminal does, with the test PKI's root as the installation's own."""

    def __init__(self, directory: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.directory = directory
        self.capture = capture
        self.roots = [ROOT]
        self.source = register.Source(None)

    def write(self, document: bytes, name: str = "document.pdf") -> str:
        path = self.directory / name
        path.write_bytes(document)
        return str(path)

    def run(self, *words: str) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        verify.add_arguments(parser)
        with time_machine.travel(CHECKED_AT, tick=False):
            status = verify.run(parser.parse_args(words), lambda: self.roots, lambda: self.source)
        printed = self.capture.readouterr()
        return status, printed.out, printed.err

    def json(self, *words: str) -> tuple[int, dict[str, Any]]:
        status, out, err = self.run(*words, "--json")
        assert err == ""
        return status, json.loads(out)


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, capsys)


def test_a_valid_document_in_words(terminal: Terminal) -> None:
    path = terminal.write(Seal(1).on(once(include_lock(b"amount"))))
    status, out, _ = terminal.run(path)
    lines = out.splitlines()
    assert status == 0
    assert lines[0] == path
    assert lines[-1] == "VALID. All 2 signatures hold, and the newest covers the whole file."
    assert "  Signer      Łukasz 王 Ιωάννης العربية" in lines
    assert "  Signed      2026-06-01 12:00:00 UTC, as the signer says" in lines
    assert "  Covers      an earlier state of the file; what followed is permitted" in lines
    assert "  Covers      the whole file" in lines
    assert "  Locks       amount" in lines


def test_a_valid_document_in_json(terminal: Terminal) -> None:
    path = terminal.write(once())
    status, answer = terminal.json(path)
    assert status == 0
    assert (answer["file"], answer["verdict"], answer["accepted"]) == (path, "valid", True)
    assert (answer["size"], answer["checked_at"]) == (len(once()), "2026-07-01T12:00:00Z")
    assert answer["revocation_checked"] is False
    assert answer["problems"] == []
    assert [note["code"] for note in answer["notes"]] == ["revocation_not_checked"]
    (signature,) = answer["signatures"]
    assert set(signature) == SIGNATURE_KEYS
    assert signature["signer"]["common_name"] == "Łukasz 王 Ιωάννης العربية"
    assert signature["signer"]["not_before"] == "2026-01-01T00:00:00Z"
    assert signature["claimed_at"] == "2026-06-01T12:00:00Z"
    assert (signature["intact"], signature["valid"], signature["trusted"]) == (True, True, True)
    assert signature["covers"] == "whole_file"
    assert signature["timestamp"] is None


@pytest.mark.parametrize(
    ("name", "verdict", "word"),
    [
        ("covered/page_text", "invalid", "INVALID."),
        ("covered/fill_of_unlocked_field", "indeterminate", "INDETERMINATE."),
        ("locks/fill_of_locked_field", "invalid", "INVALID."),
        ("cms/no_signed_attributes", "invalid", "INVALID."),
    ],
)
def test_an_altered_document(terminal: Terminal, name: str, verdict: str, word: str) -> None:
    path = terminal.write(ATTACKS[name].build())
    status, out, _ = terminal.run(path)
    assert (status, out.splitlines()[-1].split()[0]) == (1, word)
    status, answer = terminal.json(path)
    assert (status, answer["verdict"], answer["accepted"]) == (1, verdict, False)
    problems = [problem for signature in answer["signatures"] for problem in signature["problems"]]
    assert ATTACKS[name].code in {problem["code"] for problem in problems}
    assert all(problem["message"] in out for problem in problems)


def test_a_time_stamp_is_told_with_its_authority(terminal: Terminal) -> None:
    persons = people()
    tsa = Tsa(unit_of(persons.issuing, begin=BEGIN, end=END, chain=(persons.issuing.certificate,)), SIGNED_AT)
    document = plain_pdf()
    document += sign_pdf(
        document, persons.ec, SignatureRequest(), signed_at=SIGNED_AT, timestamps=Source(tsa)
    ).increment
    path = terminal.write(document)
    terminal.roots = [persons.root]
    status, out, _ = terminal.run(path)
    assert status == 0
    assert "  Time-stamp  2026-05-05 09:30:00 UTC, by Sigillo Test Time-Stamping Unit" in out.splitlines()
    (signature,) = terminal.json(path)[1]["signatures"]
    told = signature["timestamp"]
    assert (told["at"], told["intact"], told["valid"], told["trusted"]) == ("2026-05-05T09:30:00Z", True, True, True)
    assert told["authority"]["common_name"] == "Sigillo Test Time-Stamping Unit"
    assert told["authority"]["not_after"] == "2034-01-01T00:00:00Z"
    terminal.roots = [ROOT]
    assert "Sigillo Test Time-Stamping Unit, NOT trusted" in terminal.run(path)[1]


def test_an_envelope_is_told_signer_by_signer(terminal: Terminal) -> None:
    persons = people()
    made = envelop(BytesIO(b"any file"), persons.ec, signed_at=SIGNED_AT)
    path = terminal.write(b"".join(made.pieces(BytesIO(b"any file"))), "any.p7m")
    terminal.roots = [persons.root]
    status, out, _ = terminal.run(path)
    lines = out.splitlines()
    assert (status, lines[-1]) == (0, "VALID. The signature holds, and the newest covers the whole file.")
    assert "Signature 1 of 1, of the envelope" in lines
    assert "  Signed      2026-05-05 09:30:00 UTC, as the signer says" in lines
    assert "  Kind        CAdES, sha256" in lines
    (signature,) = terminal.json(path)[1]["signatures"]
    assert set(signature) == SIGNATURE_KEYS
    assert (signature["field"], signature["subfilter"], signature["covers"]) == ("", "CAdES", "whole_file")
    damaged = terminal.write(Path(path).read_bytes().replace(b"any file", b"eny file"), "damaged.p7m")
    status, out, _ = terminal.run(damaged)
    assert (status, "  Bytes       NOT the ones that were signed" in out.splitlines()) == (1, True)
    cut = terminal.write(Path(path).read_bytes()[:-5], "cut.p7m")
    assert terminal.json(cut)[1]["error"]["code"] == "not_an_envelope"


def test_an_unsigned_document(terminal: Terminal) -> None:
    path = terminal.write(plain_pdf())
    status, out, _ = terminal.run(path)
    assert (status, out.splitlines()[-1]) == (2, "UNSIGNED. The document has no signature.")
    assert terminal.json(path)[1]["verdict"] == "unsigned"


@pytest.mark.parametrize("document", [b"", b"Dear Sir or Madam,"])
def test_what_is_no_pdf(terminal: Terminal, document: bytes) -> None:
    path = terminal.write(document)
    status, out, err = terminal.run(path)
    assert (status, out) == (2, "")
    assert err.startswith(f"{path}: The file ")
    status, answer = terminal.json(path)
    assert (status, answer["verdict"], answer["error"]["code"]) == (2, "unreadable", "not_a_pdf")


def test_a_file_that_is_not_there(terminal: Terminal) -> None:
    status, _, err = terminal.run(str(terminal.directory / "missing.pdf"))
    assert status == 2
    assert "cannot be read: No such file or directory." in err


@pytest.mark.parametrize("others", [(), (chain.signer("ec").chain[-1],)])
def test_named_roots_stand_for_the_installations_own(terminal: Terminal, others: Sequence[bytes]) -> None:
    path = terminal.write(Seal(signer=chain.signer("rsa", "A stranger")).on(contract()))
    strangers = terminal.directory / "strangers.pem"
    strangers.write_text(pem(*others, chain.signer("rsa", "A stranger").chain[-1]))
    assert terminal.run(path)[0] == 1
    assert terminal.run(path, "--root", str(strangers))[0] == 0
    assert terminal.run(terminal.write(once(), "own.pdf"), "--root", str(strangers))[0] == 1


def test_several_root_files(terminal: Terminal) -> None:
    names = []
    for number, der in enumerate((ROOT, chain.signer("ec").chain[-1])):
        names += ["--root", terminal.write(der if number else pem(der).encode(), f"{number}.crt")]
    both = Seal(1, signer=chain.signer("ec")).on(once())
    assert terminal.run(terminal.write(both), *names)[0] == 0
    assert terminal.run(terminal.write(both), *names[:2])[0] == 1


def test_a_root_file_that_holds_no_certificate(terminal: Terminal) -> None:
    status, _, err = terminal.run(terminal.write(once()), "--root", terminal.write(b"no certificate", "root.pem"))
    assert status == 2
    assert "certificate" in err


def test_an_installation_without_a_root_says_so(terminal: Terminal) -> None:
    def none() -> list[bytes]:
        raise NotFound("no_home", "There is no home yet; run `sigillo init` first, or name a root with --root.")

    parser = argparse.ArgumentParser()
    verify.add_arguments(parser)
    assert verify.run(parser.parse_args([terminal.write(once())]), none, lambda: register.Source(None)) == 2
    assert "run `sigillo init` first" in terminal.capture.readouterr().err


def test_the_words_of_a_stranger_do_not_drive_the_terminal(terminal: Terminal) -> None:
    reason = b"/Reason(\x1b[2J\x1b[32mVALID\\r\\nVALID)"
    status, out, _ = terminal.run(terminal.write(Seal(entries=reason).on(contract())))
    assert status == 0
    assert "\x1b" not in out
    assert "  Reason      \\u001b[2J\\u001b[32mVALID\\u000d\\u000aVALID" in out.splitlines()


REVOKED_AT = datetime(2026, 6, 15, 8, 30, tzinfo=UTC)  # after the claimed time of signing


def test_what_the_register_holds_is_told(terminal: Terminal) -> None:
    path = terminal.write(once())
    terminal.source = register.Source(lambda _: Entry())
    status, answer = terminal.json(path)
    assert (status, answer["verdict"], answer["revocation_checked"]) == (0, "valid", True)
    assert (answer["signatures"][0]["revocation"], answer["notes"]) == ("good", [])
    assert "  Revocation  not revoked, says the register of this installation" in terminal.run(path)[1].splitlines()


def test_a_revoked_certificate_is_no_ground_to_rely_on(terminal: Terminal) -> None:
    path = terminal.write(once())
    terminal.source = register.Source(lambda _: Entry(REVOKED_AT, "keyCompromise"))
    status, answer = terminal.json(path)
    assert (status, answer["verdict"], answer["accepted"]) == (1, "indeterminate", False)
    (signature,) = answer["signatures"]
    assert (signature["revocation"], signature["valid"], signature["trusted"]) == ("revoked", True, True)
    assert [problem["code"] for problem in signature["problems"]] == ["revoked"]
    _, out, _ = terminal.run(path)
    assert "  Revocation  REVOKED, says the register of this installation" in out.splitlines()
    assert "was revoked on 2026-06-15 08:30:00 UTC (keyCompromise)" in out
    assert out.splitlines()[-1].startswith("INDETERMINATE.")


def test_why_nobody_was_asked_is_told(terminal: Terminal) -> None:
    path = terminal.write(once())
    terminal.source = register.Source(None, "The register was not asked: it is elsewhere.")
    status, answer = terminal.json(path)
    assert (status, answer["revocation_checked"]) == (0, False)
    assert [note["code"] for note in answer["notes"]] == ["revocation_not_checked", "register_not_asked"]
    out = terminal.run(path)[1].splitlines()
    assert "  Revocation  not looked up" in out
    assert "Note: The register was not asked: it is elsewhere." in out
    unsigned = terminal.json(terminal.write(plain_pdf()))[1]
    assert unsigned["notes"] == []
