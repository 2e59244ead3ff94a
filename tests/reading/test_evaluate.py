"""The figures that a change of the reader is judged by."""

import json

import pytest

from bot.domain.errors import InvalidInput
from bot.reading.evaluate import FIGURES, evaluate, read_labelled
from bot.reading.reader import Reader
from bot.settings import shipped

LINE = {
    "id": "a", "lang": "ja", "context": "daily", "text": "息が苦しい", "intent": ["report"], "priority": ["emergency"],
    "values": {}, "present": ["dyspnea"], "absent": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def reader():
    return Reader.load(shipped("conversations") / "reading")


def rows(*changes):
    return list(read_labelled(json.dumps({**LINE, **change}) for change in changes))


def test_an_emergency_that_is_found_counts_for_its_language_and_for_all(reader):
    tallies = evaluate(rows({}), reader)
    assert set(tallies) == {"all", "ja"}
    assert tallies["all"].counts["emergencies found"] == [1, 1]
    assert tallies["ja"].share("emergencies passed over") == 0


def test_a_wrong_answer_is_listed_as_a_mistake(reader):
    quiet = {"text": "1", "priority": ["emergency"]}
    tally = evaluate(rows(quiet), reader)["all"]
    assert tally.counts["emergencies passed over"] == [1, 1]
    assert [want["text"] for want, _ in tally.mistakes] == ["1"]


def test_a_figure_without_a_case_has_no_share(reader):
    tally = evaluate(rows({}), reader)["all"]
    assert tally.share("urgent kept grave") is None
    assert set(tally.counts) == set(FIGURES)


def test_values_count_when_they_are_right_and_when_they_are_invented(reader):
    right = {"text": "2 37.8", "priority": ["none"], "present": [], "values": {"temperature": 37.8}}
    invented = {"text": "2 37.8", "priority": ["none"], "present": [], "values": {}}
    tally = evaluate(rows(right, invented), reader)["all"]
    assert tally.counts["values right"] == [1, 1]
    assert tally.counts["lines with an invented value"] == [1, 2]


@pytest.mark.parametrize(
    "change, field",
    [
        ({"context": "breakfast"}, "context"),
        ({"intent": []}, "intent"),
        ({"priority": ["grave"]}, "priority"),
        ({"present": ["sadness"]}, "present"),
        ({"values": {"pulse": 70}}, "values"),
        ({"text": None}, "text"),
    ],
)
def test_a_label_that_cannot_be_used_is_named_with_its_line(change, field):
    lines = [json.dumps(LINE), json.dumps({**LINE, **change})]
    with pytest.raises(InvalidInput, match=r"labels\.jsonl:2") as refusal:
        list(read_labelled(lines, "labels.jsonl"))
    assert refusal.value.field == field


def test_a_line_that_is_no_json_is_named():
    with pytest.raises(InvalidInput, match=":1"):
        list(read_labelled(["{"], "labels.jsonl"))
