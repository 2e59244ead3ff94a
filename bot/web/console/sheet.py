"""The evidence sheet of a resident as plain data: what was sent, when, by which road, and what the carrier said."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.web.console.life import came_before, life, road_of
from bot.web.console.pages import phone
from bot.web.console.words import word

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.storage.conversations import Conversation
    from bot.storage.evidence import Evidence, Row
    from bot.web.console.life import Moment

Pair = tuple[str, str]
"""Japanese, English."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a text's life; ``road`` and ``code`` are "" where nothing was said."""

    at: str
    what: Pair
    road: str
    code: str
    reason: Pair | None
    said_at: str
    charged: str
    carrier: str


@dataclass(frozen=True, slots=True)
class SentText:
    """A text out. ``written`` is "" where the road carried it as it stands."""

    at: str
    kind: Pair
    author: str
    text: str
    written: str
    state: Pair
    segments: int
    road: str
    reference: str
    message_id: str
    twice: bool
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Strings alone, times with their offset; ``replies`` are (when, road, text or "")."""

    office: str
    office_phone: str
    residents: list[Pair]
    phone: str
    conversation: int
    timezone: str
    printed_by: str
    printed_at: str
    with_replies: bool
    consents: list[tuple[str, Pair, str]] = field(default_factory=list)
    texts: list[SentText] = field(default_factory=list)
    replies: list[tuple[str, str, str]] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Printing:
    """Who prints what: ``case_id`` is None for everybody on the phone."""

    office: str
    office_phone: str
    by: str
    now: datetime
    case_id: int | None
    with_replies: bool


def sheet(conversation: Conversation, evidence: Evidence, staff: dict[str, str], printing: Printing) -> Sheet:
    """The whole record of a phone; with a case, texts that are about another resident of the household are left out."""
    zone = ZoneInfo(conversation.session.timezone)
    cases = [row for row in evidence.cases if printing.case_id in (None, row["id"])]
    texts = [row for row in evidence.texts if printing.case_id is None or row["case_id"] in (None, printing.case_id)]
    return Sheet(
        office=printing.office,
        office_phone=printing.office_phone,
        residents=[(row["name"], row["kana"]) for row in cases],
        phone=phone(conversation.phone),
        conversation=conversation.id,
        timezone=conversation.session.timezone,
        printed_by=printing.by,
        printed_at=_told(printing.now, zone),
        with_replies=printing.with_replies,
        consents=[
            (_told(row["at"], zone), word("consent", row["consent"]), row["wording"]) for row in evidence.consents
        ],
        texts=[_text(row, evidence.events.get(row["id"], ()), staff, zone) for row in texts],
        replies=[_reply(row, zone, with_text=printing.with_replies) for row in evidence.replies],
    )


def _text(row: Row, events: Sequence[Row], staff: dict[str, str], zone: ZoneInfo) -> SentText:
    moments, author = life(row, events), row["author"] or ""
    return SentText(
        at=_told(row["created_at"], zone),
        kind=word("text_kind", row["kind"]),
        author=staff.get(author, author),
        text=row["text"],
        written=row["written"] or "",
        state=word("text_state", row["state"]),
        segments=row["segments"],
        road=road_of(row, moments),
        reference=row["reference"],
        message_id=row["message_id"] or "",
        twice=bool(row["possible_duplicate"]),
        steps=[_step(moment, zone) for moment in moments],
    )


def _step(moment: Moment, zone: ZoneInfo) -> Step:
    charged = [f"{moment.segments}通 / {moment.segments} SMS"] if moment.segments is not None else []
    return Step(
        at=_told(moment.at, zone),
        what=moment.word,
        road=moment.road,
        code=moment.code,
        reason=moment.reason,
        said_at=_told(moment.said_at, zone) if moment.said_at else "",
        charged=", ".join([*charged, *([moment.price] if moment.price else [])]),
        carrier=moment.carrier,
    )


def _reply(row: Row, zone: ZoneInfo, *, with_text: bool) -> tuple[str, str, str]:
    at, earlier = _told(row["received_at"], zone), came_before(row["payload"], row["received_at"])
    if earlier is not None:
        what = "届いたのは / came" if earlier[0] == "came_at" else "事業者の時刻 / carrier's time"
        at = f"{at} ({what} {_told(earlier[1], zone)})"
    return (
        at,
        f"{row['gateway']}/{row['account']}",
        row["payload"]["text"] if with_text else "",
    )


def _told(at: datetime, zone: ZoneInfo) -> str:
    """``2026-11-22 12:05:03 +09:00``."""
    local = at.astimezone(zone)
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:5]}"
