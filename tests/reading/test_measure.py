"""Floors under the figures that the reader reaches on the labelled sample (used to measure, never to learn from)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.domain.reading import RED_FLAGS, Context, Priority

ROWS = [
    json.loads(line) for line in (Path(__file__).parent / "data" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
]
GRAVE = {"emergency", "urgent"}


@pytest.fixture(scope="module")
def readings(reader):
    return [(row, reader.read(row["text"], Context(row["context"]))) for row in ROWS]


def share(hits):
    hits = list(hits)
    return sum(hits) / len(hits)


def only(readings, *priorities):
    return [(row, reading) for row, reading in readings if set(row["priority"]) <= set(priorities)]


def test_priorities_and_intents_are_right(readings):
    assert share(reading.priority.value in row["priority"] for row, reading in readings) >= 0.98
    assert share(reading.intent.value in row["intent"] for row, reading in readings) >= 0.98


def test_emergencies_are_found_and_none_is_passed_over(readings):
    emergencies = only(readings, "emergency")
    assert share(reading.priority is Priority.EMERGENCY for _, reading in emergencies) >= 0.98
    assert all(reading.priority.value in GRAVE or not reading.understood for _, reading in emergencies)


def test_urgent_replies_stay_grave(readings):
    assert share(reading.priority.value in GRAVE for _, reading in only(readings, "urgent")) >= 0.97


def test_quiet_replies_are_left_quiet_and_rarely_asked_back(readings):
    quiet = only(readings, "none", "routine")
    assert share(reading.priority.value not in GRAVE for _, reading in quiet) >= 0.98
    assert share(not reading.understood for row, reading in quiet if row["intent"] != ["other"]) <= 0.05


def test_opt_outs_are_exact(readings):
    for row, reading in readings:
        if row["intent"] == ["opt_out"]:
            assert reading.intent.value == "opt_out"
        elif "opt_out" not in row["intent"]:
            assert reading.intent.value != "opt_out"


def test_values_are_exact_and_none_is_invented(readings):
    wanted, right, invented = 0, 0, 0
    for row, reading in readings:
        got = {"temperature": reading.temperature, "spo2": reading.spo2}
        for key, number in row["values"].items():
            wanted += 1
            right += got[key] is not None and abs(got[key] - number) < 0.05
        invented += any(number is not None and key not in row["values"] for key, number in got.items())
    assert right / wanted >= 0.98
    assert invented <= 1


def test_red_flags_are_claimed_rightly(readings):
    alike = {"unconscious": "confusion"}
    claims = [
        alike.get(code, code) in {alike.get(one, one) for one in row["present"]}
        for row, reading in readings
        for code in set(reading.present) & RED_FLAGS
    ]
    assert share(claims) >= 0.95
