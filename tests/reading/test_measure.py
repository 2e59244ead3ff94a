"""Floors under the figures that the reader reaches on samples that nothing was learned from."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from bot.domain.reading import RED_FLAGS, Context, Priority
from bot.reading.classifier import Weights
from bot.reading.evaluate import evaluate, read_labelled
from bot.reading.shelf import WEIGHTS
from bot.training import load_labelled
from tests.reading.conftest import LEXICON

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


HELD_OUT = {
    "held-out-ja": {
        "emergencies found": 0.96, "urgent kept grave": 0.92, "quiet ones left quiet": 0.96, "opt-outs obeyed": 0.98,
        "intent right": 0.95, "values right": 0.95, "present codes found": 0.92, "red flags claimed rightly": 0.95,
        "negated red flags seen": 0.95,
    },
    "held-out-other": {
        "emergencies found": 0.92, "urgent kept grave": 0.88, "quiet ones left quiet": 0.95, "opt-outs obeyed": 0.98,
        "intent right": 0.92, "values right": 0.98, "present codes found": 0.88, "red flags claimed rightly": 0.92,
        "negated red flags seen": 0.9,
    },
}  # fmt: skip
MOST = {
    "held-out-ja": {"emergencies passed over": 0, "urgent passed over": 0.02, "quiet ones asked back": 0.08},
    "held-out-other": {"emergencies passed over": 0.025, "urgent passed over": 0.03, "quiet ones asked back": 0.1},
}


@pytest.fixture(scope="module")
def tallies(reader):
    files = {name: Path(__file__).parent / "data" / f"{name}.jsonl" for name in HELD_OUT}
    return {
        name: evaluate(read_labelled(file.read_text(encoding="utf-8").splitlines(), name), reader)["all"]
        for name, file in files.items()
    }


@pytest.mark.parametrize("name, figure", [(name, figure) for name, floors in HELD_OUT.items() for figure in floors])
def test_replies_of_independent_writers_are_read_as_well_as_the_goal_asks(tallies, name, figure):
    assert tallies[name].share(figure) >= HELD_OUT[name][figure]


@pytest.mark.parametrize("name, figure", [(name, figure) for name, most in MOST.items() for figure in most])
def test_what_goes_wrong_with_them_stays_rare(tallies, name, figure):
    assert tallies[name].share(figure) <= MOST[name][figure]
    assert tallies[name].counts["opt-outs invented"][0] == 0
    assert tallies[name].share("lines with an invented value") <= 0.005


def test_nothing_is_learned_from_the_sample_that_only_measures():
    sample = {alike(row["text"]) for row in ROWS}
    assert not [row["id"] for row in load_labelled(LEXICON) if alike(row["text"]) in sample]


def alike(text):
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def test_the_shipped_weights_were_made_from_the_shipped_labelled_replies(reader):
    folder = Path(__file__).parents[2] / "conversations" / "reading" / "labelled"
    files = [file for file in folder.glob("*.jsonl") if file.name != "reviewed.jsonl"]  # a house's own, not shipped
    rows = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    grave = {row["id"] for row in rows if set(row["priority"]) <= GRAVE and not reader.sample(row).by_number}
    examples = Weights.from_bytes(reader.files[WEIGHTS]).examples
    made_from = {example.partition(":")[0] for example in examples if not example.startswith("reviewed-")}
    assert made_from == grave, "run: mimamori triage train"
    assert len(rows) >= 5_000
