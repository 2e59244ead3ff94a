"""Many texts from one number in a short time: every one is kept and read for danger, a person gets one task for all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.domain.reading import Priority
from bot.domain.states import EscalationState
from bot.engine.effects import Escalated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.engine.effects import Effect
    from bot.storage.changes import Changes

WITHIN = timedelta(minutes=10)
MANY = 20
"""Texts within that time that nobody writes by hand, one answer after the other."""

REASON = "flood"
_READ_ONE_BY_ONE = frozenset({
    "after_stop", "damaged_text", "no_clear_answer", "not_understood", "question", "report_to_read", "too_many_texts",
    "unknown_sender",
})  # fmt: skip
"""Reasons that ask a person to read a text; what tells of danger, or changes who may be texted, stays by itself."""


def gathered(changes: Changes, conversation_id: int, effects: Iterable[Effect]) -> list[Effect]:
    """The effects of one text of a flood, its routine tasks as part of the one task; earlier ones are drawn into it."""
    _draw_together(changes, conversation_id)
    return [_as_part(effect) for effect in effects]


def _as_part(effect: Effect) -> Effect:
    if isinstance(effect, Escalated) and effect.priority is Priority.ROUTINE and effect.reason in _READ_ONE_BY_ONE:
        return replace(effect, reason=REASON, case_id=None)
    return effect


def _draw_together(changes: Changes, conversation_id: int) -> None:
    """Open tasks of this flood, from before it was seen to be one, become one."""
    since = changes.now - WITHIN
    own = [row for row in changes.escalations.get(conversation_id, []) if _is_of_the_flood(row, since)]
    if not own:
        return
    first, *others = own
    if first["reason"] != REASON:
        first.update(reason=REASON, case_id=None, dirty=True)
    for row in others:
        first.update(times=first["times"] + row["times"], dirty=True)
        row.update(state=EscalationState.CLOSED, closed_at=changes.now, outcome=REASON, dirty=True)


def _is_of_the_flood(row: dict[str, object], since: datetime) -> bool:
    opened = row["opened_at"]
    fresh = isinstance(opened, datetime) and (row["reason"] == REASON or opened >= since)
    routine = row["priority"] == Priority.ROUTINE and row["reason"] in {*_READ_ONE_BY_ONE, REASON}
    return fresh and routine and row["state"] == EscalationState.OPEN
