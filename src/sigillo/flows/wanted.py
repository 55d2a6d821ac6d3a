"""A transaction as a caller wants it: the values, and what is checked of them before anything is stored."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sigillo.base.errors import Invalid, SigilloError, TooLarge
from sigillo.documents.fetch_options import options_from
from sigillo.engine.position import parse_position
from sigillo.engine.types import Placement
from sigillo.flows.profiles import PROFILES, is_enveloping, is_timestamped
from sigillo.identities.timestamp_source import has_source
from sigillo.organizations.models import Group, User
from sigillo.outbound.targets import read_target
from sigillo.transactions.constraints import check_constraints

MAX_SIGNATURES = 1000
"""In one transaction. Each change of state writes a row for each of them in one database transaction."""


@dataclass(frozen=True, slots=True)
class NewSignature:
    """One signature as the caller asks for it. `position` is the contract's `rect: …` with units.

    It is due from `signer`, or from any member of `signer_group`.
    """

    signer: str = ""
    signer_group: str = ""
    profile: str = "pades-bes"
    display_name: str = ""
    reason: str = ""
    description: str = ""
    declinable: bool = True
    urlback: str = ""
    page: int | None = None
    position: str = ""
    constraints: Mapping[str, str] = field(default_factory=dict)

    @property
    def placement(self) -> Placement | None:
        """Where it is seen; None where it is not."""
        return Placement(page=self.page or 1, rect=parse_position(self.position)) if self.position else None


@dataclass(frozen=True, slots=True)
class NewDocument:
    """One document: where its bytes come from, and its groups of signatures in order."""

    document_uri: str
    groups: Sequence[Sequence[NewSignature]]
    display_name: str = ""
    document_uri_options: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_pdf(self) -> bool:
        """Whether it has to be a PDF: a signature is to go into it."""
        return not all(is_enveloping(signature.profile) for group in self.groups for signature in group)

    @property
    def is_data(self) -> bool:
        """Whether the address holds the bytes itself."""
        return self.document_uri[:5].lower() == "data:"


@dataclass(frozen=True, slots=True)
class NewTransaction:
    """A transaction as the caller asks for it; without `not_after` the organization's default applies."""

    documents: Sequence[NewDocument]
    title: str = ""
    not_after: datetime | None = None
    urlback: str = ""
    template_name: str = ""


@contextmanager
def at(path: str) -> Iterator[None]:
    """Have a refusal from below say where in the body the value stands."""
    try:
        yield
    except TooLarge as error:
        raise TooLarge(error.code, f"{path}: {error.message}") from None
    except SigilloError as error:
        raise Invalid(error.code, f"{path}: {error.message}") from None


def documents_of(new: NewTransaction) -> list[tuple[str, NewDocument]]:
    """The documents, each with its path in the body."""
    return [(f"documents[{order}]", document) for order, document in enumerate(new.documents)]


def signatures_of(path: str, document: NewDocument) -> list[tuple[str, NewSignature]]:
    """The signatures of a document, each with its path in the body."""
    return [
        (f"{path}.groups[{group}][{position}]", signature)
        for group, members in enumerate(document.groups)
        for position, signature in enumerate(members)
    ]


@dataclass(frozen=True, slots=True)
class Signers:
    """The users of the organization by their ids, and its groups by their names, as far as they were asked for."""

    users: Mapping[str, User]
    groups: Mapping[str, Group]


def check_wanted(new: NewTransaction, signers: Signers, http_options: Mapping[str, object]) -> None:
    """Refuse what can be seen to be wrong without any document. `http_options` are those of the credential.

    Raises:
        Invalid: a value is malformed, forbidden or too many; the message names it by its path in the body.
    """
    if not new.documents:
        raise Invalid("no_documents", "documents is empty; give at least one document.")
    count = sum(len(members) for document in new.documents for members in document.groups)
    if count > MAX_SIGNATURES:
        raise Invalid(
            "too_many_signatures",
            f"documents asks for {count} signatures; give at most {MAX_SIGNATURES} in one transaction.",
        )
    for path, document in documents_of(new):
        _check_document(path, document, http_options)
        for place, signature in signatures_of(path, document):
            _check_signature(place, signature, signers)
        _check_order(path, document)


def _check_document(path: str, document: NewDocument, http_options: Mapping[str, object]) -> None:
    if not document.groups or not all(document.groups):
        raise Invalid("no_signatures", f"{path}.groups needs at least one group, and each group a signature.")
    if document.is_data:
        return
    if len(document.document_uri) > 4000:
        raise Invalid("invalid_document_uri", f"{path}.document_uri is longer than 4000 characters.")
    if not document.document_uri.lower().startswith(("http://", "https://")):
        raise Invalid("invalid_document_uri", f"{path}.document_uri must be an http, https or data address.")
    with at(f"{path}.document_uri"):
        read_target(document.document_uri)
    with at(path):
        options_from(http_options, document.document_uri_options)


def _check_signature(path: str, signature: NewSignature, signers: Signers) -> None:
    if signature.signer_group:
        _check_group(path, signature.signer_group, signers.groups)
    else:
        _check_signer(path, signature.signer, signers.users)
    _check_profile(path, signature.profile)
    check_constraints(f"{path}.constraints", signature.constraints)
    _check_place(path, signature)


def _check_profile(path: str, profile: str) -> None:
    if profile not in PROFILES:
        known = ", ".join(PROFILES)
        raise Invalid("unknown_profile", f"{path}.profile {profile!r} is not available; use {known}.")
    if is_timestamped(profile) and not has_source():
        raise Invalid(
            "no_timestamp_authority",
            f"{path}.profile {profile!r} needs a time-stamping authority, and the operator of this installation has "
            "configured none.",
        )


def _check_order(path: str, document: NewDocument) -> None:
    """A signature enters a PDF before the PDF enters an envelope. Signatures of one group may come in any order."""
    enveloped = False
    for index, group in enumerate(document.groups):
        kinds = {is_enveloping(signature.profile) for signature in group}
        if len(kinds) > 1 or (enveloped and False in kinds):
            raise Invalid(
                "pades_after_cades",
                f"{path}.groups[{index}]: a CAdES signature puts the document into an envelope, and no PAdES signature "
                "can follow; put the PAdES signatures into earlier groups than the CAdES ones.",
            )
        enveloped = True in kinds


def _check_place(path: str, signature: NewSignature) -> None:
    with at(f"{path}.where.position"):
        _ = signature.placement
    if signature.placement and is_enveloping(signature.profile):
        raise Invalid(
            "no_place_in_envelope",
            f"{path}.where: a signature of the profile {signature.profile} is around the document and is seen on no "
            "page; leave where out.",
        )


def _check_signer(path: str, handle: str, users: Mapping[str, User]) -> None:
    user = users.get(handle)
    if user is None:
        raise Invalid("unknown_signer", f"{path}.signer: there is no user {handle!r}; create it first.")
    if user.status != User.Status.ENABLED:
        raise Invalid("disabled_signer", f"{path}.signer: the user {handle!r} is disabled.")


def _check_group(path: str, name: str, groups: Mapping[str, Group]) -> None:
    group = groups.get(name)
    if group is None:
        raise Invalid("unknown_signer_group", f"{path}.signer_group: there is no group {name!r}; create it first.")
    if not any(member.status == User.Status.ENABLED for member in group.members.all()):
        raise Invalid("empty_signer_group", f"{path}.signer_group: the group {name!r} has no enabled member; add one.")
