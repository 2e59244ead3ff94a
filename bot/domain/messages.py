"""Texts on their way in and out, as gateways and movers hand them on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain.states import TextState


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text from a phone. ``message_id`` is the gateway's; ``sender`` and ``recipient`` are E.164 or as received."""

    message_id: str
    sender: str
    recipient: str
    text: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the gateway says of a text sent earlier; ``code`` is the provider's own word."""

    message_id: str
    state: TextState
    code: str = ""


@dataclass(frozen=True, slots=True)
class Outbound:
    """A text to hand to the gateway; ``reference`` is ours and the same at each attempt."""

    reference: str
    recipient: str
    text: str


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"  # final
    RETRY = "retry"  # not taken: try again later
    UNKNOWN = "unknown"  # nobody knows whether it was taken


@dataclass(frozen=True, slots=True)
class Submitted:
    """Result of one submission."""

    outcome: Outcome
    message_id: str | None = None
    code: str = ""


class Gateway(Protocol):
    """One SMS provider: verify and parse what comes in, send what goes out."""

    name: str

    def parse_inbound(self, body: bytes) -> Inbound:
        """The text in a webhook request; raises InvalidInput for anything malformed."""
        ...

    def parse_receipts(self, body: bytes) -> list[Receipt]:
        """The receipts in a webhook request; raises InvalidInput for anything malformed."""
        ...

    async def send(self, text: Outbound) -> Submitted:
        """Submit one text; never raises."""
        ...

    async def ask(self, reference: str) -> Submitted | None:
        """What became of a submission whose outcome is unknown.

        ``RETRY``: it never arrived and can be sent again; ``UNKNOWN``: ask again later; None: it cannot be asked.
        """
        ...

    async def close(self) -> None: ...
