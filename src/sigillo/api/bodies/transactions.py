"""POST signature-transactions: documents, their groups in order, and the signatures of each group."""

from typing import Annotated, Literal

from msgspec import Meta

from sigillo.api.bodies.fields import (
    IGNORED,
    Address,
    Body,
    Headers,
    Ignored,
    Markdown,
    Text150,
    Text200,
    Text300,
    Text500,
    Text1000,
    given,
)
from sigillo.api.bodies.transaction_fields import (
    AtLeastOne,
    BySomebody,
    Deadline,
    DocumentUri,
    Method,
    Placed,
    Position,
    Profile,
)
from sigillo.api.values import check_web_address, read_moment
from sigillo.base.errors import Invalid
from sigillo.flows.create_transaction import NewDocument, NewSignature, NewTransaction
from sigillo.transactions.constraints import parse_constraints

DEFAULT_PROFILE = "pades-bes"
PageNumber = Annotated[int, Meta(ge=1, le=2**31 - 1)]
ConstraintTexts = Annotated[dict[Text200, Text500], Meta(max_length=50)]


class WhereBody(Body):
    """Where a signature is seen; without it, it is not."""

    page: PageNumber | None = None
    position: Position | None = None


class SignatureBody(Body):
    """One signature that is wanted."""

    signer: Text150 | None = None
    signer_group: Text200 | None = None
    profile: Profile | None = None
    display_name: Text300 | None = None
    reason: Text1000 | None = None
    description: Markdown | None = None
    declinable: bool | None = None
    urlback: Address | None = None
    where: Annotated[WhereBody | None, Placed] = None
    constraints: ConstraintTexts | Annotated[str, Meta(max_length=10_000)] | None = None
    # The two below say what every pades-bes signature of ours is; any other wish is refused by name.
    pades_subfilter: Literal["ETSI.CAdES.detached"] | None = None
    signing_time: Literal["pdf"] | None = None

    id: Ignored = IGNORED
    signature_ticket: Ignored = IGNORED
    automatic: Ignored = IGNORED
    decline_url: Ignored = IGNORED
    description_html: Ignored = IGNORED
    status: Ignored = IGNORED
    declined: Ignored = IGNORED
    decline_reason: Ignored = IGNORED

    def to_new(self, path: str) -> NewSignature:
        """What the flow wants to know; `path` names this signature in messages."""
        page, position = self._place(path)
        signer, group = self._signers(path)
        return NewSignature(
            signer=signer,
            signer_group=group,
            profile=self.profile or DEFAULT_PROFILE,
            display_name=self.display_name or "",
            reason=self.reason or "",
            description=self.description or "",
            declinable=self.declinable is not False,
            urlback=check_web_address(f"{path}.urlback", self.urlback or ""),
            page=page,
            position=position,
            constraints=self._constraints(),
        )

    def _signers(self, path: str) -> tuple[str, str]:
        """The id of a user, or the name of a group: `signer_group`, or a `signer` that begins with @."""
        group = self.signer_group or ""
        signer = self.signer or ""
        if signer.startswith("@") and group in ("", signer[1:]):
            signer, group = "", signer[1:]
        if signer and group:
            raise Invalid("two_signers", f"{path}: give signer or signer_group, and not both.")
        if not signer and not group:
            raise Invalid("missing_field", f"{path}.signer is missing; it is required, or signer_group.")
        return signer, group

    def _place(self, path: str) -> tuple[int | None, str]:
        where = self.where or WhereBody()
        if where.page is not None and not where.position:
            raise Invalid("missing_field", f"{path}.where.position is missing; write rect: x1, y1, x2, y2.")
        if not where.position:
            return None, ""
        return where.page or 1, where.position

    def _constraints(self) -> dict[str, str]:
        return parse_constraints(self.constraints) if isinstance(self.constraints, str) else self.constraints or {}


class UriOptionsBody(Body):
    """How a document is fetched; overrides the token's `http_options`."""

    method: Method | None = None
    headers: Headers | None = None


class DocumentBody(Body):
    """One document: where it comes from and who signs it."""

    document_uri: DocumentUri
    groups: Annotated[list[Annotated[list[Annotated[SignatureBody, BySomebody]], AtLeastOne]], AtLeastOne]
    display_name: Text500 | None = None
    document_uri_options: UriOptionsBody | None = None

    id: Ignored = IGNORED
    document: Ignored = IGNORED
    preview: Ignored = IGNORED
    warnings: Ignored = IGNORED

    def to_new(self, path: str) -> NewDocument:
        """What the flow wants to know; `path` names this document in messages."""
        options = self.document_uri_options
        return NewDocument(
            document_uri=self.document_uri,
            display_name=self.display_name or "",
            document_uri_options=given(options, "method", "headers") if options else {},
            groups=[
                [signature.to_new(f"{path}.groups[{index}][{position}]") for position, signature in enumerate(group)]
                for index, group in enumerate(self.groups)
            ],
        )


class TransactionBody(Body):
    """A new signature transaction."""

    documents: Annotated[list[DocumentBody], AtLeastOne]
    title: Text500 | None = None
    not_after: Deadline | None = None
    urlback: Address | None = None
    template_name: Text200 | None = None

    id: Ignored = IGNORED
    created_by: Ignored = IGNORED
    status: Ignored = IGNORED
    created: Ignored = IGNORED
    reason: Ignored = IGNORED
    reason_code: Ignored = IGNORED
    reason_detail: Ignored = IGNORED

    def to_new(self) -> NewTransaction:
        """What the flow wants to know."""
        return NewTransaction(
            documents=[document.to_new(f"documents[{order}]") for order, document in enumerate(self.documents)],
            title=self.title or "",
            not_after=read_moment("not_after", self.not_after) if self.not_after else None,
            urlback=check_web_address("urlback", self.urlback or ""),
            template_name=self.template_name or "",
        )
