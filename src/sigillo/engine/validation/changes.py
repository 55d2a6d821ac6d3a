"""What one signed revision changed in the one before: a list of permitted kinds, and everything else.

It is a white list. Each object that is not what it was must be explained by the place where it is used and by
the entries in which it differs; an explanation that would need trust in the author of the change is none. An
object that appears is harmless only where nothing signed had referred to it before it existed.
"""

from collections.abc import Iterator, Sequence

from pyhanko.pdf_utils import generic

from sigillo.engine.validation.compared import Change, Kind, Pair, differing, identical, other
from sigillo.engine.validation.form_changes import FormChanges
from sigillo.engine.validation.references import Mentions, holders
from sigillo.engine.validation.revision import PdfObject, Revision, number_of, raw

CATALOG_MAY_CHANGE = frozenset({"/AcroForm", "/DSS", "/Extensions", "/Metadata", "/Version"})
INFO_MAY_CHANGE = frozenset({"/ModDate", "/Producer", "/Creator", "/CreationDate"})
DSS_ENTRIES = frozenset({"/Type", "/VRI", "/Certs", "/CRLs", "/OCSPs"})
VRI_ENTRIES = frozenset({"/Type", "/Cert", "/CRL", "/OCSP", "/TU", "/TS"})


def compare(old: Revision, new: Revision, mentions: Mentions) -> tuple[Change, ...]:
    """Everything that `new` changes in `old`, each change once."""
    pair = Pair(old, new)
    changes = [*_trailer(pair), *_catalog(pair), *_evidence(pair)]
    form = FormChanges(pair)
    changes += form.read()
    _explain_arrays_and_pages(pair, form.approved)
    changes += _unexplained(pair, mentions)
    return tuple(dict.fromkeys(changes))


def _trailer(pair: Pair) -> Iterator[Change]:
    old, new = pair.old, pair.new
    if old.root_number != new.root_number:
        yield other("the document was given another catalog")
    if not identical(raw(old.trailer, "/Encrypt"), raw(new.trailer, "/Encrypt")):
        yield other("the encryption of the document was changed")
    was, now = (revision.dictionary(raw(revision.trailer, "/Info")) for revision in (old, new))
    if differing(was, now) - INFO_MAY_CHANGE:
        yield other("the document information was changed")
    pair.explain(raw(old.trailer, "/Info"))


def _catalog(pair: Pair) -> Iterator[Change]:
    old, new = pair.old.root, pair.new.root
    for key in sorted(differing(old, new) - CATALOG_MAY_CHANGE):
        yield other(f"the entry {key} of the document's catalog was changed")
    pair.explained.add(pair.old.root_number)
    if not pair.only_adds(raw(old, "/Extensions"), raw(new, "/Extensions")):
        yield other("the entry /Extensions of the document's catalog was changed")
    version = raw(new, "/Version")
    if version is not None and not isinstance(version, generic.NameObject):
        yield other("the entry /Version of the document's catalog was changed")
    # XMP is not shown on a page, unless the same stream is used for something that is.
    metadata = number_of(raw(old, "/Metadata"))
    if metadata in pair.overridden and holders(pair.old, metadata) == {(pair.old.root_number, "/Metadata")}:
        pair.explained.add(metadata)


def _evidence(pair: Pair) -> Iterator[Change]:
    """The document security store may grow: certificates, CRLs, OCSP answers (ISO 32000-2, 12.8.4.3)."""
    was, now = (revision.dictionary(raw(revision.root, "/DSS")) for revision in (pair.old, pair.new))
    if now is None:
        if was is not None:
            yield other("the document security store was removed")
        return
    if not _is_store(pair.new, now):
        yield other("the document security store holds something else than evidence")
        return
    owned = {pair.old.root_number, *_store_numbers(pair.old, was)} if was is not None else set()
    touched = owned & pair.overridden - {pair.old.root_number}
    for number in touched:
        if {holder for holder, _ in holders(pair.old, number)} <= owned:
            pair.explained.add(number)
    if touched or differing(was, now):
        yield Change(Kind.EVIDENCE, "", "evidence for long-term validation was added")


def _is_store(revision: Revision, store: PdfObject) -> bool:
    records = revision.get(store, "/VRI")
    names = list(records) if isinstance(records, generic.DictionaryObject) else []
    entries = [revision.dictionary(raw(records, name)) for name in names]
    return (
        set(store) <= DSS_ENTRIES
        and all(_are_streams(revision, raw(store, key)) for key in ("/Certs", "/CRLs", "/OCSPs"))
        and all(entry is not None and set(entry) <= VRI_ENTRIES for entry in entries)
        and all(_are_streams(revision, raw(entry, key)) for entry in entries for key in ("/Cert", "/CRL", "/OCSP"))
    )


def _are_streams(revision: Revision, value: PdfObject) -> bool:
    elements = revision.array(value)
    return all(isinstance(revision.resolve(element), generic.StreamObject) for element in elements)


def _store_numbers(revision: Revision, store: PdfObject) -> Iterator[int]:
    """The objects that make up the store, its streams apart: those may never be overwritten."""
    records = revision.dictionary(raw(store, "/VRI"))
    entries = [raw(records, name) for name in records or ()]
    parts = [raw(revision.root, "/DSS"), raw(store, "/VRI"), *entries]
    parts += [raw(store, key) for key in ("/Certs", "/CRLs", "/OCSPs")]
    for entry in entries:
        parts += [raw(revision.dictionary(entry), key) for key in ("/Cert", "/CRL", "/OCSP")]
    yield from (number for number in map(number_of, parts) if number is not None)


def _explain_arrays_and_pages(pair: Pair, approved: set[int]) -> None:
    """Lists that only gain the widgets of approved signature fields, and pages that do in their /Annots.

    An array may be used in several places; such widgets are harmless in each: no pages and no streams.
    """
    for number in pair.overridden - pair.explained:
        was, now = pair.old.at(number), pair.new.at(number)
        if isinstance(was, generic.ArrayObject) and isinstance(now, generic.ArrayObject):
            if _only_gains(_elements(was), _elements(now), approved):
                pair.explained.add(number)
        elif _is_plain(was) and _is_plain(now) and differing(was, now) <= {"/Annots"}:
            before, after = pair.old.array(raw(was, "/Annots")), pair.new.array(raw(now, "/Annots"))
            if _only_gains(before, after, approved):
                pair.explained.add(number)


def _elements(array: PdfObject) -> list[PdfObject]:
    return [array.raw_get(index) for index in range(len(array))]


def _only_gains(before: Sequence[PdfObject], after: Sequence[PdfObject], approved: set[int]) -> bool:
    kept = [element for element in after if number_of(element) not in approved]
    return len(kept) == len(before) and all(map(identical, before, kept))


def _is_plain(value: PdfObject) -> bool:
    return isinstance(value, generic.DictionaryObject) and not isinstance(value, generic.StreamObject)


def _unexplained(pair: Pair, mentions: Mentions) -> Iterator[Change]:
    for number in sorted(pair.removed):
        yield other(f"{_describe(pair.old.at(number), number)} was removed")
    for number in sorted(pair.overridden - pair.explained):
        if not _is_plumbing(pair, number):
            yield other(f"{_describe(pair.old.at(number), number)} was changed")
    for number in sorted(pair.added | pair.overridden):
        if pair.new.is_ambiguous(number):
            yield other(f"object {number} was written so that viewers read it differently")
    for number in sorted(pair.added):
        generation = pair.new.places[number].generation
        if mentions.before(number, generation, pair.old):
            yield other(f"object {number}, to which the signed bytes refer but which they left open, was filled in")


def _is_plumbing(pair: Pair, number: int) -> bool:
    """Streams that hold cross-references or objects, where nothing uses them as anything else."""
    kinds = {raw(value, "/Type") for value in (pair.old.at(number), pair.new.at(number)) if isinstance(value, dict)}
    return bool(kinds) and kinds <= {"/XRef", "/ObjStm"} and not holders(pair.old, number)


def _describe(value: PdfObject, number: int) -> str:
    """What an object is to a reader of the document, as far as it says so itself."""
    if not isinstance(value, generic.DictionaryObject):
        return f"object {number}"
    kind = str(raw(value, "/Type") or raw(value, "/Subtype") or "").removeprefix("/")
    if isinstance(value, generic.StreamObject):
        return f"the {kind or 'content'} stream {number}"
    return f"the {kind} object {number}" if kind else f"object {number}"
