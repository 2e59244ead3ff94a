"""The life of one text: each thing that was done with it or said of it, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot.domain.states import TextState
from bot.web.console.words import Word, knows, word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.storage.timeline import Row

_BEFORE = ("queued", "submitting")
_LATE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """``at`` is our time, ``said_at`` the carrier's; ``code`` the provider's own, ``reason`` what staff act on."""

    at: datetime
    state: str
    word: Word
    road: str = ""
    code: str = ""
    reason: Word | None = None
    said_at: datetime | None = None
    segments: int | None = None
    price: str = ""
    carrier: str = ""


def life(text: Row, events: Sequence[Row]) -> list[Moment]:
    """Moments of an outbox row, oldest first.

    What its columns tell and no event does (a text from before events were kept, a cancellation) is added from them.
    """
    told = {event["state"] for event in events}
    moments = [_moment(event) for event in events]
    if "queued" not in told:
        moments.append(_plain(text["created_at"], "queued"))
    if "submitting" not in told and text["submitted_at"]:
        moments.append(_plain(text["submitted_at"], "submitting", text["road"]))
    if text["state"] not in {*told, *_BEFORE}:
        at = text["settled_at"] or text["submitted_at"] or text["created_at"]
        moments.append(_plain(at, text["state"], text["road"], text["code"], text["reason"]))
    return _in_rank(sorted(moments, key=lambda moment: (moment.at, _place(moment.state))))


def came_before(payload: Mapping[str, Any], received_at: datetime) -> tuple[str, datetime] | None:
    """Where a text entered the inbox late: "came_at" (held at our door) or "sent_at" (the carrier's time), and when."""
    for name in ("came_at", "sent_at"):
        at = datetime.fromisoformat(payload[name]) if payload.get(name) else None
        if at is not None and at.tzinfo is not None and received_at - at > _LATE:
            return name, at
    return None


def road_of(text: Row, moments: Sequence[Moment]) -> str:
    """The road that a text took, as far as it is known."""
    return text["road"] or next((moment.road for moment in reversed(moments) if moment.road), "")


def _in_rank(moments: list[Moment]) -> list[Moment]:
    """What the carrier says of one moment of its own comes in any order: accepted stands before delivered."""
    said: dict[datetime, list[Moment]] = {}
    for moment in moments:
        if moment.said_at is not None:
            said.setdefault(moment.said_at, []).append(moment)
    ranked = {at: iter(sorted(same, key=_rank)) for at, same in said.items()}
    return [next(ranked[moment.said_at]) if moment.said_at is not None else moment for moment in moments]


def _rank(moment: Moment) -> int:
    return TextState(moment.state).rank if moment.state in set(TextState) else -1


def _place(state: str) -> int:
    return _BEFORE.index(state) if state in _BEFORE else len(_BEFORE)


def _plain(at: datetime, state: str, road: str | None = "", code: str | None = "", reason: str | None = "") -> Moment:
    return Moment(at, state, word("life", state), road or "", code or "", _why(reason, code))


def _moment(event: Row) -> Moment:
    return Moment(
        event["at"], event["state"], word("life", event["state"]), event["road"], event["code"],
        _why(event["reason"], event["code"]), event["said_at"], event["segments"], event["price"], event["carrier"],
    )  # fmt: skip


def _why(reason: str | None, code: str | None) -> Word | None:
    """The reason, else what a code of our own means."""
    if reason:
        return word("failure", reason)
    return word("our_code", code) if code and knows("our_code", code) else None
