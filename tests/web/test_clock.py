"""The demo's clock: durations that people write, and a clock that survives a restart."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.errors import InvalidInput
from bot.web.demo.clock import DemoClock
from bot.web.demo.clockwork import LONGEST_ADVANCE, parse_duration

PARTS = st.tuples(st.integers(0, 400), st.integers(0, 9999), st.integers(0, 999_999), st.integers(0, 99_999_999))
ALMOST = st.text(st.sampled_from("0123456789dhms -+.１"), max_size=12)


@given(PARTS)
def test_a_duration_is_the_sum_of_its_parts(numbers):
    text = "".join(f"{number}{unit}" for number, unit in zip(numbers, "dhms", strict=True) if number)
    days, hours, minutes, seconds = numbers
    meant = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if timedelta(0) < meant <= LONGEST_ADVANCE:
        assert parse_duration(text) == meant
    else:
        with pytest.raises(InvalidInput):
            parse_duration(text)


@given(st.one_of(ALMOST, st.text(), st.integers(), st.none(), st.floats(), st.lists(st.text())))
@example("1d1000000s")
@example("1d100000000s")
@example("9" * 5000 + "h")
def test_whatever_is_written_is_a_sensible_duration_or_refused(text):
    try:
        duration = parse_duration(text)
    except InvalidInput:
        return
    assert timedelta(0) < duration <= LONGEST_ADVANCE
    digits = "".join(char if char.isdigit() else " " for char in text).split()
    assert all(int(number) <= LONGEST_ADVANCE.total_seconds() for number in digits), "no part was left out"
    assert sum(map(int, digits)) <= duration.total_seconds()


@pytest.mark.parametrize(
    "text, duration",
    [
        ("15h30m", timedelta(hours=15, minutes=30)),
        ("2d", timedelta(days=2)),
        ("90m", timedelta(minutes=90)),
        ("366d", timedelta(days=366)),
        ("1d2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ],
)
def test_durations_as_people_write_them(text, duration):
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", "0h", "h", "1", "30m1h", "1h 30m", "-1h", "1.5h", "367d", "1h\n", "1000000d", 5, None]
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(InvalidInput) as refusal:
        parse_duration(text)
    assert refusal.value.field == "advance"


def test_a_new_demo_begins_at_ten_in_the_morning(tmp_path):
    now = DemoClock(tmp_path / "clock.json", "Asia/Tokyo").now().astimezone(ZoneInfo("Asia/Tokyo"))
    assert time(10, 0) <= now.time() < time(10, 1)


def test_the_clock_runs_on_where_it_was_after_a_restart(tmp_path):
    clock = DemoClock(tmp_path / "clock.json", "Asia/Tokyo")
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    clock.run_from(moment)
    assert moment <= clock.now() < moment + timedelta(minutes=1)
    again = DemoClock(tmp_path / "clock.json", "Asia/Tokyo")
    assert clock.now() <= again.now() < moment + timedelta(minutes=1)


def test_a_clock_that_is_held_stands_still(tmp_path):
    clock = DemoClock(tmp_path / "clock.json", "Asia/Tokyo")
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    clock.hold(moment)
    assert [clock.now() for _ in range(3)] == [moment] * 3


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"ahead_seconds": "soon"}', '{"ahead_seconds": 1e300}', "null"])
def test_a_damaged_clock_file_is_as_none(tmp_path, content):
    (tmp_path / "clock.json").write_text(content)
    now = DemoClock(tmp_path / "clock.json", "Asia/Tokyo").now().astimezone(ZoneInfo("Asia/Tokyo"))
    assert now.hour == 10
