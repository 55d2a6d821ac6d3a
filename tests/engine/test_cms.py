"""The CMS template against asn1crypto, the key it is completed with, and the room it asks for."""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal

import pytest
from asn1crypto import cms

from sigillo.engine import cms as templates
from sigillo.engine.cms import CmsTemplate
from sigillo.engine.errors import EngineError
from sigillo.engine.types import Signer
from tests.support.people import People

DIGEST = sha256(b"a document").digest()


def parts(signer: Signer) -> tuple[cms.SignedData, cms.SignerInfo, dict[str, cms.SetOf]]:
    """SignedData, its one SignerInfo and the signed attributes by name, read strictly."""
    der = CmsTemplate.for_signer(signer).sign(DIGEST, signer.key)
    content = cms.ContentInfo.load(der, strict=True)
    assert content["content_type"].native == "signed_data"
    (signer_info,) = content["content"]["signer_infos"]
    attributes = {attribute["type"].native: attribute["values"] for attribute in signer_info["signed_attrs"]}
    return content["content"], signer_info, attributes


@pytest.mark.parametrize(("who", "algorithm"), [("rsa", "sha256_rsa"), ("ec", "sha256_ecdsa")])
def test_the_attributes_are_those_of_pades_baseline(people: People, who: str, algorithm: str) -> None:
    signer: Signer = getattr(people, who)
    _, signer_info, attributes = parts(signer)
    assert set(attributes) == {
        "content_type",
        "message_digest",
        "signing_certificate_v2",
        "cms_algorithm_protection",
    }
    assert attributes["content_type"][0].native == "data"
    assert attributes["message_digest"][0].native == DIGEST
    (identifier,) = attributes["signing_certificate_v2"][0]["certs"]
    assert identifier["cert_hash"].native == sha256(signer.certificate).digest()
    assert identifier["hash_algorithm"]["algorithm"].native == "sha256"
    assert signer_info["signature_algorithm"]["algorithm"].native == algorithm
    assert signer_info["digest_algorithm"]["algorithm"].native == "sha256"


def test_it_is_detached_and_embeds_the_whole_chain(people: People) -> None:
    signed_data, signer_info, _ = parts(people.rsa)
    assert signed_data["version"].native == "v1"
    assert signed_data["encap_content_info"]["content"].native is None
    embedded = [certificate.dump() for certificate in signed_data["certificates"]]
    assert sorted(embedded) == embedded
    assert set(embedded) == {people.rsa.certificate, *people.rsa.chain}
    leaf = cms.Certificate.load(people.rsa.certificate)
    assert signer_info["sid"].chosen["issuer"].dump() == leaf.issuer.dump()
    assert signer_info["sid"].chosen["serial_number"].native == leaf.serial_number


@pytest.mark.parametrize("who", ["rsa", "ec"])
def test_it_is_der_that_asn1crypto_would_write_the_same(people: People, who: str) -> None:
    signer: Signer = getattr(people, who)
    der = CmsTemplate.for_signer(signer).sign(DIGEST, signer.key)
    assert cms.ContentInfo.load(der, strict=True).copy().dump(force=True) == der


@pytest.mark.parametrize("who", ["rsa", "ec"])
def test_the_room_asked_for_is_exactly_the_largest_cms(people: People, who: str) -> None:
    signer: Signer = getattr(people, who)
    template = CmsTemplate.for_signer(signer)
    sizes = {len(template.sign(DIGEST, signer.key)) for _ in range(64)}
    assert max(sizes) <= template.max_size
    assert template.max_size - min(sizes) <= (0 if who == "rsa" else 8)


def test_ecdsa_values_of_every_length_make_valid_der(people: People) -> None:
    lengths = set()
    for number in range(400):
        digest = sha256(bytes([number % 256, number // 256])).digest()
        der = CmsTemplate.for_signer(people.ec).sign(digest, people.ec.key)
        lengths.add(len(der))
        cms.ContentInfo.load(der, strict=True)["content"]["signer_infos"][0]["signature"].native  # noqa: B018
    assert len(lengths) >= 2, "P-256 signatures come in several lengths; none of the shorter ones was met"


def test_a_template_is_built_once_for_a_signer(people: People) -> None:
    assert CmsTemplate.for_signer(people.rsa) is CmsTemplate.for_signer(replace(people.rsa))
    assert CmsTemplate.for_signer(people.rsa) is not CmsTemplate.for_signer(people.ec)
    assert templates._template.cache_info().maxsize == templates.TEMPLATES_KEPT


def test_a_key_of_somebody_else_never_signs(people: People) -> None:
    signer = replace(people.ec, key=people.third.key)
    with pytest.raises(EngineError, match="belong together") as refused:
        CmsTemplate.for_signer(signer).sign(DIGEST, signer.key)
    assert refused.value.code == "key_mismatch"


def test_a_key_of_another_family_is_refused_before_it_is_used(people: People) -> None:
    with pytest.raises(EngineError) as refused:
        CmsTemplate.for_signer(replace(people.rsa, key=people.ec.key))
    assert refused.value.code == "signer_unusable"


@pytest.mark.parametrize("damaged", ["certificate", "chain"])
def test_what_is_no_certificate_is_refused(people: People, damaged: str) -> None:
    broken = b"-----BEGIN CERTIFICATE-----"
    signer = (
        replace(people.rsa, certificate=broken) if damaged == "certificate" else replace(people.rsa, chain=(broken,))
    )
    with pytest.raises(EngineError) as refused:
        CmsTemplate.for_signer(signer)
    assert refused.value.code == "signer_unusable"


@dataclass(frozen=True)
class SilentKey:
    """A device that answers with nothing of use."""

    algorithm: Literal["rsa", "ec"] = "rsa"

    def sign(self, data: bytes) -> bytes:
        return bytes(256 + 0 * len(data))


def test_a_key_that_answers_rubbish_is_found_out(people: People) -> None:
    with pytest.raises(EngineError) as refused:
        CmsTemplate.for_signer(people.rsa).sign(DIGEST, SilentKey())
    assert refused.value.code == "key_mismatch"
