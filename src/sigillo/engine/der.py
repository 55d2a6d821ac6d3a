"""The little of DER (X.690) that splicing takes; whole structures are asn1crypto's."""

SEQUENCE, SET, INTEGER, OCTETS = 0x30, 0x31, 0x02, 0x04


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
