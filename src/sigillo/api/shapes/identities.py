"""An identity of a wallet, in the contract's keys."""

from collections.abc import Mapping

from sigillo.api.shapes.moments import moment
from sigillo.identities.models import Identity
from sigillo.identities.providers.table import PROVIDERS


def identity_shape(identity: Identity, provider_data: Mapping[str, str]) -> dict[str, object]:
    """`provider_data` comes without its secrets (`flows.associate_identity.provider_data_of`).

    The addresses of the actions are null until there are such addresses (see contract/DIVERGENCES.md).
    """
    provider = PROVIDERS.get(identity.provider_id)
    return {
        "id": str(identity.id),
        "certificate": identity.certificate_pem,
        "not_after": moment(identity.not_after) if identity.not_after else None,
        "status": identity.status,
        "next": None,
        "actions": {"send_otp": None, "update_certificate": None, "sign": None},
        "provider": provider.name if provider else identity.provider_id,
        "label": identity.label,
        "signature_appearance_uri": None,
        "provider_id": identity.provider_id,
        "provider_type": "cloud",
        "provider_data": dict(provider_data),
        "provider_image": None,
        "send_otp_url": None,
        "sign_url": None,
        "has_been_imported": False,
    }
