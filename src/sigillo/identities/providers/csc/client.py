"""The methods of the CSC API that signing takes."""

from typing import Literal
from urllib.parse import urlencode

from sigillo.base.errors import Invalid
from sigillo.identities.presented import Presented
from sigillo.identities.providers.csc.answers import (
    Activation,
    Credential,
    CredentialInfo,
    CredentialList,
    Info,
    Signatures,
    Token,
    decoded,
    read_credential,
)
from sigillo.identities.providers.csc.errors import Refusal, ServiceFault, Unusable, WrongFactor
from sigillo.identities.providers.csc.forms import authorize_form, otp_form, sign_form
from sigillo.identities.providers.csc.transport import FORM, JSON, Transport
from sigillo.identities.providers.csc.values import Service
from sigillo.outbound.client import Outbound
from sigillo.outbound.values import BasicAuth, Request

_NOT_THERE = (400, 404)


class Client:
    """One operation at one service: its calls share the service's time, and the token that the login brought.

    Every method raises ServiceFault where the service fails, besides what it says itself.
    """

    def __init__(self, service: Service, outbound: Outbound) -> None:
        self.service = service
        self._transport = Transport(service, outbound)
        self._token = ""

    def info(self) -> Info:
        """What the service says of itself (11.1); needs no login."""
        return self._transport.ask("info", {}, Info)

    def log_in(self, username: str, password: str) -> None:
        """Get the token for the calls that follow (8.1). Raises WrongFactor where the login is the user's own."""
        service = self.service
        try:
            if service.auth == "oauth2client":
                self._token = self._client_token()
            elif service.auth == "basic":
                own = (service.client_id, service.client_secret)
                self._token = self._login(*((username, password) if service.knows_user else own))
        except Refusal as refusal:
            if service.knows_user:
                message = (
                    f"The signing service of {service.provider} does not accept user name and password; check both."
                )
                raise WrongFactor("wrong_password", message) from refusal
            raise self._fault("it does not accept this installation's own login") from refusal

    def _client_token(self) -> str:
        names = {"client_id": self.service.client_id, "client_secret": self.service.client_secret}
        body = urlencode({"grant_type": "client_credentials", **names}).encode()
        request = Request(self.service.token_url, "POST", {"Content-Type": FORM, "Accept": JSON}, body=body)
        content = self._transport.post("oauth2/token", request)
        return self._transport.read("oauth2/token", content, Token).access_token

    def _login(self, name: str, password: str) -> str:
        content = self._transport.send("auth/login", {}, auth=BasicAuth(name, password))
        return self._transport.read("auth/login", content, Token).access_token

    def list_credentials(self, username: str, client_data: str = "") -> tuple[str, ...]:
        """The ids of the user's credentials (11.4). Raises Unusable where the service does not know the user."""
        parameters = {"userID": "" if self.service.knows_user else username, "clientData": client_data}
        form = {name: value for name, value in parameters.items() if value}
        try:
            return self._transport.ask("credentials/list", form, CredentialList, token=self._token).ids
        except Refusal as refusal:
            if refusal.status not in _NOT_THERE:
                raise
            message = f"The signing service of {self.service.provider} does not know this user; check the user name."
            raise Unusable("unknown_at_provider", message) from refusal

    def get_credential(self, key: str, certificates: Literal["single", "chain"]) -> Credential:
        """A credential with its certificate, or the whole chain (11.5). Raises Unusable where there is none."""
        form = {"credentialID": key, "certificates": certificates, "authInfo": True}
        try:
            info = self._transport.ask("credentials/info", form, CredentialInfo, token=self._token)
        except Refusal as refusal:
            if refusal.status not in _NOT_THERE:
                raise
            message = f"The signing service of {self.service.provider} does not have the credential; associate another."
            raise Unusable("credential_gone", message) from refusal
        try:
            return read_credential(key, info)
        except Invalid as error:
            raise self._fault("its answer to credentials/info holds no readable certificate") from error

    def send_otp(self, credential: Credential) -> None:
        """Have the service send a one-time password to the holder of a credential."""
        method, form = otp_form(self.service.version, credential)
        self._transport.send(method, form, token=self._token)

    def sign_hash(self, credential: Credential, digest: bytes, presented: Presented, algorithm: str) -> bytes:
        """Have one SHA-256 signed: authorized for it alone (11.6), then signed (11.10).

        Whether the answer is a signature over it is the caller's to check. Raises WrongFactor.
        """
        version = self.service.version
        try:
            asked = authorize_form(version, credential, digest, presented)
            sad = self._transport.ask("credentials/authorize", asked, Activation, token=self._token).sad
            form = sign_form(version, credential, digest, sad, algorithm)
            answer = self._transport.ask("signatures/signHash", form, Signatures, token=self._token)
        except Refusal as refusal:  # a service may look at the one-time password only when it signs
            raise _explained(refusal, presented) from refusal
        try:
            (signature,) = answer.signatures
            return decoded(signature)
        except ValueError as error:
            raise self._fault("its answer to signatures/signHash is not one signature") from error

    def _fault(self, reason: str) -> ServiceFault:
        return ServiceFault(self.service.provider, reason)


def _explained(refusal: Refusal, presented: Presented) -> ServiceFault | WrongFactor:
    """Which factor the service found wrong; `invalid_authentication_data` does not say it."""
    vague = refusal.word == "invalid_authentication_data"
    if refusal.word == "invalid_otp" or (vague and presented.otp):
        return WrongFactor("wrong_otp", "The one-time password is wrong or over; ask for a new one and try again.")
    if refusal.word == "invalid_pin" or vague:
        return WrongFactor("wrong_password", "The password is not that of the credential; try another.")
    return refusal
