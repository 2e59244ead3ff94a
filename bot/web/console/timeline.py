"""The rows of one conversation as a timeline that a person can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.domain.reading import Priority, worst
from bot.web.console.life import Moment, came_before, life, road_of
from bot.web.console.marks import Piece, Read, Symptoms, pieces, reads
from bot.web.console.words import Word, word

if TYPE_CHECKING:
    from bot.storage.timeline import History, Row


@dataclass(frozen=True, slots=True)
class Marked:
    """A colleague called the reading wrong. ``graver``: the right priority is graver than the one that was read."""

    priority: Priority
    graver: bool
    who: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text of the resident; ``version`` is that of the rules that read it."""

    id: int
    key: str
    at: datetime
    pieces: list[Piece]
    reads: list[Read]
    priority: Priority
    waiting: bool
    unreadable: bool
    version: str
    mark: Marked | None
    possible_duplicate: bool = False
    earlier: tuple[str, datetime] | None = None
    """See ``came_before``."""
    kind: str = "in"


@dataclass(frozen=True, slots=True)
class Outbound:
    """A text to the resident. ``about`` names the member it is about where a household shares the phone.

    ``written`` is the text as its road carried it, where that differs; ``reason`` why it did not arrive.
    """

    key: str
    at: datetime
    text: str
    author: str | None
    text_kind: Word
    step: Word | None
    state: str
    segments: int
    code: str
    due_at: datetime
    possible_duplicate: bool
    about: str
    written: str
    reason: Word | None
    road: str
    life: list[Moment]
    kind: str = "out"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that happened beside the texts. ``tone``: plain, staff, call, consent or a priority."""

    key: str
    at: datetime
    tone: str
    title: Word
    detail: str = ""
    who: str = ""
    kind: str = "note"


Entry = Inbound | Outbound | Note


@dataclass(frozen=True, slots=True)
class Day:
    """The entries of one local date."""

    date: date
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Readers:
    """What entries need: staff by login, residents by case, symptoms by code, marks by reply."""

    staff: Mapping[str, str]
    cases: Mapping[int, str]
    symptoms: Symptoms
    marks: Mapping[int, Row] = field(default_factory=dict)

    def name(self, login: object) -> str:
        return self.staff.get(str(login), str(login))

    def case(self, case_id: int | None) -> str:
        """Whom an entry is about, where that is not plain anyway."""
        return self.cases.get(case_id or 0, "") if len(self.cases) > 1 else ""


def days(history: History, readers: Readers, timezone: str) -> list[Day]:
    """The timeline, oldest first, by local date."""
    found: list[Day] = []
    zone = ZoneInfo(timezone)
    for entry in _entries(history, readers):
        local = entry.at.astimezone(zone).date()
        if not found or found[-1].date != local:
            found.append(Day(local))
        found[-1].entries.append(entry)
    return found


def _entries(history: History, readers: Readers) -> list[Entry]:
    """In the order in which things happened: what a text led to follows it, also within one moment."""
    causes = {row["handled_at"]: row["id"] for row in history.inbox if row["handled_at"]}
    keyed: list[tuple[datetime, int, int, str, Entry]] = []

    def put(entry: Entry, cause: int | None, place: int) -> None:
        keyed.append((entry.at, cause or causes.get(entry.at, 0), place, entry.key, entry))

    for row in history.inbox:
        for entry in _of_inbox(row, history.cases, readers):
            put(entry, row["id"], 0)
    for row in history.consents:
        put(_consent(row), row["inbox_id"], 1)
    for place, entry in enumerate(_notes(history, readers)):
        put(entry, None, 2 + place)
    for row in history.outbox:
        put(_outbound(row, readers, history.events.get(row["id"], ())), row["cause"], 10_000 + int(row["number"]))
    since = min((row["received_at"] for row in history.inbox), default=None) if history.shortened else None
    keyed.sort(key=lambda item: item[:4])
    return [item[4] for item in keyed if since is None or item[0] >= since]


def _of_inbox(row: Row, cases: Sequence[Row], readers: Readers) -> Iterator[Entry]:
    if row["kind"] == "reply":
        yield _inbound(row, members_at(cases, row["received_at"]), readers)
    elif row["state"] == "handled":
        note = _event(row, readers)
        if note:
            yield note


def members_at(cases: Sequence[Row], at: datetime) -> list[str]:
    """The names that a reading of that moment counts its members by."""
    held = [row for row in cases if row["enrolled_at"] <= at and (row["ended_at"] is None or row["ended_at"] >= at)]
    return [row["name"] for row in held] if len(held) > 1 else []


def _inbound(row: Row, names: Sequence[str], readers: Readers) -> Inbound:
    text, readings, symptoms = row["payload"]["text"], row["reading"], readers.symptoms
    priority = worst(*(Priority(reading["priority"]) for reading in readings))
    return Inbound(
        id=row["id"],
        key=f"in-{row['id']}",
        at=row["received_at"],
        pieces=pieces(text, readings, symptoms),
        reads=reads(text, readings, symptoms, names),
        priority=priority,
        waiting=row["state"] == "new",
        unreadable=row["state"] == "dead",
        version=readings[0]["version"] if readings else "",
        mark=marked(readers.marks.get(row["id"]), priority, readers.staff),
        possible_duplicate=bool(row["payload"].get("possible_duplicate")),
        earlier=came_before(row["payload"], row["received_at"]),
    )


def marked(row: Mapping[str, Any] | None, read: Priority, staff: Mapping[str, str]) -> Marked | None:
    """A mark in words, beside the priority that was read."""
    if row is None:
        return None
    right, who = Priority(row["priority"]), staff.get(row["staff"], row["staff"])
    return Marked(right, right.rank > read.rank, who, row["state"], row["reason"] or "")


def _event(row: Row, readers: Readers) -> Note | None:
    """A staff action, an enrolment or a telling timer; None for what the texts already show."""
    payload, staff = row["payload"], readers.name(row["payload"].get("staff", ""))
    key, at = f"ev-{row['id']}", row["received_at"]
    match row["kind"]:
        case "taken_over":
            return Note(key, at, "staff", Word("引き継ぎました。ボットは止まっています", "Took over"), who=staff)
        case "handed_back":
            step = word("step", payload["step"]).ja
            return Note(key, at, "staff", Word("ボットに戻しました", "Handed back"), f"「{step}」から", staff)
        case "closed":
            outcome = word("outcome", payload["outcome"]).ja
            return Note(key, at, "staff", Word("会話を終えました", "Closed"), outcome, staff)
        case "release_confirmed":
            about = readers.cases.get(payload["case_id"], "")
            return Note(key, at, "staff", Word("観察・療養の終了を確認しました", "Confirmed the release"), about, staff)
        case "number_confirmed":
            return Note(key, at, "staff", Word("この番号で合っていると確認しました", "Confirmed the number"), who=staff)
        case "enrolled":
            about = readers.cases.get(payload["case_id"], "")
            return Note(key, at, "plain", Word("登録しました", "Enrolled"), about)
        case "delivery_failed":
            return Note(key, at, "call", Word("SMSが届きませんでした", "Not delivered"), str(payload["code"]))
        case "timer" if payload["name"] == "lease":
            return Note(key, at, "plain", Word("8時間操作がなく、待ち行列に戻しました", "Takeover ended"))
    return None


def _consent(row: Row) -> Note:
    title = word("consent", row["consent"])
    return Note(f"co-{row['id']}", row["at"], "consent", title, f"文面の版 {row['wording']}")


def _notes(history: History, readers: Readers) -> Iterator[Note]:
    for row in history.escalations:
        yield from _escalation(row, readers)
    for row in history.calls:
        yield from _call(row, readers)
    reasons = {row["id"]: word("call", row["reason"]).ja for row in history.calls}
    for row in history.attempts:
        outcome = word("call_outcome", row["outcome"])
        title = Word(f"電話: {outcome.ja}", f"Call: {outcome.en}")
        detail = "。".join(filter(None, (reasons[row["call_id"]], row["note"])))
        yield Note(f"at-{row['id']}", row["at"], "call", title, detail, readers.name(row["staff"]))


def _escalation(row: Row, readers: Readers) -> Iterator[Note]:
    reason, priority = word("reason", row["reason"]), word("priority", row["priority"])
    title = Word(f"職員に知らせました({priority.ja}): {reason.ja}", f"Escalated ({priority.en}): {reason.en}")
    yield Note(f"es-{row['id']}", row["opened_at"], row["priority"], title, readers.case(row["case_id"]))
    if row["closed_at"]:
        done = Word(f"対応済みにしました: {reason.ja}", f"Resolved: {reason.en}")
        who = readers.name(row["closed_by"]) if row["closed_by"] else ""
        yield Note(f"ec-{row['id']}", row["closed_at"], "plain", done, word("outcome", row["outcome"]).ja, who)


def _call(row: Row, readers: Readers) -> Iterator[Note]:
    reason = word("call", row["reason"])
    title = Word(f"電話リストに入りました: {reason.ja}", f"On the call list: {reason.en}")
    yield Note(f"ca-{row['id']}", row["created_at"], "call", title, readers.case(row["case_id"]))


def _outbound(row: Row, readers: Readers, events: Sequence[Row]) -> Outbound:
    moments = life(row, events)
    return Outbound(
        key=f"out-{row['id']}",
        at=row["created_at"],
        text=row["text"],
        author=readers.name(row["author"]) if row["author"] else None,
        text_kind=word("text_kind", row["kind"]),
        step=word("step", row["step"]) if row["step"] else None,
        state=row["state"],
        segments=row["segments"],
        code=row["code"] or "",
        due_at=row["due_at"],
        possible_duplicate=row["possible_duplicate"],
        about=readers.case(row["case_id"]),
        written=row["written"] or "",
        reason=word("failure", row["reason"]) if row["reason"] else None,
        road=road_of(row, moments),
        life=moments,
    )


def last_inbound(timeline: Sequence[Day]) -> Inbound | None:
    """The resident's latest text."""
    entries = [entry for day in timeline for entry in day.entries if isinstance(entry, Inbound)]
    return entries[-1] if entries else None


def case_names(cases: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Case id -> name."""
    return {row["id"]: row["name"] for row in cases}
