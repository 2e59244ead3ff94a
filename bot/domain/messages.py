"""Texts on their way in and out, as gateways and movers hand them on: every provider's words turned into these."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.states import TextState


@dataclass(frozen=True, slots=True)
class Part:
    """Where a piece of a long text stands: ``number`` of ``total`` (from 1) under the sender's ``reference``."""

    reference: str
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text from a phone.

    ``message_id`` is the gateway's ("" where it gives none); ``sender`` and ``recipient`` are E.164 or as received;
    ``raw`` is the request that brought it; ``damaged`` says that its characters could not all be read.
    """

    message_id: str
    sender: str
    recipient: str
    text: str
    raw: bytes
    part: Part | None = None
    sent_at: datetime | None = None
    damaged: bool = False


class Reason(StrEnum):
    """Why a text was not taken or did not arrive, in words that staff act on."""

    ABSENT = "absent"  # switched off, out of reach, or its memory is full: may arrive later
    BLOCKED = "blocked"  # the phone or its contract refuses our texts
    OPTED_OUT = "opted_out"  # the carrier or provider keeps a STOP for this number
    NO_SUCH_NUMBER = "no_such_number"  # not in use, a landline, or malformed
    FILTERED = "filtered"  # a carrier's or provider's filter held it back
    EXPIRED = "expired"  # its time ran out on the way
    BAD_TEXT = "bad_text"  # too long, empty, or characters that the road does not take
    BAD_SENDER = "bad_sender"  # our number or name is not one that this account may send from
    ACCOUNT = "account"  # our key, contract or credit: the same for every text, an operator must act
    BUSY = "busy"  # too many at once, or the road is down for the moment
    OTHER = "other"  # none of these; the code says more

    @property
    def retryable(self) -> bool:
        """Whether the same text may arrive at another time."""
        return self in {Reason.ABSENT, Reason.EXPIRED, Reason.ACCOUNT, Reason.BUSY}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a gateway says of a text sent earlier.

    It is found by ``message_id`` (the provider's) or by ``reference`` (ours, where the receipt carries it).
    ``state``: ACCEPTED (on its way), DELIVERED, UNDELIVERED, EXPIRED, REJECTED, or UNKNOWN (a code that nobody has
    seen: it changes nothing but is kept). ``code`` is the provider's own; ``at`` the carrier's time; ``segments`` and
    ``price`` what was charged, ``price`` with its currency ("3.30 JPY"); ``carrier`` the phone company it names.
    """

    message_id: str
    state: TextState
    code: str = ""
    reference: str = ""
    reason: Reason | None = None
    at: datetime | None = None
    segments: int | None = None
    price: str = ""
    carrier: str = ""

    @property
    def retryable(self) -> bool:
        """Whether the same text may still arrive, if sent again."""
        return self.reason is not None and self.reason.retryable


@dataclass(frozen=True, slots=True)
class Outbound:
    """A text to hand to the gateway; ``reference`` is ours and the same at each attempt (letters and digits, ≤ 40).

    ``expires_at``: what it says means nothing from then on; told to providers that can give up then.
    ``submitted_at`` is when its last attempt began, where it is asked about and that is known.
    """

    reference: str
    recipient: str
    text: str
    expires_at: datetime | None = None
    submitted_at: datetime | None = None


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"  # final
    RETRY = "retry"  # not taken: try again later
    UNKNOWN = "unknown"  # nobody knows whether it was taken


@dataclass(frozen=True, slots=True)
class Submitted:
    """Result of one submission; ``code`` is the provider's own, ``segments`` and ``price`` what it says it charges.

    ``also`` are further ids under which receipts may come (a long text that the road cuts itself). ``partly``:
    of such a text one part was taken and another was not, or nobody knows; the ids are then of those that were.
    """

    outcome: Outcome
    message_id: str | None = None
    code: str = ""
    reason: Reason | None = None
    segments: int | None = None
    price: str = ""
    also: tuple[str, ...] = ()
    partly: bool = field(default=False, compare=False)  # follows from the rest: a code and ids for some parts

    @property
    def retryable(self) -> bool:
        """Whether the same submission may be made again later."""
        return self.outcome is Outcome.RETRY
