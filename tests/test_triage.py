"""``mimamori triage`` as a person and as a program uses it."""

import json

from typer.testing import CliRunner

from bot.cli import app
from bot.settings import shipped

RUN = CliRunner()


def test_a_reply_is_explained_in_words():
    result = RUN.invoke(app, ["triage", "息するのがえらい", "--context", "daily"])
    assert result.exit_code == 0
    assert "emergency" in result.output
    assert "119" in result.output
    assert "red_flag:dyspnea" in result.output


def test_lines_of_json_come_out_as_the_scorer_expects_them():
    lines = [
        {"id": "a", "context": "daily", "text": "2 ３７．８", "lang": "ja"},
        {"id": "b", "context": "consent", "text": "はい"},
    ]
    result = RUN.invoke(app, ["triage", "--jsonl"], input="\n".join(map(json.dumps, lines)))
    first, second = map(json.loads, result.output.splitlines())
    assert (first["id"], first["intent"], first["values"]) == ("a", "report", {"temperature": 37.8})
    assert (second["intent"], second["understood"]) == ("consent_yes", True)
    keys = {"id", "intent", "priority", "understood", "values", "present", "absent", "evidence"}
    assert set(first) == keys


def test_a_line_that_is_wrong_does_not_stop_the_others():
    result = RUN.invoke(app, ["triage", "--jsonl"], input='{"id": 1}\n{"id": "b", "context": "daily", "text": "1"}\n')
    wrong, right = map(json.loads, result.output.splitlines())
    assert wrong["line"] == 1
    assert right["id"] == "b"


def test_neither_a_text_nor_lines_is_told():
    result = RUN.invoke(app, ["triage"])
    assert result.exit_code == 2


def test_labelled_replies_are_measured_and_mistakes_listed(tmp_path):
    row = {"id": "x1", "lang": "ja", "context": "daily", "text": "1", "intent": ["report"], "priority": ["urgent"],
           "values": {}, "present": [], "absent": []}  # fmt: skip
    file = tmp_path / "labels.jsonl"
    file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    result = RUN.invoke(app, ["triage", "evaluate", str(file)])
    assert result.exit_code == 0
    assert "urgent passed over" in result.output
    assert "x1" in result.output


def test_every_shipped_labelled_reply_can_be_read():
    from bot.reading.evaluate import read_labelled

    files = sorted((shipped("conversations") / "reading" / "labelled").glob("*.jsonl"))
    assert files
    ids = []
    for file in files:
        with file.open(encoding="utf-8") as lines:
            ids += [row["id"] for row in read_labelled(lines, file.name)]
    assert len(ids) == len(set(ids)) > 4000
