"""Quiet hours: when the program may text of its own accord."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.quiet import QuietHours

TOKYO = "Asia/Tokyo"
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
ROUND_MOMENTS = st.builds(
    datetime.combine, st.dates(date(2020, 1, 1), date(2029, 12, 31)), TIMES, st.just(ZoneInfo(TOKYO))
)
MOMENTS = ROUND_MOMENTS | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
HOURS = st.builds(QuietHours, TIMES, TIMES)
A_MOMENT = timedelta(microseconds=1)


def is_quiet(hours, moment):
    """Walks round the clock from the start of the quiet hours instead of comparing times."""
    minutes = lambda clock: clock.hour * 60 + clock.minute  # noqa: E731
    length = (minutes(hours.end) - minutes(hours.start)) % (24 * 60)
    since = (minutes(moment.astimezone(ZoneInfo(TOKYO)).time()) - minutes(hours.start)) % (24 * 60)
    return since < length


@given(HOURS, MOMENTS)
def test_what_waits_is_sent_at_the_first_moment_that_is_allowed(hours, moment):
    due = hours.next_allowed(moment, TOKYO)
    assert not is_quiet(hours, due)
    if is_quiet(hours, moment):
        assert due > moment
        assert is_quiet(hours, due - A_MOMENT)
        assert due - moment <= timedelta(days=1)
    else:
        assert due == moment


@given(HOURS, st.sampled_from(["start", "end"]), st.dates(date(2020, 1, 1), date(2029, 12, 31)))
def test_the_first_moment_is_quiet_and_the_last_is_not(hours, end, day):
    moment = datetime.combine(day, getattr(hours, end), ZoneInfo(TOKYO))
    waits = hours.next_allowed(moment, TOKYO) != moment
    assert waits == (end == "start" and hours.start != hours.end)


@pytest.mark.parametrize(
    "clock, day, due",
    [
        (time(20, 59, 59), 10, time(20, 59, 59)),
        (time(21, 0), 11, time(8, 0)),
        (time(23, 59, 59), 11, time(8, 0)),
        (time(0, 0), 10, time(8, 0)),
        (time(7, 59, 59, 999999), 10, time(8, 0)),
        (time(8, 0), 10, time(8, 0)),
    ],
)
def test_the_night_is_from_nine_to_eight(clock, day, due):
    moment = datetime.combine(date(2022, 9, 10), clock, ZoneInfo(TOKYO))
    local = QuietHours().next_allowed(moment, TOKYO).astimezone(ZoneInfo(TOKYO))
    assert (local.day, local.time()) == (day, due)
