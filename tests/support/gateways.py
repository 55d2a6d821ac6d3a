"""An SMS gateway and a mail server on loopback: what Apprise brought them, and how they behave."""

import json
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

from tests.outbound.servers import reply, running, serve


@dataclass
class SmsGateway:
    """Takes JSON by POST and answers with `status`, or not at all while `hangs`."""

    status: int = 200
    hangs: bool = False
    location: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    credentials: list[str | None] = field(default_factory=list)
    over: Event = field(default_factory=Event)
    port: int = 0

    def url(self, secret: str = "s3cr3t") -> str:
        """Its Apprise address, with a password."""
        return f"json://acme:{secret}@127.0.0.1:{self.port}/send/{{to}}?:to={{to}}&-key={secret}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Take one message."""
        self.bodies.append(json.loads(handler.rfile.read(int(handler.headers["Content-Length"]))))
        self.paths.append(handler.path)
        self.credentials.append(handler.headers["Authorization"])
        if self.hangs:
            self.over.wait(30)
        reply(self.status, Location=self.location)(handler)


@contextmanager
def sms_gateway(**behaviour: Any) -> Iterator[SmsGateway]:
    """The gateway, while the block runs."""
    gateway = SmsGateway(**behaviour)
    with serve(gateway.answer) as site:
        gateway.port = site.port
        yield gateway
        gateway.over.set()


@dataclass
class Mail:
    """One message as the server got it: the envelope's people, and the letter."""

    sender: str
    recipients: list[str]
    letter: EmailMessage


@dataclass
class MailServer:
    """Speaks as much SMTP (RFC 5321) as it takes to be given mail."""

    refuses: bool = False
    mails: list[Mail] = field(default_factory=list)
    port: int = 0

    def url(self) -> str:
        """Its Apprise address."""
        return f"mailto://127.0.0.1:{self.port}?from=sigillo%40example.net&name=Acme&to={{to}}"

    def talk(self, lines: socketserver.StreamRequestHandler) -> None:
        """One conversation."""
        sender, recipients = "", []
        lines.wfile.write(b"220 127.0.0.1\r\n")
        for line in lines.rfile:
            verb, _, rest = line.decode().strip().partition(":")
            answer = b"250 ok\r\n"
            if verb.lower() == "mail from":
                sender = rest.strip("<>")
            elif verb.lower() == "rcpt to":
                recipients.append(rest.strip("<>"))
                answer = b"550 nobody of this name\r\n" if self.refuses else answer
            elif verb.lower() == "data":
                lines.wfile.write(b"354 go on\r\n")
                self.mails.append(Mail(sender, recipients, _letter(lines)))
            elif verb.lower() == "quit":
                lines.wfile.write(b"221 bye\r\n")
                return
            lines.wfile.write(answer)


def _letter(lines: socketserver.StreamRequestHandler) -> EmailMessage:
    content = b""
    for line in lines.rfile:
        if line == b".\r\n":
            break
        content += line.removeprefix(b".") if line.startswith(b"..") else line
    letter = message_from_bytes(content, policy=policy.default)
    assert isinstance(letter, EmailMessage)
    return letter


@contextmanager
def mail_server(**behaviour: Any) -> Iterator[MailServer]:
    """The server, while the block runs."""
    mail = MailServer(**behaviour)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            mail.talk(self)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server, running(server):
        mail.port = server.server_address[1]
        yield mail
