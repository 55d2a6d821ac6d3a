"""Whom we believe over TLS, and who we say we are."""

import os
import ssl
from contextlib import closing

import certifi

from sigillo.outbound.errors import OutboundFailed
from sigillo.outbound.sockets import MeteredTlsSocket
from sigillo.outbound.values import ClientCertificate

_EVERY_STRENGTH = "DEFAULT:@SECLEVEL=0"


def trust(authorities: str) -> ssl.SSLContext:
    """Verify server and name (RFC 9525) against Mozilla's roots, the system's and `authorities` (PEM)."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    if authorities:
        context.load_verify_locations(cadata=authorities)
    context.hostname_checks_common_name = False  # only subjectAltName names a server (RFC 9525, 2)
    context.sslsocket_class = MeteredTlsSocket
    return context


def present(context: ssl.SSLContext, certificate: ClientCertificate) -> None:
    """Load what we present, through a file that exists in memory alone: OpenSSL reads keys from files only.

    Whether the certificate is strong enough, or in date, is the server's to judge: the level is lowered while
    it is read and restored for the handshake, in which we judge the server.
    """
    ciphers, level = ":".join(cipher["name"] for cipher in context.get_ciphers()), context.security_level
    descriptor = os.memfd_create("client-certificate", os.MFD_CLOEXEC)
    with closing(os.fdopen(descriptor, "wb")) as file:
        file.write(f"{certificate.certificate}\n{certificate.key}\n".encode())
        file.flush()
        try:
            context.set_ciphers(_EVERY_STRENGTH)
            context.load_cert_chain(f"/proc/self/fd/{descriptor}", password="")
        except ssl.SSLError as error:
            message = "The client certificate cannot be used: give it with its own, unencrypted key."
            raise OutboundFailed("outbound_client_certificate", message, permanent=True) from error
    context.set_ciphers(f"{ciphers}:@SECLEVEL={level}")
