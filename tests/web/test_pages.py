"""How moments, spans, ages and numbers are written; and the throttle."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.clock import FixedClock
from bot.domain.reading import Priority
from bot.web.console import throttle
from bot.web.console.access import Once
from bot.web.console.pages import age, dialled, moment, phone, span, waiting_title

NOON = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "minutes, words",
    [(-5, "1分未満"), (0, "1分未満"), (1, "1分"), (59, "59分"), (60, "1時間"), (65, "1時間5分"), (24 * 60, "1日"),
     (25 * 60 + 3, "1日1時間")],
)  # fmt: skip
def test_a_wait_is_told_as_a_person_would(minutes, words):
    assert span(timedelta(minutes=minutes)) == words


def test_moments_are_local():
    assert moment(NOON, "Asia/Tokyo") == "11月22日(日) 12:00"
    assert moment(NOON + timedelta(hours=12), "Asia/Tokyo") == "11月23日(月) 0:00"


def test_numbers_are_written_as_in_their_country_and_dialled_as_they_are():
    assert phone("+819012345678") == "090-1234-5678"
    assert phone("110") == "110"
    assert dialled("+81 90-1234-5678") == "+819012345678"


def test_an_age_is_in_full_years_and_empty_where_unknown():
    assert age(date(1944, 11, 23), date(2026, 11, 22)) == "81歳"
    assert age(None, date(2026, 11, 22)) == ""


@pytest.mark.parametrize(
    "counts, title",
    [({}, ""), ({Priority.ROUTINE: 2}, "(2) "), ({Priority.EMERGENCY: 1, Priority.ROUTINE: 2}, "(緊急1・全3) ")],
)
def test_the_tab_tells_how_many_wait(counts, title):
    assert waiting_title(counts) == title


def test_a_token_is_good_once():
    once, token = Once(), Once.token()
    assert [once.use(token), once.use(token), once.use("")] == [True, False, False]


def test_the_throttle_waits_a_quarter_of_an_hour_at_most_and_forgets_after_an_hour():
    clock = FixedClock(NOON)
    tries = throttle.LoginThrottle(clock)
    for _ in range(40):
        tries.failed("nurse", "10.0.0.1")
    assert tries.wait("nurse", "10.0.0.1") == throttle.LONGEST_WAIT
    assert tries.wait("nurse", "10.0.0.2") == timedelta()
    clock.set(NOON + throttle.FORGET_AFTER + timedelta(seconds=1))
    tries.failed("nurse", "10.0.0.1")
    assert tries.wait("nurse", "10.0.0.1") == timedelta()


def test_the_throttle_does_not_grow_without_end(monkeypatch):
    monkeypatch.setattr(throttle, "_MOST_KEYS", 10)
    tries = throttle.LoginThrottle(FixedClock(NOON))
    for number in range(100):
        tries.failed(f"guess{number}", "10.0.0.1")
    assert len(tries._tries) <= 10
