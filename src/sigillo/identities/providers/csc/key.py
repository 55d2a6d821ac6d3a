"""A key at a remote signing service, with the face of a key that is here."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from sigillo.base.clock import now
from sigillo.identities.presented import Presented
from sigillo.identities.providers.csc.answers import Credential
from sigillo.identities.providers.csc.client import Client
from sigillo.identities.providers.csc.errors import ServiceFault, Unusable
from sigillo.identities.providers.csc.suitability import fault_of, sign_algorithm
from sigillo.identities.providers.csc.values import Service
from sigillo.outbound.client import Outbound
from sigillo.pki.certificates import describe
from sigillo.pki.verification import is_signed_by


@dataclass(frozen=True, slots=True)
class RemoteKey:
    """The key of one credential, for one use with what its signer presented (engine.types.SigningKey).

    `certificate` is the DER that was associated. `password_checked` says that we have checked the password ourselves,
    which is so where the service does not.
    """

    service: Service
    outbound: Outbound
    credential: str
    username: str
    certificate: bytes
    presented: Presented
    password_checked: bool

    @property
    def algorithm(self) -> Literal["rsa", "ec"]:
        """The family of the key."""
        return "rsa" if describe(self.certificate).algorithm == "rsa" else "ec"

    def sign(self, data: bytes) -> bytes:
        """Have SHA-256(data) signed, and let no other signature out than one that the certificate verifies.

        Raises:
            WrongFactor: the service refuses the login, the PIN or the one-time password.
            Unusable: the credential is no longer what was associated, or cannot sign now.
            ServiceFault: the service fails, or its signature is not one of this key over these data.
        """
        client, credential = self._open()
        if credential.otp and not self.presented.otp:
            message = "The credential asks for a one-time password: have one sent, and present it with the password."
            raise Unusable("otp_needed", message)
        digest = sha256(data).digest()
        signature = client.sign_hash(credential, digest, self.presented, sign_algorithm(credential))
        if not is_signed_by(self.certificate, signature, data):
            reason = "its signature is not one that the certificate of the identity verifies"
            raise ServiceFault(self.service.provider, reason, "provider_signature")
        return signature

    def send_otp(self) -> None:
        """Have a one-time password sent to the holder. Raises like `sign`, and Unusable where none is asked for."""
        client, credential = self._open()
        if not credential.otp:
            raise Unusable("no_otp", "The credential asks for no one-time password; present its password alone.")
        client.send_otp(credential)

    def _open(self) -> tuple[Client, Credential]:
        """Log in, and see that the credential is still the one that was associated."""
        client = Client(self.service, self.outbound)
        client.log_in(self.username, self.presented.password)
        credential = client.get_credential(self.credential, "single")
        if credential.certificate != self.certificate:
            message = "The credential has another certificate than the identity; associate it again."
            raise Unusable("certificate_changed", message)
        if fault := fault_of(credential, now()):
            raise Unusable("unusable_credential", f"The credential of the identity cannot sign now: {fault}.")
        if not (self.password_checked or credential.pin or self.service.knows_user):
            message = "The signing service no longer asks for the password of the identity; associate it again."
            raise Unusable("password_unchecked", message)
        return client, credential
