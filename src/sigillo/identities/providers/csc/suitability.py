"""Whether a credential can make the signatures that are made here, and with which algorithm."""

from datetime import datetime

from sigillo.identities.providers.csc.answers import Credential
from sigillo.pki.certificates import CertificateInfo

RSA_BITS = 2048
EC_BITS = 256
_SIGNS = frozenset({"digitalSignature", "nonRepudiation"})
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
    fault = _fault_of_certificate(credential.facts, at)
    if not fault and not sign_algorithm(credential):
        return "it offers neither RSA (PKCS #1 v1.5) nor ECDSA with SHA-256"
    return fault


def _fault_of_certificate(certificate: CertificateInfo, at: datetime) -> str:
    if not certificate.not_before <= at <= certificate.not_after:
        return "its certificate is not in date"
    if certificate.is_authority or not (certificate.key_usage is None or certificate.key_usage & _SIGNS):
        return "its certificate is not for signatures of documents"
    least = {"rsa": RSA_BITS, "ec": EC_BITS, "other": 1}[certificate.algorithm]
    return f"its key has fewer than {least} bits or is neither RSA nor EC" if certificate.key_bits < least else ""
