"""``mimamori triage train``: from the labelled replies to weights, with refusals."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.domain.errors import InvalidInput
from bot.domain.reading import Context, Priority, Reading
from bot.reading.reader import Reader
from bot.settings import shipped
from bot.training import Change, load_labelled, train, write_weights

pytestmark = pytest.mark.slow(seconds=50)  # together: they stay side by side, and share what one of them makes
RUN = CliRunner()
EVERY, SELDOM = 6, 24  # parts of the labelled replies keep the tests quick


@pytest.fixture(scope="module")
def rows():
    return load_labelled(shipped("conversations") / "reading")[::EVERY]


@pytest.fixture(scope="module")
def few():
    """Enough where it does not matter how good the weights are."""
    return load_labelled(shipped("conversations") / "reading")[::SELDOM]


@pytest.fixture(scope="module")
def conversations(tmp_path_factory, few):
    """A conversations folder with rules and a few labelled replies, and no weights."""
    folder = tmp_path_factory.mktemp("conversations") / "reading"
    (folder / "labelled").mkdir(parents=True)
    for path in (shipped("conversations") / "reading").glob("*.yaml"):
        shutil.copy(path, folder)
    lines = (json.dumps(row, ensure_ascii=False) for row in few)
    (folder / "labelled" / "some.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder.parent


@pytest.fixture(scope="module")
def trained(conversations, rows):
    return train(Reader.load(conversations / "reading"), rows, lambda _: None)


def test_weights_raise_and_never_lower_what_the_rules_find(conversations, rows, trained):
    rules = Reader.load(conversations / "reading")
    both = rules.with_weights(trained.weights.to_bytes())
    for row in rows:
        alone = rules.read(row["text"], Context(row["context"]))
        together = both.read(row["text"], Context(row["context"]))
        assert together.priority.rank >= alone.priority.rank
        assert (together.temperature, together.spo2, together.present) == (alone.temperature, alone.spo2, alone.present)


def test_what_the_weights_decide_names_the_nearest_labelled_replies(conversations, rows, trained):
    examples = {f"like:{row['id']}:{' '.join(row['text'].split())[:60]}" for row in rows}
    raised = [change.new for change in trained.changes if change.new.priority is not change.old.priority]
    assert raised
    for reading in raised:
        assert any(mark.rule in examples for mark in reading.evidence)
        assert not reading.understood


def test_figures_are_told_for_all_each_language_and_each_red_flag(trained):
    assert {"all", "ja", "en", "+dyspnea", "+suicide"} <= trained.unseen.keys()
    assert trained.unseen["all"].counts["intent right"][1] == trained.in_use["all"].counts["intent right"][1]


def test_training_writes_weights_that_the_reader_then_uses(conversations):
    before = Reader.load(conversations / "reading").version
    result = RUN.invoke(app, ["triage", "train", "--conversations", str(conversations)])
    assert result.exit_code == 0, result.output
    assert "cross-validated" in result.output
    assert (conversations / "reading" / "weights.bin").exists()
    assert Reader.load(conversations / "reading").version != before
    (conversations / "reading" / "weights.bin").unlink()


def test_a_dry_run_writes_nothing(conversations):
    result = RUN.invoke(app, ["triage", "train", "--dry-run", "--conversations", str(conversations)])
    assert result.exit_code == 0, result.output
    assert not (conversations / "reading" / "weights.bin").exists()


def test_weights_that_miss_an_emergency_which_the_present_ones_find_are_refused(conversations, few, tmp_path):
    """The present weights know one strange cry by heart; the new ones have never seen it."""
    shutil.copytree(conversations, tmp_path / "conversations")
    folder = tmp_path / "conversations" / "reading"
    strange = {
        **few[0],
        "lang": "ja",
        "context": "free",
        "values": {},
        "present": [],
        "absent": [],
        "intent": ["report"],
    }
    cries = [
        {
            **strange,
            "id": f"cry-{number}",
            "text": f"もぞらもぞらぬかるむ{'んねえわよ'[number % 5]}",
            "priority": ["emergency"],
        }
        for number in range(40)
    ]
    present = train(Reader.load(folder), [*few, *cries], lambda _: None)
    write_weights(folder, present.weights)
    assert Reader.load(folder).read(cries[0]["text"], Context.FREE).priority is Priority.EMERGENCY
    kept = (folder / "weights.bin").read_bytes()
    with (folder / "labelled" / "some.jsonl").open("a", encoding="utf-8") as lines:
        lines.write("\n" + json.dumps(cries[0], ensure_ascii=False))
        for number in range(60):
            quiet = {**strange, "id": f"calm-{number}", "text": cries[0]["text"], "priority": ["none"]}
            lines.write("\n" + json.dumps(quiet, ensure_ascii=False))
    result = RUN.invoke(app, ["triage", "train", "--conversations", str(folder.parent)])
    assert isinstance(result.exception, InvalidInput)
    assert "cry-0" in result.output
    assert (folder / "weights.bin").read_bytes() == kept


def test_an_id_that_stands_twice_is_named_with_both_files(conversations, tmp_path):
    twice = tmp_path / "more.jsonl"
    twice.write_text(
        (conversations / "reading" / "labelled" / "some.jsonl").read_text("utf-8").splitlines()[0], "utf-8"
    )
    with pytest.raises(InvalidInput, match=r"more\.jsonl: the id .* some\.jsonl"):
        load_labelled(conversations / "reading", [twice])


def test_a_folder_that_cannot_be_written_is_named(tmp_path, trained):
    with pytest.raises(InvalidInput, match=r"Cannot write .*weights\.bin"):
        write_weights(tmp_path / "nowhere", trained.weights)


@pytest.mark.parametrize(
    "old, new, misses",
    [
        (Priority.EMERGENCY, Priority.URGENT, True),
        (Priority.EMERGENCY, Priority.EMERGENCY, False),
        (Priority.URGENT, Priority.NONE, True),
        (Priority.NONE, Priority.NONE, False),
    ],
)
def test_missing_means_an_emergency_that_was_found_is_found_no_more(rows, old, new, misses):
    row = {**rows[0], "priority": ["emergency"]}
    change = Change(row, *(Reading(intent="report", priority=priority) for priority in (old, new)))
    assert change.misses is misses
    assert not Change({**row, "priority": ["none"]}, change.old, change.new).misses
