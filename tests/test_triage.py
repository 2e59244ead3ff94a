"""``mimamori triage`` as a person and as a program uses it."""

import asyncio
import json

from typer.testing import CliRunner

from bot.cli import app
from bot.scripts.stage import Resident
from bot.settings import shipped
from bot.storage.database import Database
from bot.storage.keys import Keyring
from bot.storage.readings import latest_replies
from tests.support.house import START, open_house

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
    assert (wrong["line"], wrong["id"]) == (1, "1")
    assert wrong["error"] == "text is missing (a string)."
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


async def told(folder, monkeypatch, *arguments):
    """What ``triage reread`` says of a data folder, and its exit code."""
    monkeypatch.setenv("MIMAMORI_DATA_DIR", str(folder))
    monkeypatch.setenv("MIMAMORI_DATABASE_URL", f"sqlite:///{folder / 'mimamori.db'}")
    result = await asyncio.to_thread(RUN.invoke, app, ["triage", "reread", *arguments])
    return result.output, result.exit_code


async def test_stored_replies_are_read_again_without_a_name_a_number_or_a_text(tmp_path, monkeypatch):
    async with open_house(f"sqlite:///{tmp_path / 'mimamori.db'}", tmp_path) as house:
        await house.enrol(Resident("山田 太郎", "ヤマダ タロウ", "+819012345678", "ja", START.date()))
        for text in ("はい", "2 37.8 山田です", "息が苦しい"):
            await house.send("+819012345678", text)
        async with house.service.database.read() as tx:
            ids = [reply.id for reply in await latest_replies(tx, "main", 9)]
    output, code = await told(tmp_path, monkeypatch)
    assert code == 0
    assert output.count("同じ / same  今の規則") == 3
    assert not [secret for secret in ("山田", "9012345678", "37.8", "息が") if secret in output]
    output, code = await told(tmp_path, monkeypatch, str(ids[0]))
    assert (output.count("#"), f"#{ids[0]} " in output, code) == (1, True, 0)
    database = Database(f"sqlite:///{tmp_path / 'mimamori.db'}", Keyring.load_or_create(tmp_path / "keys.json"))
    async with database.write() as tx:  # as if another program had read it
        wrong = json.dumps([{"intent": "thanks", "priority": "none", "version": house.service.reader.version}])
        await tx.run(tx.t.inbox.update().where(tx.t.inbox.c.id == ids[0]).values(reading=wrong))
    await database.close()
    output, code = await told(tmp_path, monkeypatch, "--latest", "1")
    assert "違う / differs: thanks:none → report:emergency" in output
    assert code == 1


def test_every_shipped_labelled_reply_can_be_read():
    from bot.reading.evaluate import read_labelled

    files = sorted((shipped("conversations") / "reading" / "labelled").glob("*.jsonl"))
    assert files
    ids = []
    for file in files:
        with file.open(encoding="utf-8") as lines:
            ids += [row["id"] for row in read_labelled(lines, file.name)]
    assert len(ids) == len(set(ids)) >= 5000
