"""From an identity's row to what the engine signs with."""

import json
from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

from sigillo.base.errors import Invalid
from sigillo.engine.types import Signer
from sigillo.identities.models import Identity
from sigillo.identities.presented import Presented
from sigillo.identities.providers.csc.errors import Unusable
from sigillo.identities.providers.csc.key import RemoteKey
from sigillo.identities.providers.csc.services import find_service
from sigillo.installation import keyring, outbound
from sigillo.pki.certificates import CertificateInfo, describe, from_pem_or_base64
from sigillo.pki.keys import LocalKey, load_key
from sigillo.secrets.sealing import Context

_END = "-----END CERTIFICATE-----"
_CREDENTIAL = "csc_credential"
_NOTHING = Presented()


def key_context(organization_id: UUID, identity_id: UUID) -> Context:
    """Where the sealed private key of an identity belongs."""
    return Context(tenant=str(organization_id), table="identity", row=str(identity_id), field="key")


def provider_data_context(organization_id: UUID, identity_id: UUID) -> Context:
    """Where the sealed provider data of an identity belongs."""
    return Context(tenant=str(organization_id), table="identity", row=str(identity_id), field="provider_data")


def seal_provider_data(identity: Identity, fields: Mapping[str, str], credential: str = "") -> None:
    """Give the row what the provider was told, and the id of its credential where a signing service holds the key."""
    kept = {**fields, **({_CREDENTIAL: credential} if credential else {})}
    context = provider_data_context(identity.organization_id, identity.id)
    identity.sealed_provider_data = keyring().seal(json.dumps(kept).encode(), context)


def open_provider_data(identity: Identity) -> tuple[dict[str, str], str]:
    """The fields that `seal_provider_data` was given, and the id of the credential; empty where the key is here."""
    if not identity.sealed_provider_data:
        return {}, ""
    context = provider_data_context(identity.organization_id, identity.id)
    fields: dict[str, str] = json.loads(keyring().open(identity.sealed_provider_data, context))
    return fields, fields.pop(_CREDENTIAL, "")


def certificate_of(identity: Identity) -> CertificateInfo:
    """What an identity's certificate says. The private key is not touched."""
    return _described(identity.certificate_pem)


@lru_cache(maxsize=512)
def _described(certificate: str) -> CertificateInfo:
    return describe(from_pem_or_base64(certificate))


def signer_of(identity: Identity, presented: Presented = _NOTHING) -> Signer:
    """The certificate, chain and key handle of an identity whose row was just read.

    A key at a signing service is asked only when the handle signs, and `presented` is for it; see
    `providers.csc.key.RemoteKey` for what it raises then. Raises Invalid where the service is not configured any more.
    """
    key = remote_key_of(identity, presented)
    if key is None:
        return _signer(
            identity.organization_id, identity.id, identity.sealed_key, identity.certificate_pem, identity.chain_pem
        )
    return Signer(certificate=key.certificate, chain=_blocks(identity.chain_pem), key=key)


def remote_key_of(identity: Identity, presented: Presented) -> RemoteKey | None:
    """The key of an identity whose key is at a signing service; None where the key is here. Raises like `signer_of`."""
    if identity.sealed_key:
        return None
    fields, credential = open_provider_data(identity)
    if not credential:
        return None
    service = find_service(identity.provider_id)
    if service is None:
        raise Invalid(
            "provider_not_configured",
            f"The provider {identity.provider_id} is not configured on this installation any more; ask its operator.",
        )
    return RemoteKey(
        service=service,
        outbound=outbound(),
        credential=credential,
        username=fields["username"],
        certificate=from_pem_or_base64(identity.certificate_pem),
        presented=presented,
        password_checked=bool(identity.password_hash),
    )


def is_remote(identity: Identity) -> bool:
    """Whether the key is at a signing service, which then knows the factors that it asks for."""
    return not identity.sealed_key and bool(open_provider_data(identity)[1])


def send_otp(identity: Identity, presented: Presented = _NOTHING) -> None:
    """Have the signing service send the holder of an identity's key a one-time password.

    The password must be presented only where the login at the service is the user's own. Raises Unusable where the
    key asks for none, and what `signer_of` and its handle raise.
    """
    key = remote_key_of(identity, presented)
    if key is None:
        raise Unusable("no_otp", "The key of this identity asks for no one-time password; present its password alone.")
    key.send_otp()


@lru_cache(maxsize=512)
def _signer(organization_id: UUID, identity_id: UUID, sealed_key: str, certificate: str, chain: str) -> Signer:
    # Opening the seal and loading the key costs as much as a signature. The row is read for every signature and
    # its sealed key is part of the cache's key, so a deleted or renewed identity is never signed with from here.
    key: LocalKey = load_key(keyring().open(sealed_key, key_context(organization_id, identity_id)))
    return Signer(certificate=from_pem_or_base64(certificate), chain=_blocks(chain), key=key)


def _blocks(bundle: str) -> tuple[bytes, ...]:
    blocks = bundle.split(_END)[:-1]
    return tuple(from_pem_or_base64(f"{block}{_END}") for block in blocks)
