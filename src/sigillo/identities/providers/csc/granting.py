"""Finding the one credential that a user has at a service, to make it an identity."""

from collections.abc import Mapping

from sigillo.base.clock import now
from sigillo.base.errors import Invalid
from sigillo.identities.providers.csc.answers import Credential
from sigillo.identities.providers.csc.client import Client
from sigillo.identities.providers.csc.errors import Unusable, WrongFactor
from sigillo.identities.providers.csc.suitability import fault_of
from sigillo.identities.providers.csc.values import Service
from sigillo.identities.providers.granted import Granted
from sigillo.identities.providers.table import CREDENTIAL_FIELD, Provider
from sigillo.outbound.client import Outbound

MAX_CREDENTIALS = 10
MAX_NAMED = 5
CHOOSE = f"name the one that is meant in provider_data.{CREDENTIAL_FIELD}"


def find_credential(service: Service, outbound: Outbound, provider: Provider, data: Mapping[str, str]) -> Granted:
    """The user's credential at the service: the one that `data` names, or the only one that can sign.

    Raises:
        Invalid: the login is wrong, the user is unknown, or there is no such credential, or more than one.
        ServiceFault: the service fails.
    """
    client = Client(service, outbound)
    try:
        client.log_in(data["username"], data["password"])
    except WrongFactor as error:
        raise Invalid(error.code, error.message) from error
    listed = client.list_credentials(data["username"], data.get(provider.client_data, ""))
    keys = _chosen(listed, data.get(CREDENTIAL_FIELD, ""), provider)
    credentials = [client.get_credential(key, "chain") for key in keys]
    credential = _only_one(credentials, provider)
    asks = bool(credential.pin) or service.knows_user
    return Granted(
        certificate=credential.certificate,
        chain=credential.chain,
        credential=credential.id,
        password_here=not asks,
        guarded=asks or bool(credential.otp),
    )


def _chosen(listed: tuple[str, ...], wanted: str, provider: Provider) -> tuple[str, ...]:
    if not listed:
        message = f"The user has no credential at the signing service of {provider.id}; get one there first."
        raise Unusable("no_credential", message)
    if wanted and wanted not in listed:
        message = (
            f"The user has no credential {wanted!r} at the signing service of {provider.id}, but {_named(listed)}."
        )
        raise Unusable("no_such_credential", message)
    if not wanted and len(listed) > MAX_CREDENTIALS:
        message = f"The user has {len(listed)} credentials at the signing service of {provider.id}; {CHOOSE}."
        raise Unusable("several_credentials", message)
    return (wanted,) if wanted else listed


def _only_one(credentials: list[Credential], provider: Provider) -> Credential:
    faults = {credential.id: _fault(credential, provider) for credential in credentials}
    able = [credential for credential in credentials if not faults[credential.id]]
    if len(able) > 1:
        names = _named(tuple(credential.id for credential in able))
        message = f"The user has several credentials at the signing service of {provider.id}; {CHOOSE}: {names}."
        raise Unusable("several_credentials", message)
    if not able:
        reasons = "; ".join(f"{key!r:.80}: {fault}" for key, fault in list(faults.items())[:MAX_NAMED])
        message = f"No credential of the user at the signing service of {provider.id} can be used here: {reasons}."
        raise Unusable("unusable_credential", message)
    return able[0]


def _fault(credential: Credential, provider: Provider) -> str:
    fault = fault_of(credential, now())
    if not fault and provider.automatic and credential.otp:
        return "it asks for a one-time password with each signature, which an automatic signer does not have"
    return fault


def _named(keys: tuple[str, ...]) -> str:
    more = f" and {len(keys) - MAX_NAMED} more" if len(keys) > MAX_NAMED else ""
    return ", ".join(f"{key!r:.80}" for key in keys[:MAX_NAMED]) + more
