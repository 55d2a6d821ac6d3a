"""Whether octets are DER all the way down: definite lengths of the fewest bytes, sets in order (X.690, 10 and 11)."""

from itertools import pairwise

from sigillo.engine.der import SET, header, read_header, split


def assert_der(value: bytes) -> None:
    """Raises AssertionError, or ValueError, where one value inside is another encoding."""
    tag, begin, size = read_header(value, 0)
    assert value[:begin] == header(tag, size)
    assert begin + size == len(value)
    if tag & 0x20:
        inside = list(split(value[begin:]))
        assert tag != SET or all(one <= other for one, other in pairwise(inside))
        for each in inside:
            assert_der(each)
