"""A manager accepts an entry as a labelled example, or declines it."""

import asyncio
import json
from dataclasses import replace

import pytest

from bot.corrections import review as review_room
from bot.corrections.examples import Examples, ExamplesUnwritable
from bot.corrections.labels import Labels
from bot.corrections.review import Example
from bot.domain.errors import InvalidInput, NotFound, Refused
from bot.reading.evaluate import read_labelled
from bot.storage.corrections import find_mark

TEXT = "2 37.4 階段で休み休みです"
QUIET = "2 36.4 昨日と同じで変わりありません"
"""Read as none, whatever is learned."""


def example(entry, **changes):
    labels = replace(Labels.from_dict(entry["wanted"]), **changes.pop("labels", {}))
    return Example(**{
        "text": entry["text"], "language": entry["language"], "context": entry["context"], "labels": labels, **changes
    })  # fmt: skip


def lines(conversations):
    path = conversations / "reading" / "labelled" / "reviewed.jsonl"
    return list(read_labelled(path.read_text(encoding="utf-8").splitlines())) if path.exists() else []


async def rows(house, table):
    async with house.service.database.read() as tx:
        return [dict(row) for row in await tx.all(getattr(tx.t, table).select())]


async def test_an_accepted_entry_is_a_line_that_evaluate_reads(corrections, marked, conversations):
    entry = await marked(TEXT)
    edited = example(entry, text="2 37.4 坂道で休み休みです", labels={"priority": ("urgent", "emergency")})
    assert await corrections.review.accept(entry["id"], "manager", edited) == "reviewed-0001"
    assert lines(conversations) == [{
        "id": "reviewed-0001", "lang": "ja", "context": "daily", "text": "2 37.4 坂道で休み休みです",
        "intent": ["report"], "priority": ["urgent", "emergency"], "values": {"temperature": 37.4},
        "present": [], "absent": [],
    }]  # fmt: skip


async def test_what_led_to_the_resident_is_forgotten_once_it_is_an_example(corrections, marked, house):
    entry = await marked(TEXT)
    assert entry["mark_id"] is not None
    await corrections.review.accept(entry["id"], "manager", example(entry))
    (row,) = await rows(house, "corrections")
    assert (row["mark_id"], row["state"], row["decided_by"], row["example_id"]) == (
        None, "accepted", "manager", "reviewed-0001",
    )  # fmt: skip
    (mark,) = await rows(house, "reading_marks")
    assert mark["state"] == "accepted"
    last = (await rows(house, "audit"))[-1]
    assert (last["action"], last["conversation_id"]) == ("correction_accepted", None)


async def test_ids_go_on_counting_and_never_come_twice(corrections, marked, conversations):
    for number in (1, 2):
        entry = await marked(f"{QUIET}。{number}回目")
        assert await corrections.review.accept(entry["id"], "manager", example(entry)) == f"reviewed-000{number}"
    (conversations / "reading" / "labelled" / "reviewed.jsonl").unlink()
    entry = await marked(f"{QUIET}。ほかの文")
    assert await corrections.review.accept(entry["id"], "manager", example(entry)) == "reviewed-0003"


async def test_the_same_example_is_kept_once_and_another_label_for_it_is_refused(corrections, marked, conversations):
    for _ in range(2):
        entry = await marked(TEXT)
        assert await corrections.review.accept(entry["id"], "manager", example(entry)) == "reviewed-0001"
    assert len(lines(conversations)) == 1
    entry = await marked(TEXT, "emergency")
    with pytest.raises(Refused, match="reviewed-0001"):
        await corrections.review.accept(entry["id"], "manager", example(entry))
    assert len((await corrections.review.waiting(1)).entries) == 1


async def test_an_entry_is_decided_once(corrections, marked):
    entry = await marked(TEXT)
    await corrections.review.accept(entry["id"], "manager", example(entry))
    with pytest.raises(Refused, match="already"):
        await corrections.review.accept(entry["id"], "manager", example(entry))
    with pytest.raises(Refused, match="already"):
        await corrections.review.decline(entry["id"], "manager", "やはり見送り")
    with pytest.raises(Refused):
        await corrections.review.reopen(entry["id"], "manager")


async def test_what_was_declined_can_be_opened_again(corrections, marked, house):
    entry = await marked(TEXT)
    await corrections.review.decline(entry["id"], "manager", "読み取りどおり")
    waiting = await corrections.review.waiting(1)
    assert (waiting.entries, waiting.decided[0]["reason"]) == ([], "読み取りどおり")
    await corrections.review.reopen(entry["id"], "manager")
    waiting = await corrections.review.waiting(1)
    assert ([row["id"] for row in waiting.entries], waiting.decided) == ([entry["id"]], [])
    (mark,) = await rows(house, "reading_marks")
    assert (mark["state"], mark["reason"]) == ("open", None)


async def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_half_done(
    corrections, marked, conversations, house
):
    entry = await marked(TEXT)
    (conversations / "reading" / "labelled").write_text("a file where the folder would be", encoding="utf-8")
    before = await rows(house, "corrections")
    with pytest.raises(ExamplesUnwritable) as told:
        await corrections.review.accept(entry["id"], "manager", example(entry))
    assert "何も変わっていません" in told.value.ja
    assert "Nothing has changed" in told.value.en
    assert await rows(house, "corrections") == before
    (conversations / "reading" / "labelled").unlink()
    assert await corrections.review.accept(entry["id"], "manager", example(entry)) == "reviewed-0001"


async def test_cut_off_after_the_line_was_written_the_entry_is_open_and_accepting_it_again_does_not_double_the_line(
    corrections, marked, conversations, monkeypatch
):
    entry = await marked(TEXT)

    async def cut_off(*_values, **_more):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(review_room, "decide", cut_off)
        with pytest.raises(ZeroDivisionError):
            await corrections.review.accept(entry["id"], "manager", example(entry))
    assert len(lines(conversations)) == 1
    assert (await corrections.review.entry(entry["id"]))["state"] == "open"
    assert await corrections.review.accept(entry["id"], "manager", example(entry)) == "reviewed-0001"
    assert len(lines(conversations)) == 1


@pytest.mark.parametrize(
    "changes", [{"text": ""}, {"text": " \n"}, {"text": "あ" * 2001}, {"text": "\x00"}, {"language": "xx"},
                {"context": "later"}, {"labels": {"priority": ()}}, {"labels": {"intent": ()}}],
)  # fmt: skip
async def test_an_example_that_could_not_be_read_back_is_refused(corrections, marked, conversations, changes):
    entry = await marked(TEXT)
    with pytest.raises(InvalidInput):
        await corrections.review.accept(entry["id"], "manager", example(entry, **changes))
    assert lines(conversations) == []


@pytest.mark.parametrize("reason", ["", "あ" * 301, "\x07"])
async def test_declining_needs_a_reason(corrections, marked, reason):
    entry = await marked(TEXT)
    with pytest.raises(InvalidInput):
        await corrections.review.decline(entry["id"], "manager", reason)


async def test_an_entry_that_was_taken_back_meanwhile_is_gone(corrections, replied, marked, house):
    entry = await marked(TEXT)
    (mark,) = await rows(house, "reading_marks")
    await corrections.marking.unmark(mark["conversation_id"], mark["inbox_id"], "nurse")
    with pytest.raises(NotFound):
        await corrections.review.accept(entry["id"], "manager", example(entry))
    async with house.service.database.read() as tx:
        assert await find_mark(tx, mark["inbox_id"]) is None


async def test_two_managers_at_once_make_one_example(corrections, marked, conversations):
    entry = await marked(TEXT)
    both = (corrections.review.accept(entry["id"], name, example(entry)) for name in ("manager", "admin"))
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(map(type, outcomes), key=str) == sorted([str, Refused], key=str)
    assert len(lines(conversations)) == 1


async def test_a_mark_that_is_changed_while_it_is_decided_loses(corrections, marked, replied, house):
    entry = await marked(TEXT)
    (mark,) = await rows(house, "reading_marks")
    where = mark["conversation_id"], mark["inbox_id"]
    again = Labels(("emergency",), ("report",))
    outcomes = await asyncio.gather(
        corrections.review.accept(entry["id"], "manager", example(entry)),
        corrections.marking.mark(*where, "nurse", again),
        return_exceptions=True,
    )
    (mark,) = await rows(house, "reading_marks")
    (left,) = await rows(house, "corrections")
    accepted = outcomes[0] == "reviewed-0001"
    assert isinstance(outcomes[1], Refused) if accepted else isinstance(outcomes[0], NotFound)
    assert mark["state"] == left["state"] == ("accepted" if accepted else "open")


async def test_a_long_list_comes_in_pages(corrections, marked, monkeypatch):
    ids = [(await marked(f"{QUIET}。{number}回目"))["id"] for number in range(2)]
    monkeypatch.setattr(review_room, "PAGE", 1)
    first, last = await corrections.review.waiting(1), await corrections.review.waiting(99)
    assert (first.total, first.page, first.pages, [row["id"] for row in first.entries]) == (2, 1, 2, ids[:1])
    assert (last.page, [row["id"] for row in last.entries]) == (2, ids[1:])


def test_lines_of_others_stay_as_they_are_and_a_broken_one_hinders_nobody(conversations):
    folder = conversations / "reading" / "labelled"
    folder.mkdir()
    path = folder / "reviewed.jsonl"
    path.write_text('{"id": "reviewed-0007", "text": "x", "context": "daily"}\nnot json', encoding="utf-8")
    labels = Labels(("none",), ("report",))
    assert Examples(conversations).add(labels, "ja", "daily", "1 です", []) == "reviewed-0008"
    first, broken, added = path.read_text(encoding="utf-8").splitlines()
    assert (json.loads(first)["id"], broken, json.loads(added)["id"]) == (
        "reviewed-0007", "not json", "reviewed-0008",
    )  # fmt: skip
    assert [item.name for item in folder.iterdir()] == ["reviewed.jsonl"]
