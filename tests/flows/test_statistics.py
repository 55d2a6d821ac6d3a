"""SQLite is told how much there is, once for as long as that stays much the same."""

from django.db import connection

from sigillo.flows.statistics import refresh_statistics
from sigillo.organizations.models import User
from tests.support.world import House


def known() -> dict[str, int]:
    """By index, how many rows the database believes it to have."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT idx, stat FROM sqlite_stat1 WHERE tbl = 'organizations_user'")
        return {index: int(stat.split()[0]) for index, stat in cursor.fetchall()}


def add(house: House, *numbers: int) -> None:
    User.objects.bulk_create(User(organization=house.organization, handle=f"u{number}") for number in numbers)


def test_tables_are_looked_at_when_they_have_grown(acme: House) -> None:
    found = refresh_statistics()
    if connection.vendor != "sqlite":
        assert found == 0
        return
    assert found > 0
    users = User.objects.count()
    assert known()["user_oldest"] == users
    add(acme, 1)
    refresh_statistics()
    assert known()["user_oldest"] == users
    add(acme, *range(2, 20 * users))
    assert refresh_statistics() > 0
    assert known()["user_oldest"] == User.objects.count()
