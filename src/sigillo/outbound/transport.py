"""requests, with every connection made by our `Passage`."""

import ssl
from functools import partial
from io import BytesIO

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth, HTTPDigestAuth
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from sigillo.outbound.errors import OutboundFailed
from sigillo.outbound.sockets import MeteredSocket, MeteredTlsSocket, Passage
from sigillo.outbound.targets import named
from sigillo.outbound.values import BasicAuth, DigestAuth


class _PlainConnection(HTTPConnection):
    def __init__(self, host: str, port: int | None = None, *, passage: Passage, **options: object) -> None:
        super().__init__(host, port, **options)  # type: ignore[arg-type]
        self.passage = passage

    def _new_conn(self) -> MeteredSocket:
        return self.passage.connect(self.host, self.port or self.default_port)


class _TlsConnection(HTTPSConnection):
    def __init__(self, host: str, port: int | None = None, *, passage: Passage, **options: object) -> None:
        super().__init__(host, port, **options)  # type: ignore[arg-type]
        self.passage = passage

    def _new_conn(self) -> MeteredSocket:
        connection = self.passage.connect(self.host, self.port or self.default_port)
        connection.settimeout(self.passage.remaining())  # the handshake's, as a whole
        return connection

    def connect(self) -> None:
        name = named(self.host, self.port or self.default_port)
        try:
            super().connect()
        except ssl.SSLCertVerificationError as error:
            reason = error.verify_message.rstrip(".")
            message = f"{name} presents a certificate that is not trusted ({reason}); have it replaced."
            raise OutboundFailed("outbound_certificate", message, permanent=True) from error
        except TimeoutError:
            raise self.passage.late() from None
        except OSError as error:
            message = f"{name} did not complete the TLS handshake: see that it speaks TLS 1.2 or newer."
            raise OutboundFailed("outbound_tls", message, permanent=False) from error
        if isinstance(self.sock, MeteredTlsSocket):
            self.sock.passage = self.passage


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    """Every connection through one passage, every TLS connection judged by one context."""

    def __init__(self, passage: Passage, context: ssl.SSLContext | None) -> None:
        self._passage = passage
        self._context = context
        super().__init__()

    def init_poolmanager(self, *_sizes: object, **_options: object) -> None:
        self.poolmanager = PoolManager(num_pools=1, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(_PlainPool, passage=self._passage),
            "https": partial(_TlsPool, passage=self._passage),
        }

    def cert_verify(self, *_ignored: object) -> None:
        """The context decides alone; requests would have all roots parsed again for each connection."""


class Session(requests.Session):
    """A session for one hop: no environment, no cookies, no redirects of its own."""

    def __init__(self, passage: Passage, context: ssl.SSLContext | None) -> None:
        super().__init__()
        self.trust_env = False
        self.headers.clear()
        adapter = _Adapter(passage, context)
        self.adapters.clear()
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def get_redirect_target(self, _response: requests.Response) -> None:
        """Never: requests would read the whole body of a redirect into memory to prepare the next request."""


class _Digest(HTTPDigestAuth):
    """requests reads the body of the challenge into memory, decompressed; we throw it away unread."""

    def handle_401(self, r: requests.Response, **options: object) -> requests.Response:
        if r.status_code != requests.codes.unauthorized:
            return r
        r.raw.close()
        r.raw = HTTPResponse(BytesIO(), preload_content=False)
        answer: requests.Response = super().handle_401(r, **options)  # type: ignore[no-untyped-call]
        return answer

    def build_digest_header(self, method: str, url: str) -> str | None:
        """Names beyond ISO 8859-1 go out as the UTF-8 that their digest was made from (RFC 7616, 4)."""
        header: str | None = super().build_digest_header(method, url)  # type: ignore[no-untyped-call]
        return header and header.encode().decode("latin-1")


def credentials(auth: BasicAuth | DigestAuth | None) -> requests.auth.AuthBase | None:
    """The same credentials as requests spells them."""
    if isinstance(auth, BasicAuth):
        return HTTPBasicAuth(auth.username.encode(), auth.password.encode())
    return _Digest(auth.username, auth.password) if auth else None
