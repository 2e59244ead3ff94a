"""What a day's budget lets go, and how prices are read."""

from decimal import Decimal

import pytest

from bot.domain.budget import Budget, Level, Spent, parse_price, stops

KINDS = ("answer", "scheduled", "emergency", "staff", "farewell")


@pytest.mark.parametrize(
    "segments, level, stopped",
    [
        (79, Level.FREE, set()),
        (80, Level.WARNED, set()),
        (99, Level.WARNED, set()),
        (100, Level.USED_UP, {"scheduled"}),
        (199, Level.USED_UP, {"scheduled"}),
        (200, Level.CEILING, {"scheduled", "answer", "staff", "farewell"}),
    ],
)
def test_what_stops_when_how_much_is_used(segments, level, stopped):
    found = Budget(segments=100).level({"JPY": Spent(10, segments, 0)}, lifted=False)
    assert found is level
    assert {kind for kind in KINDS if stops(found, kind)} == stopped


def test_a_person_can_lift_it():
    found = Budget(segments=100).level({"JPY": Spent(10, 500, 0)}, lifted=True)
    assert not any(stops(found, kind) for kind in KINDS)


def test_segments_and_money_count_each_and_only_money_of_its_currency():
    budget = Budget(segments=100, money=Decimal(300), currency="JPY")
    assert budget.share({"JPY": Spent(1, 10, 240_000), "USD": Spent(1, 20, 9_000_000)}) == pytest.approx(0.8)
    assert budget.share({"JPY": Spent(1, 10, 0), "USD": Spent(1, 80, 0)}) == pytest.approx(0.9)


def test_without_a_budget_nothing_stops():
    assert Budget().level({"JPY": Spent(10, 10**6, 10**9)}, lifted=False) is Level.FREE


@pytest.mark.parametrize(
    "price, read",
    [
        ("3.30 JPY", (3300, "JPY")),
        ("-0.0075 USD", (8, "USD")),
        ("0 JPY", (0, "JPY")),
        ("", None),
        ("3.30", None),
        ("NaN JPY", None),
        ("Infinity JPY", None),
        ("1e99 JPY", None),
        ("三円 JPY", None),
        ("3 yen", None),
    ],
)
def test_a_price_is_read_with_its_currency(price, read):
    assert parse_price(price) == read
