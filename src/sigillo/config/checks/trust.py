"""The embedded authority, the clock and the typefaces: what a signature is made of. Needs Django."""

from collections.abc import Iterator
from datetime import timedelta

from sigillo.base.clock import now
from sigillo.config.checks.finding import Finding, missing, note, weak
from sigillo.engine.stamp.composing import compose_stamp
from sigillo.flows.status import readiness
from sigillo.identities.models import Authority
from sigillo.installation import pki_url
from sigillo.journal.models import Event
from sigillo.pki.certificates import describe

SOON = timedelta(days=90)
SKEW = timedelta(minutes=10)
SCRIPTS = "Łukasz 王 Ιωάννης العربية Владимир שרה नेहा 김 さくら ปวีณา"


def ready() -> Iterator[Finding]:
    """What the server itself says when it is asked whether it can serve."""
    for sentence in readiness():
        said, _, remedy = sentence.partition("; ")
        yield missing("not_ready", f"{said.rstrip('.')}.", f"{remedy[:1].upper()}{remedy[1:]}")


def authority() -> Iterator[Finding]:
    """How long the certificates of the authority are good for, and which address they name."""
    for row in Authority.objects.all():
        left = describe(bytes(row.certificate)).not_after - now()
        if left < SOON:
            kind = missing if left < timedelta(0) else weak
            yield kind(
                "authority_ends",
                f"The certificate of the {row} ends in {left.days} days.",
                "Plan a new installation's root, or a new issuing authority, before that day.",
            )
    addresses = set(Authority.objects.exclude(parent=None).values_list("public_url", flat=True))
    if pki_url() not in addresses:
        yield note(
            "no_issuing_authority",
            f"No issuing authority names {pki_url()} yet.",
            "Nothing to do: it is made with the first certificate.",
        )
    for address in sorted(addresses - {pki_url()}):
        yield note(
            "former_address",
            f"Certificates issued before name revocation lists at {address}.",
            "Keep that address leading here as long as those certificates are in use.",
        )


def clock() -> Iterator[Finding]:
    """A clock that was set back would sign with times that have passed already."""
    newest = Event.objects.order_by("-at").values_list("at", flat=True).first()
    if newest is not None and newest - now() > SKEW:
        yield missing(
            "clock_behind",
            f"The clock says {now():%Y-%m-%d %H:%M} UTC, but the journal has an event of {newest:%Y-%m-%d %H:%M} UTC.",
            "Set the clock, and have NTP keep it.",
        )


def typefaces() -> Iterator[Finding]:
    """Whether names in the world's scripts can be drawn."""
    absent = compose_stamp([SCRIPTS], 400, 100).missing
    if absent:
        yield weak(
            "typefaces_missing",
            f"Visible signatures cannot show {' '.join(absent)}; a sign of replacement stands in.",
            "Reinstall Sigillo: typefaces that come with it are not there.",
        )
