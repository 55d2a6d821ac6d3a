"""Whether a certificate is one that documents are signed with."""

from datetime import datetime

from sigillo.pki.certificates import CertificateInfo

RSA_BITS = 2048
EC_BITS = 256
_SIGNS = frozenset({"digitalSignature", "nonRepudiation"})


def fault_of_certificate(certificate: CertificateInfo, at: datetime) -> str:
    """Why nobody should sign documents with it at `at` (aware), as the end of a sentence; empty where one may.

    It must be in date, no authority's, allow digitalSignature or nonRepudiation where it names its uses (RFC 5280
    §4.2.1.3), and have an RSA key of 2048 bits or an EC key of 256 bits at least.
    """
    if not certificate.not_before <= at <= certificate.not_after:
        return "its certificate is not in date"
    if certificate.is_authority or not (certificate.key_usage is None or certificate.key_usage & _SIGNS):
        return "its certificate is not for signatures of documents"
    least = {"rsa": RSA_BITS, "ec": EC_BITS, "other": 1}[certificate.algorithm]
    return f"its key has fewer than {least} bits or is neither RSA nor EC" if certificate.key_bits < least else ""
