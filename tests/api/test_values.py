"""Single values, in every spelling that the contract accepts and in none that it does not."""

from datetime import UTC, datetime

import pytest

from sigillo.api.shapes.masks import masked_headers
from sigillo.api.values import check_web_address, read_identifier, read_moment
from sigillo.base.errors import Invalid, NotFound


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-10-17T07:26Z", datetime(2021, 10, 17, 7, 26, tzinfo=UTC)),
        ("2019-11-24T12:24:17.430Z", datetime(2019, 11, 24, 12, 24, 17, 430000, UTC)),
        ("2019-09-19T19:00:18.016304Z", datetime(2019, 9, 19, 19, 0, 18, 16304, UTC)),
        ("2021-10-17 07:26", datetime(2021, 10, 17, 7, 26, tzinfo=UTC)),
        ("2021-10-17T07:26:00+02:00", datetime(2021, 10, 17, 5, 26, tzinfo=UTC)),
        ("2021-10-17T07:26:00 -0530", datetime(2021, 10, 17, 12, 56, tzinfo=UTC)),
        ("2021-10-17", datetime(2021, 10, 17, tzinfo=UTC)),
    ],
)
def test_moments_are_read_as_utc(text: str, moment: datetime) -> None:
    assert read_moment("not_after", text) == moment


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "2021-13-01", "20211017", "2021-10-17x07:26", "٢٠٢١-10-17", "0001-01-01T00:00+10:00", "1e9"],
)
def test_what_is_no_moment_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid, match="not_after"):
        read_moment("not_after", text)


@pytest.mark.parametrize("text", ["", "http://a", "https://[::1]:8000/x?y=z", "http://ü.example/"])
def test_web_addresses(text: str) -> None:
    assert check_web_address("urlback", text) == text


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "//a",
        "http://",
        "ftp://a",
        "http://a b",
        "http://a\n",
        "http://a:99999",
        "http://[::1",
        "x",
    ],
)
def test_what_is_no_web_address_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid, match="urlback"):
        check_web_address("urlback", text)


@pytest.mark.parametrize("text", ["1", "not-a-uuid", "{737dc132-a3f0-11e9-a2a3-2a2ae2dbcce4}", "737dc132\0", ""])
def test_what_is_no_uuid_is_not_there(text: str) -> None:
    with pytest.raises(NotFound):
        read_identifier("document", text)


def test_headers_that_may_be_credentials_are_hidden() -> None:
    shown = masked_headers({"Content-Type": "application/json", "X-Api-Key": "secret", "Authorization": "Bearer x"})
    assert shown == {"Content-Type": "application/json", "X-Api-Key": "********", "Authorization": "********"}
