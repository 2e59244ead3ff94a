"""The small chart of temperature and SpO2."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.web.console.chart import HEIGHT, WIDTH, chart

FIRST = date(2026, 11, 1)


def report(day, temperature=None, spo2=None):
    return {"local_date": FIRST + timedelta(days=day), "temperature": temperature, "spo2": spo2}


def test_nothing_told_is_no_chart():
    assert chart([], 37.5, 95) is None
    assert chart([report(0)], 37.5, 95) is None


def test_values_beyond_the_threshold_are_grave():
    drawn = chart([report(0, 37.5, 96), report(1, 37.4, 95)], 37.5, 95)
    temperature, spo2 = drawn.lines
    assert [point.grave for point in temperature.points] == [True, False]
    assert [point.grave for point in spo2.points] == [False, True]


def test_a_quantity_that_nobody_told_has_no_line():
    assert [line.title for line in chart([report(0, 36.5)], 37.5, 95).lines] == ["体温 ℃"]


def test_higher_is_higher_and_later_is_further_right():
    [line] = chart([report(0, 36.5), report(2, 38.5)], 37.5, 95).lines
    assert line.points[0].y > line.points[1].y
    assert line.points[0].x < line.points[1].x


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(25, 45), st.integers(40, 100)), min_size=1, max_size=30))
def test_whatever_was_told_stays_inside_the_picture(values):
    rows = [report(day, round(temperature, 1), spo2) for day, temperature, spo2 in sorted(values)]
    drawn = chart(rows, 37.5, 95)
    for line in drawn.lines:
        assert len(line.marks) < 12
        for point in line.points:
            assert 0 <= point.x <= WIDTH
            assert 0 <= point.y <= HEIGHT
