"""The states that rows and sessions hold."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """Languages that texts are written in."""

    JA = "ja"
    JA_EASY = "ja-easy"  # やさしい日本語
    EN = "en"


class Control(StrEnum):
    """Who leads a conversation."""

    BOT = "bot"
    WAITING_HUMAN = "waiting_human"
    HUMAN = "human"
    CLOSED = "closed"


class Consent(StrEnum):
    NONE = "none"
    GIVEN = "given"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class CaseState(StrEnum):
    """Where the care of one resident stands."""

    ENROLLED = "enrolled"  # not yet consented
    MONITORING = "monitoring"
    PHONE_ONLY = "phone_only"  # declined or withdrew: looked after by telephone
    RELEASE_PENDING = "release_pending"  # the rule is met, staff must confirm or call
    RELEASED = "released"
    CLOSED = "closed"


OPEN_CASES = frozenset({CaseState.ENROLLED, CaseState.MONITORING, CaseState.PHONE_ONLY, CaseState.RELEASE_PENDING})


class TextState(StrEnum):
    """Life of an outgoing text; ``rank`` is its place in the lattice, which receipts may only climb.

    A text that one receipt calls undelivered and another delivered has arrived, whichever came first.
    """

    QUEUED = "queued"
    SUBMITTING = "submitting"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"  # its time ran out on the way
    REJECTED = "rejected"
    CANCELLED = "cancelled"

    @property
    def rank(self) -> int:
        return {"queued": 0, "submitting": 1, "unknown": 2, "accepted": 3, "delivered": 5}.get(self.value, 4)


class TextKind(StrEnum):
    """Why a text goes out, which decides what the last check before sending asks."""

    ANSWER = "answer"  # to a text of the resident: quiet hours never hold it back
    SCHEDULED = "scheduled"  # the program's own: waits out quiet hours
    EMERGENCY = "emergency"  # guidance to call 119: waits for nothing but the hour's limit, and then ten minutes
    STAFF = "staff"  # written by a person
    FAREWELL = "farewell"  # the one confirmation of STOP


GUIDANCE = "emergency"
"""Key of the text that tells to call 119; after a STOP it goes out as a farewell, but is the same guidance."""


class EscalationState(StrEnum):
    OPEN = "open"
    OWNED = "owned"
    CLOSED = "closed"
