"""Whether a credential can make the signatures that are made here, and with which algorithm."""

from datetime import datetime

from sigillo.identities.providers.csc.answers import Credential
from sigillo.pki.suitability import fault_of_certificate

_ALGORITHMS = {
    "rsa": ("1.2.840.113549.1.1.11", "1.2.840.113549.1.1.1"),  # sha256WithRSAEncryption, rsaEncryption
    "ec": ("1.2.840.10045.4.3.2",),  # ecdsa-with-SHA256
    "other": (),
}


def sign_algorithm(credential: Credential) -> str:
    """The OID to ask for (`signAlgo`): RSASSA-PKCS1-v1_5 or ECDSA with SHA-256; empty where it offers neither."""
    wanted = _ALGORITHMS[credential.facts.algorithm]
    return next((algorithm for algorithm in wanted if algorithm in credential.algorithms), "")


def fault_of(credential: Credential, at: datetime) -> str:
    """Why the credential cannot sign at `at`, as the end of a sentence; empty where it can."""
    if not credential.enabled:
        return "its key is disabled"
    if credential.status != "valid":
        return "the service calls its certificate expired, revoked or suspended"
    if credential.mode == "oauth2code":
        return "it is authorized in a browser (oauth2code), and not by a password"
    fault = fault_of_certificate(credential.facts, at)
    if not fault and not sign_algorithm(credential):
        return "it offers neither RSA (PKCS #1 v1.5) nor ECDSA with SHA-256"
    return fault
