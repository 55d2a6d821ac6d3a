"""A PDF that is open for reading: objects are parsed when they are asked for (ISO 32000-2, 7.3.10)."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from sigillo.engine.pdf.crossref import OBJECT, STREAM, CrossReference
from sigillo.engine.pdf.malformed import Malformed
from sigillo.engine.pdf.sections import Packed, Plain
from sigillo.engine.pdf.streams import decode
from sigillo.engine.pdf.syntax import Dictionary, Name, Ref, Source, Value, read_value

MAX_HOPS = 32
"""References that may point to references before the file counts as looping."""
MAX_STRUCTURE = 256 << 20
"""Bytes that all structural streams of a document together may decode to."""
MAX_PACKED = 1_000_000
"""Objects that one object stream may hold."""


class Place(NamedTuple):
    """The raw bytes of one object: they start at `at` in `source`.

    `packed` tells that they come from an object stream, where strings are not encrypted one by one.
    """

    source: Source
    at: int
    generation: int
    packed: bool


class Cipher(Protocol):
    """What an encrypted document needs: strings and streams are ciphered under an object's number (7.6)."""

    def decrypt_string(self, ref: Ref, data: bytes) -> bytes:
        """The plain bytes of a string of the object `ref`."""

    def decrypt_stream(self, ref: Ref, data: bytes, filters: Value) -> bytes:
        """The plain bytes of a stream of the object `ref`, whose /Filter is `filters`. Raises Malformed."""

    def encrypt_string(self, ref: Ref, data: bytes) -> bytes:
        """The bytes that stand for a plain string in the object `ref`."""

    def encrypt_stream(self, ref: Ref, data: bytes) -> bytes:
        """The bytes that stand for a plain stream in the object `ref`."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An object stream after decoding (7.5.7)."""

    data: bytes
    numbers: list[int]
    offsets: list[int]


class Document:
    """The objects of one revision of a file.

    `source` holds the bytes; `tail`, where given, are bytes that follow them (an increment not yet
    appended). Values come back as `syntax` describes; a missing object is None. Raises Malformed, but where
    the cross-reference was `rebuilt`, a damaged object counts as missing: there is nothing better to be found.
    """

    def __init__(
        self,
        source: Source,
        crossref: CrossReference,
        *,
        tail: bytes = b"",
        rebuilt: bool = False,
    ) -> None:
        self.source = source
        self.crossref = crossref
        self.tail = tail
        self.rebuilt = rebuilt
        self.cipher: Cipher | None = None
        self._values: dict[int, Value] = {}
        self._unpacked: dict[int, Unpacked | Malformed] = {}
        self._room = MAX_STRUCTURE

    @property
    def trailer(self) -> Dictionary:
        """The newest trailer dictionary (7.5.5)."""
        return self.crossref.trailer

    @property
    def root(self) -> Ref:
        """The reference of the document catalog."""
        root = self.trailer.get("Root")
        if not isinstance(root, Ref):
            raise Malformed("no_catalog", "The file does not say where its document catalog is.")
        return root

    @property
    def catalog(self) -> Dictionary:
        """The document catalog (7.7.2)."""
        catalog = self.get(self.root)
        if not isinstance(catalog, dict):
            raise Malformed("no_catalog", "The document catalog of the file is missing or damaged.")
        return catalog

    def get(self, value: Value) -> Value:
        """What `value` stands for: itself, or the object it refers to. A stream gives its dictionary."""
        for _ in range(MAX_HOPS):
            if not isinstance(value, Ref):
                return value
            value = self._load(value)
        raise Malformed("looping_reference", "An object of the file refers to itself.")

    def settle(self, ref: Ref) -> Ref:
        """The last reference of a chain of references: the one whose object is no reference itself."""
        for _ in range(MAX_HOPS):
            value = self._load(ref)
            if not isinstance(value, Ref):
                return ref
            ref = value
        raise Malformed("looping_reference", "An object of the file refers to itself.")

    def dictionary(self, value: Value) -> Dictionary | None:
        """The dictionary that `value` stands for, or None where it is something else."""
        found = self.get(value)
        return found if isinstance(found, dict) else None

    def array(self, value: Value) -> list[Value] | None:
        """The array that `value` stands for, or None where it is something else."""
        found = self.get(value)
        return found if isinstance(found, list) else None

    def locate(self, ref: Ref) -> Place | None:
        """The raw bytes of the object, or None where there is no such object."""
        entry = self.crossref.entry(ref.number)
        if isinstance(entry, Plain):
            return self._locate_plain(ref, entry)
        if isinstance(entry, Packed):
            return self._locate_packed(ref, entry)
        return None

    def stream_data(self, ref: Ref) -> bytes:
        """The decoded content of a structural stream."""
        place = self.locate(ref)
        if place is None or place.packed:
            raise Malformed("missing_stream", "A stream that the file needs is missing.")
        value, end = read_value(place.source, place.at)
        begins = STREAM.match(place.source, end)
        if not isinstance(value, dict) or begins is None:
            raise Malformed("missing_stream", "A stream that the file needs is something else.")
        filters = self._resolved(value.get("Filter"))
        data = self._raw_stream(place.source, begins.end(), value)
        if self.cipher is not None and value.get("Type") != Name("XRef"):
            data = self.cipher.decrypt_stream(Ref(ref.number, place.generation), data, filters)
        decoded = decode(data, filters, self._resolved(value.get("DecodeParms")))
        self._room -= len(decoded)
        if self._room < 0:
            raise Malformed("oversized_stream", f"The structure of the file is larger than {MAX_STRUCTURE} bytes.")
        return decoded

    def _raw_stream(self, source: Source, at: int, dictionary: Dictionary) -> bytes:
        length = self.get(dictionary.get("Length"))
        stated = length if isinstance(length, int) and length >= 0 else 0
        if source[at + stated : at + stated + 12].lstrip(b"\x00\t\n\x0c\r ").startswith(b"endstream"):
            return source[at : at + stated]
        end = source.find(b"endstream", at)
        return source[at : end if end >= 0 else len(source)]

    def _resolved(self, value: Value) -> Value:
        """`value` with the references of its first two levels followed, as filters and parameters need."""
        value = self.get(value)
        if isinstance(value, list):
            return [self._resolved_entries(self.get(item)) for item in value]
        return self._resolved_entries(value)

    def _resolved_entries(self, value: Value) -> Value:
        return {key: self.get(item) for key, item in value.items()} if isinstance(value, dict) else value

    def _load(self, ref: Ref) -> Value:
        if ref.number in self._values:
            return self._values[ref.number]
        try:
            value = self._parse(ref)
        except Malformed:
            if not self.rebuilt:
                raise
            value = None
        self._values[ref.number] = value
        return value

    def _parse(self, ref: Ref) -> Value:
        place = self.locate(ref)
        if place is None:
            return None
        value, _ = read_value(place.source, place.at)
        if self.cipher is not None and not place.packed and ref != self.trailer.get("Encrypt"):
            value = decrypted(value, self.cipher, Ref(ref.number, place.generation))
        return value

    def _locate_plain(self, ref: Ref, entry: Plain) -> Place:
        at = entry.offset
        source: Source = self.source
        if at >= len(self.source):
            source, at = self.tail, at - len(self.source)
        header = OBJECT.match(source, at)
        if header is None or int(header.group(1)) != ref.number:
            raise Malformed("misplaced_object", f"Object {ref.number} is not where the cross-reference says.")
        return Place(source, header.end(), int(header.group(2)), packed=False)

    def _locate_packed(self, ref: Ref, entry: Packed) -> Place | None:
        holder = self.unpacked(entry.stream)
        index = entry.position
        if not (index < len(holder.numbers) and holder.numbers[index] == ref.number):
            if ref.number not in holder.numbers:
                return None
            index = holder.numbers.index(ref.number)
        return Place(holder.data, holder.offsets[index], 0, packed=True)

    def unpacked(self, number: int) -> Unpacked:
        """The object stream `number`, decoded once. Raises Malformed, each time the same."""
        known = self._unpacked.get(number)
        if known is None:
            try:
                known = self._unpack(number)
            except Malformed as error:
                known = error
            self._unpacked[number] = known
        if isinstance(known, Malformed):
            raise known
        return known

    def _unpack(self, number: int) -> Unpacked:
        holder = Ref(number, 0)
        if not isinstance(self.crossref.entry(number), Plain):
            raise Malformed("misplaced_object", f"Object stream {number} is not where the cross-reference says.")
        dictionary = self._load(holder)
        if not isinstance(dictionary, dict) or dictionary.get("Type") != Name("ObjStm"):
            raise Malformed("misplaced_object", f"Object {number} should be an object stream and is not.")
        count, first = self.get(dictionary.get("N")), self.get(dictionary.get("First"))
        if not isinstance(count, int) or not isinstance(first, int) or not 0 <= count <= MAX_PACKED:
            raise Malformed("damaged_stream", f"Object stream {number} does not say what it holds.")
        data = self.stream_data(holder)
        heads = [int(word) for word in data[:first].split() if word.isdigit()][: 2 * count]
        pairs = list(zip(heads[::2], heads[1::2], strict=False))
        return Unpacked(data, [held for held, _ in pairs], [first + offset for _, offset in pairs])

    def packing_streams(self, limit: int) -> list[int]:
        """The numbers of the object streams that hold one of the first `limit` objects."""
        entries = self.crossref.index(limit).values()
        return list(dict.fromkeys(entry.stream for entry in entries if isinstance(entry, Packed)))


def decrypted(value: Value, cipher: Cipher, ref: Ref) -> Value:
    """`value` with its strings in clear; /Contents of a signature never was ciphered (7.6.2)."""
    if isinstance(value, bytes):
        return cipher.decrypt_string(ref, value)
    if isinstance(value, list):
        return [decrypted(item, cipher, ref) for item in value]
    if isinstance(value, dict):
        signature = "ByteRange" in value
        return {
            key: item if signature and key == "Contents" else decrypted(item, cipher, ref)
            for key, item in value.items()
        }
    return value
