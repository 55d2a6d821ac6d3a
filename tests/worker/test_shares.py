"""Shares of a stock: half for one, and always something for whoever comes next."""

from uuid import uuid4

from sigillo.worker.shares import Portion, Shares

A, B, C = uuid4(), uuid4(), uuid4()


def _take_all(shares: Shares, *parties: object) -> list[int]:
    taken = dict.fromkeys(parties, 0)
    hungry = True
    while hungry:
        hungry = False
        for party in parties:
            if shares.take(party):  # type: ignore[arg-type]
                taken[party] += 1
                hungry = True
    return list(taken.values())


def test_one_party_gets_half_and_two_a_third_each() -> None:
    assert _take_all(Shares(64), A) == [32]
    assert _take_all(Shares(63), A, B) == [21, 21]


def test_who_comes_last_still_gets_something() -> None:
    shares = Shares(8)
    assert _take_all(shares, A) == [4]
    assert _take_all(shares, B) == [2]
    assert _take_all(shares, C) == [1]
    assert shares.left == 1
    assert shares.sated() == {A, B, C}
    assert shares.take(uuid4())
    assert shares.left == 0


def test_what_is_given_back_can_be_taken_again() -> None:
    shares = Shares(4)
    _take_all(shares, A)
    assert shares.sated() == {A}
    shares.give_back(A)
    assert shares.sated() == set()
    assert shares.take(A)
    shares.give_back(A, 2)
    assert (shares.left, shares.sated()) == (4, set())


def test_a_portion_goes_back_as_a_whole() -> None:
    shares = Shares(1000)
    portion, other = Portion(shares, A), Portion(shares, A)
    assert portion.take(300)
    assert other.take(300)
    assert not portion.take(1), "600 are as much as is left, and more"
    assert Portion(shares, B).take(100)
    portion.give_back()
    assert (shares.left, portion.held) == (600, 0)
    assert other.take(1)
