from __future__ import annotations

import json

from bot.domain.reading import Context
from bot.reading.explain import explain
from bot.reading.jsonl import run, to_json


def test_a_reading_is_written_as_the_scorer_expects_it(reader):
    row = to_json("a", reader.read("2 ３７．８ 喉いたい", Context.DAILY), "2 ３７．８ 喉いたい")
    assert (row["id"], row["intent"], row["priority"], row["understood"]) == ("a", "report", "none", True)
    assert row["values"] == {"temperature": 37.8}
    assert row["present"] == ["sore_throat"]
    assert {"start": 2, "end": 6, "text": "３７．８", "rule": "value:temperature"} in row["evidence"]


def test_the_keyword_help_is_written_as_a_question(reader):
    assert to_json("a", reader.read("HELP", Context.FREE), "HELP")["intent"] == "question"


def test_an_invalid_line_is_told_and_the_next_ones_are_read(reader):
    lines = [
        '{"id":"1","context":"daily","text":"1"}',
        "{",
        '{"id":"3"}',
        '{"id":"4","context":"nowhere","text":"1"}',
        "[]",
        '{"id":"6","context":"daily","text":7}',
        '{"id":"7","context":["daily"],"text":"1"}',
        "",
        '{"id":"8","context":"daily","text":"\\ud800","lang":"ja"}',
    ]
    answers = [json.loads(line) for line in run(lines, reader)]
    assert [answer.get("line") for answer in answers] == [None, 2, 3, 4, 5, 6, 7, None]
    assert [answer["id"] for answer in answers] == ["1", None, "3", "4", None, "6", "7", "8"]
    assert answers[2]["error"] == "text is missing (a string)."
    assert answers[2]["error_ja"] == "text がありません(文字列)。"
    assert "consent, daily" in answers[3]["error"]


def test_a_reading_is_explained_with_the_words_that_decided(reader):
    words = explain(reader.read("息が苦しい 37.8", Context.DAILY), "息が苦しい 37.8")
    for part in ("emergency", "dyspnea", "37.8", "息が苦し"):
        assert part in words
