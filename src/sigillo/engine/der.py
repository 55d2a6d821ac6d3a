"""The little of DER (X.690) that splicing takes; whole structures are asn1crypto's."""

from collections.abc import Iterator

SEQUENCE, SET, INTEGER, OCTETS, IDENTIFIER = 0x30, 0x31, 0x02, 0x04, 0x06


def header(tag: int, size: int) -> bytes:
    """Tag and definite length of the fewest bytes (X.690, 10.1), for a value of `size` bytes."""
    if size < 0x80:
        return bytes((tag, size))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length


def tlv(tag: int, value: bytes) -> bytes:
    """A value with its tag and length."""
    return header(tag, len(value)) + value


def sequence(*values: bytes) -> bytes:
    """A SEQUENCE of finished values."""
    return tlv(SEQUENCE, b"".join(values))


def set_of(*values: bytes) -> bytes:
    """A SET OF finished values, in ascending order of their encodings (X.690, 11.6)."""
    return tlv(SET, b"".join(sorted(values)))


def read_header(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, offset of the value, and its size, of the value whose header stands at `at`.

    Raises ValueError where there is no header of one tag byte and a definite length.
    """
    if at + 2 > len(data):
        raise ValueError("a value is cut short")
    tag, size = data[at], data[at + 1]
    if tag & 0x1F == 0x1F or size in (0x80, 0xFF):
        raise ValueError("a value has a long tag or an indefinite length")
    if size < 0x80:
        return tag, at + 2, size
    begin = at + 2 + (size & 0x7F)
    if begin > len(data):
        raise ValueError("a length is cut short")
    return tag, begin, int.from_bytes(data[at + 2 : begin], "big")


def split(data: bytes) -> Iterator[bytes]:
    """The values that `data` is made of, one after another, whole. Raises ValueError where it is not."""
    at = 0
    while at < len(data):
        _, begin, size = read_header(data, at)
        if begin + size > len(data):
            raise ValueError("a value is cut short")
        yield data[at : begin + size]
        at = begin + size


class Steps:
    """A way down into nested values, from the first byte of `data`, which may end anywhere inside of one."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def enter(self, tag: int) -> int:
        """Step into the value that begins here; the offset at which it ends. Raises ValueError for another one."""
        found, begin, size = read_header(self._data, self.at)
        if found != tag:
            raise ValueError("another structure")
        self.at = begin
        return begin + size

    def skip(self, tag: int) -> bytes:
        """Step over the value that begins here; the whole of it."""
        start = self.at
        self.at = self.enter(tag)
        return self._data[start : self.at]
