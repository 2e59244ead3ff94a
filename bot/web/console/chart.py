"""A small chart of the days' temperature and SpO2, as coordinates for an SVG without any style attribute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

WIDTH, HEIGHT = 320, 132
_LEFT, _RIGHT, _TOP, _BOTTOM = 30, 8, 10, 22
_MOST_DAYS = 14


@dataclass(frozen=True, slots=True)
class Point:
    """A value at its place in the picture; ``grave`` where it is beyond the program's threshold."""

    x: float
    y: float
    label: str
    grave: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One quantity over the days. ``marks`` are (y, label) of the scale, ``limit`` is the y of its threshold."""

    title: str
    points: list[Point]
    path: str
    marks: list[tuple[float, str]]
    limit: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Both lines above the same days; ``days`` are (x, label)."""

    width: int
    height: int
    left: int
    right: int
    lines: list[Line]
    days: list[tuple[float, str]]


def chart(reports: Sequence[Mapping[str, Any]], fever: float, spo2_limit: int) -> Chart | None:
    """A chart of a resident's reports (oldest first); None where no value was told."""
    told = [row for row in reports if row["temperature"] is not None or row["spo2"] is not None]
    if not told:
        return None
    last = told[-1]["local_date"]
    first = max(told[0]["local_date"], last - timedelta(days=_MOST_DAYS - 1))
    across = _scale_days(first, max(last, first + timedelta(days=4)))
    shown = [row for row in told if row["local_date"] >= first]
    lines = [
        _line("体温 ℃", shown, "temperature", across, _temperature_scale(shown), (fever, lambda value: value >= fever)),
        _line("SpO2 %", shown, "spo2", across, _spo2_scale(shown), (spo2_limit, lambda value: value <= spo2_limit)),
    ]
    days = [(across(row["local_date"]), f"{row['local_date'].month}/{row['local_date'].day}") for row in shown]
    spread = days[:: max(1, (len(days) + 6) // 7)]
    return Chart(WIDTH, HEIGHT, _LEFT, WIDTH - _RIGHT, [line for line in lines if line.points], spread)


def _line(  # what a line is drawn from
    title: str,
    rows: Sequence[Mapping[str, Any]],
    field: str,
    across: Callable[[date], float],
    scale: tuple[float, float, float],
    limit: tuple[float, Callable[[float], bool]],
) -> Line:
    low, high, step = scale

    def up(value: float) -> float:
        return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (high - value) / (high - low), 1)

    points = [
        Point(across(row["local_date"]), up(row[field]), f"{row[field]:g}", limit[1](row[field]))
        for row in rows
        if row[field] is not None
    ]
    path = " ".join(f"{'L' if number else 'M'}{point.x} {point.y}" for number, point in enumerate(points))
    count = int((high - low) / step)
    marks = [(up(low + step * number), f"{low + step * number:g}") for number in range(count + 1)]
    return Line(title, points, path, marks, up(min(max(limit[0], low), high)))


def _scale_days(first: date, last: date) -> Callable[[date], float]:
    width = (WIDTH - _LEFT - _RIGHT - 20) / max((last - first).days, 1)
    return lambda day: round(_LEFT + 10 + width * (day - first).days, 1)


def _temperature_scale(rows: Sequence[Mapping[str, Any]]) -> tuple[float, float, float]:
    values = [row["temperature"] for row in rows if row["temperature"] is not None] or [37.0]
    low, high = min(35, int(min(values))), max(40, int(max(values)) + 1)
    return float(low), float(high), float(max(1, (high - low) // 5))


def _spo2_scale(rows: Sequence[Mapping[str, Any]]) -> tuple[float, float, float]:
    values = [row["spo2"] for row in rows if row["spo2"] is not None] or [97]
    low = min(90, min(values) // 10 * 10)
    return float(low), 100.0, float((100 - low) // 5)
