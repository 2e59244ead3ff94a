"""What becomes of a text of which nobody knows whether it was taken, by a road that cannot be asked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.messages import Reason
from bot.domain.states import TextState
from bot.storage.outbox import NEVER
from bot.storage.settle import Settled
from bot.storage.text_parts import REST

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.messages import Submitted
    from bot.storage.outbox import Claimed

PATIENCE = timedelta(minutes=10)
"""So long a receipt is waited for. Roads tell of what they took within seconds, or minutes when a queue is long; a
routine text loses nothing by waiting, and one that comes twice makes residents answer twice."""

GUIDANCE_PATIENCE = timedelta(seconds=30)
"""The same for guidance to call 119: longer than a receipt takes as a rule, no longer. Twice is better than never."""


def patience(claimed: Claimed) -> timedelta:
    """How long a receipt of it is waited for."""
    return GUIDANCE_PATIENCE if claimed.guidance else PATIENCE


def unanswered(claimed: Claimed, now: datetime) -> Settled:
    """Wait for a receipt; then once more, marked before it goes; then wait again; then somebody calls.

    What the road has told of in any way (an id, a receipt that nobody understands) was taken, at least in part: it is
    not sent again. Each step stands in the row, so whoever is killed is followed by one who goes on.
    """
    until = (claimed.text.submitted_at or claimed.created_at) + patience(claimed)
    if now < until:
        return Settled(claimed.id, claimed.attempts, TextState.UNKNOWN, code="awaited", due_at=until)
    if claimed.resend:
        return Settled(claimed.id, claimed.attempts, TextState.QUEUED, code="again", possible_duplicate=True)
    return Settled(
        claimed.id, claimed.attempts, TextState.UNKNOWN, code="unknown", due_at=NEVER, to_call=not claimed.forbidden
    )


def partly_taken(claimed: Claimed, submitted: Submitted) -> Settled:
    """A part of it is with the road: nothing is sent again by itself, somebody calls at once."""
    ids = (*submitted.also, f"{claimed.text.reference}{REST}{claimed.attempts}") if submitted.message_id else ()
    return Settled(
        claimed.id, claimed.attempts, TextState.UNKNOWN, submitted.message_id, submitted.code, NEVER,
        road=claimed.road, reason=Reason.OTHER, also=ids, said=submitted.outcome, to_call=True,
    )  # fmt: skip
