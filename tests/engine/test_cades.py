"""Envelopes of any file before judges that share no code with us: OpenSSL and NSS."""

import io
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from asn1crypto import cms

from sigillo.base.errors import Unavailable
from sigillo.engine.cades import PIECE, SignedEnvelope, cosign, envelop
from sigillo.engine.envelope import read_envelope
from sigillo.engine.errors import EngineError, FileChanged, Unreadable
from sigillo.engine.types import Signer, TimestampSource
from tests.support.der import assert_der
from tests.support.judges import cmsutil, openssl_envelope, openssl_timestamp
from tests.support.pdfs import one_page
from tests.support.people import BEGIN, END, NAME, SIGNED_AT, People
from tests.support.programs import needs
from tests.support.stamping import Source, Tsa, unit_of

SIZES = (0, 1, 100, 127, 128, 255, 256, 65_535, 65_536, PIECE, 2 * PIECE + 1)
judges = needs("openssl", "cmsutil", "certutil")


def content(size: int) -> bytes:
    return bytes(number % 251 for number in range(min(size, 5000))) * (size // 5000 + 1) if size else b""


@pytest.fixture(scope="module")
def source(people: People) -> Source:
    chain = (people.issuing.certificate,)
    return Source(Tsa(unit_of(people.issuing, begin=BEGIN, end=END, chain=chain), SIGNED_AT))


def written(made: SignedEnvelope, base: bytes) -> bytes:
    """The envelope as it is stored."""
    out = b"".join(made.pieces(io.BytesIO(base)))
    assert len(out) == made.size
    assert made.base_digest == sha256(base).digest()
    return out


def first(data: bytes, signer: Signer, timestamps: TimestampSource | None = None) -> bytes:
    return written(envelop(io.BytesIO(data), signer, signed_at=SIGNED_AT, timestamps=timestamps), data)


def further(envelope: bytes, signer: Signer, timestamps: TimestampSource | None = None) -> bytes:
    return written(cosign(io.BytesIO(envelope), signer, signed_at=SIGNED_AT, timestamps=timestamps), envelope)


@judges
@pytest.mark.parametrize("size", SIZES)
def test_two_judges_take_out_of_it_what_was_put_in(people: People, nss: Path, tmp_path: Path, size: int) -> None:
    data = content(size)[:size]
    envelope = first(data, people.rsa)
    assert openssl_envelope(envelope, people.root, tmp_path) == data
    if size:  # NSS says nothing of an empty one
        assert cmsutil(envelope, nss, tmp_path) == {NAME: "GoodSignature"}


@judges
def test_each_signer_stands_beside_the_others(people: People, nss: Path, tmp_path: Path, source: Source) -> None:
    data = one_page()
    envelope = first(data, people.rsa, source)
    for signer, timestamps in ((people.ec, None), (people.third, source)):
        envelope = further(envelope, signer, timestamps)
    assert openssl_envelope(envelope, people.root, tmp_path) == data
    said = cmsutil(envelope, nss, tmp_path)
    assert said == dict.fromkeys((NAME, "Second signer", "Third signer"), "GoodSignature")
    assert openssl_timestamp(envelope, people.root, tmp_path) == [True, True]
    signers = cms.ContentInfo.load(envelope, strict=True)["content"]["signer_infos"]
    digests = {_attributes(signer)["message_digest"][0].native for signer in signers}
    assert digests == {sha256(data).digest()}


@judges
@pytest.mark.parametrize("part", ["content", "certificate", "attribute", "signature"])
def test_a_flipped_bit_fails_before_both_judges(people: People, nss: Path, tmp_path: Path, part: str) -> None:
    data = one_page()
    envelope = bytearray(further(first(data, people.rsa), people.ec))
    assert openssl_envelope(bytes(envelope), people.root, tmp_path) is not None
    (signer, *_) = cms.ContentInfo.load(bytes(envelope))["content"]["signer_infos"]
    at = {
        "content": envelope.index(data) + len(data) // 2,
        "certificate": envelope.index(people.rsa.certificate) + 200,
        "attribute": envelope.index(_attributes(signer)["message_digest"][0].native) + 7,
        "signature": envelope.index(signer["signature"].native) + 20,
    }[part]
    envelope[at] ^= 1
    assert openssl_envelope(bytes(envelope), people.root, tmp_path) is None
    assert set(cmsutil(bytes(envelope), nss, tmp_path).values()) != {"GoodSignature"}


def _attributes(signer: cms.SignerInfo) -> dict[str, cms.SetOf]:
    return {attribute["type"].native: attribute["values"] for attribute in signer["signed_attrs"]}


def test_the_attributes_are_those_of_cades_baseline(people: People) -> None:
    envelope = first(b"data", people.ec)
    signed_data = cms.ContentInfo.load(envelope, strict=True)["content"]
    (signer,) = signed_data["signer_infos"]
    attributes = _attributes(signer)
    assert set(attributes) == {
        *("content_type", "message_digest", "signing_time"),
        *("signing_certificate_v2", "cms_algorithm_protection"),
    }
    assert attributes["signing_time"][0].native == SIGNED_AT
    (identifier,) = attributes["signing_certificate_v2"][0]["certs"]
    assert identifier["cert_hash"].native == sha256(people.ec.certificate).digest()
    assert signed_data["version"].native == "v1"
    assert signed_data["encap_content_info"]["content_type"].native == "data"
    embedded = [certificate.dump() for certificate in signed_data["certificates"]]
    assert embedded == sorted({people.ec.certificate, *people.ec.chain})


def test_it_is_der(people: People, source: Source) -> None:
    envelope = first(content(300), people.ec)
    assert_der(envelope)
    assert cms.ContentInfo.load(envelope, strict=True).copy().dump(force=True) == envelope
    assert_der(further(further(envelope, people.rsa, source), people.third))


def test_the_chain_of_all_is_carried_once(people: People) -> None:
    envelope = further(first(b"data", people.rsa), people.ec)
    carried = read_envelope(io.BytesIO(envelope)).certificates
    assert carried == tuple(sorted({people.rsa.certificate, people.ec.certificate, *people.rsa.chain}))


@pytest.mark.parametrize(
    ("moment", "kind"),
    [
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), "utc_time"),
        (datetime(2050, 1, 1, tzinfo=UTC), "generalized_time"),
    ],
)
def test_the_time_is_written_as_its_year_asks(people: People, moment: datetime, kind: str) -> None:
    made = envelop(io.BytesIO(b"data"), people.ec, signed_at=moment)
    (signer,) = cms.ContentInfo.load(written(made, b"data"), strict=True)["content"]["signer_infos"]
    time = _attributes(signer)["signing_time"][0]
    assert (time.name, time.native) == (kind, moment)
    with pytest.raises(ValueError, match="aware"):
        envelop(io.BytesIO(b"data"), people.ec, signed_at=moment.replace(tzinfo=None))


def test_a_key_of_somebody_else_makes_nothing(people: People) -> None:
    with pytest.raises(EngineError, match="belong together"):
        envelop(io.BytesIO(b"data"), replace(people.ec, key=people.third.key), signed_at=SIGNED_AT)


def test_without_a_time_stamp_there_is_no_envelope(people: People, source: Source) -> None:
    class Silent(Source):
        def stamp(self, digest: bytes) -> bytes:  # noqa: ARG002 - it never looks
            raise Unavailable("tsa_unavailable", "Nobody answers.")

    with pytest.raises(Unavailable, match="Nobody answers"):
        first(b"data", people.ec, Silent(source.tsa))


def test_a_token_of_any_size_has_room(people: People, source: Source) -> None:
    assert first(b"data", people.ec, replace(source, room=1))


def _damages(envelope: bytes) -> dict[str, bytes]:
    return {
        "empty": b"",
        "pdf": one_page(),
        "cut short": envelope[:-1],
        "lengthened": envelope + b"\0",
        "cut in the head": envelope[:20],
        "another length": envelope[:3] + bytes((envelope[3] ^ 1,)) + envelope[4:],
        "indefinite": b"\x30\x80" + envelope[4:] + b"\0\0",
        "another content": envelope.replace(
            b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03", 1
        ),
    }


@pytest.mark.parametrize("damage", _damages(b"\x30\x82\x01\x00" + bytes(256)))
def test_what_is_no_envelope_of_ours_gets_no_further_signer(people: People, damage: str) -> None:
    damaged = _damages(first(content(500), people.ec))[damage]
    with pytest.raises(Unreadable) as refused:
        cosign(io.BytesIO(damaged), people.rsa, signed_at=SIGNED_AT)
    assert refused.value.code == "not_an_envelope"


@pytest.mark.parametrize("later", [content(5000)[:-1], content(5000)[:-1] + b"?", b""])
def test_a_file_that_became_another_is_not_written(people: People, later: bytes) -> None:
    made = envelop(io.BytesIO(content(5000)), people.ec, signed_at=SIGNED_AT)
    with pytest.raises(FileChanged):
        list(made.pieces(io.BytesIO(later)))


IN_LITTLE_MEMORY = """
import resource, sys
from sigillo.engine.cades import cosign, envelop
from tests.support.people import SIGNED_AT, people
who, source, target = people(), sys.argv[1], sys.argv[2]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for work, signer in ((envelop, who.rsa), (cosign, who.ec)):
    with open(source, "rb") as opened, open(target, "wb") as out:
        for piece in work(opened, signer, signed_at=SIGNED_AT).pieces(opened):
            out.write(piece)
    source, target = target, target + "2"
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    size = 64 * PIECE
    with (tmp_path / "large").open("wb") as file:
        file.truncate(size)
    command = [sys.executable, "-c", IN_LITTLE_MEMORY, "large", "signed"]
    root = Path(__file__).parents[2]
    environ = {"PYTHONPATH": f"{root / 'src'}:{root}"}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=True)
    assert int(done.stdout) < size // 8
    assert (tmp_path / "signed2").stat().st_size > (tmp_path / "signed").stat().st_size > size
