"""The port of an SMS gateway: verify what comes in, read it, send what goes out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from bot.domain.errors import MimamoriError
from bot.domain.messages import Inbound, Outbound, Receipt, Submitted


@dataclass(frozen=True, slots=True)
class WebRequest:
    """A request as it came. ``url`` is the public one, exactly, with its query; ``headers`` have lower-case names.

    ``peer`` is the address of the other end, as far as the installation can trust it.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    peer: str = ""

    def header(self, name: str) -> str:
        """A header's value, "" where there is none."""
        return self.headers.get(name.lower(), "")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one request (or one frame of a standing connection) brought.

    ``ids`` maps further ids of the provider to our reference or to an id that we know (Jasmin tells it afterwards).
    ``until``: a list of the last hours was too long for one look, and is whole until then; None: to its end.
    """

    texts: tuple[Inbound, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider must be told once everything is committed."""

    status: int = 200
    body: bytes = b'{"status": "kept"}'
    content_type: str = "application/json"


class RefusedRequest(MimamoriError):
    """A request that does not prove where it comes from. ``code`` says how, in a word for logs and pages.

    Codes: ``unsigned``, ``signature``, ``stale`` (outside its time), ``replayed``, ``payload`` (the hash of the body is
    another one), ``certificate``, ``topic``, ``address``, ``credentials``, ``account`` (another account's).
    """

    def __init__(self, code: str, ja: str, en: str) -> None:
        super().__init__(ja, en)
        self.code = code


class NotActed(MimamoriError):
    """What a verified request asks for could not be done now (see ``Gateway.act``); the provider asks again."""

    retryable = True


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a road can do; pages and documentation tell it, the mover acts on it."""

    two_way: bool = True  # residents can answer on it
    receipts: bool = True
    can_ask: bool = False  # it knows, by our reference or its id, what became of a submission
    can_look_back: bool = False  # it tells what came in and went out in the last hours
    looks_up: bool = False  # it has no list of them, and is asked about each text of ours without a final result
    standing: bool = False  # it keeps a connection or looks into a folder by itself (``run``, ``fetch``)
    repeats: bool = False  # what it brings may be what it brought before, word for word (exports of a time)
    sends: bool = True  # texts can go out on it; the relay only fetches what others sent in


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something about a road that a person must look at, in Japanese and English; ``at``: when it was noticed."""

    ja: str
    en: str
    at: datetime


Deliver = Callable[[Parsed], Awaitable[None]]
"""Hands on what came; returns once it is committed, raises where it could not be."""

Receive = Callable[[str, str, WebRequest, datetime], Awaitable[object]]
"""Hands on a whole request of another account (kind, account, request, moment at which it came).

It is verified with that moment as the clock, read and committed, or put into the quarantine, as at the account's own
webhook; returns once that is on disk. Raises NotFound where there is no such account, InvalidInput for what is
malformed, anything else where it could not be committed now.
"""


class Gateway(Protocol):
    """One account at one SMS provider."""

    name: str
    """The kind, which is also the name of its file (``twilio``)."""
    account: str
    """The account's name among ours; (name, account) is part of the webhook's address and of each inbox row."""
    abilities: ClassVar[Abilities]

    async def verify(self, request: WebRequest, now: datetime) -> None:
        """Raises RefusedRequest where the request does not prove where it comes from."""
        ...

    async def parse(self, request: WebRequest) -> Parsed:
        """What a request brings; raises InvalidInput, naming the field, for anything malformed.

        Reading changes nothing: requests that nobody believes are read too, to be shown to a person.
        """
        ...

    async def act(self, request: WebRequest) -> None:
        """Do what a verified request asks for besides (confirm a subscription); raises NotActed where it failed."""
        ...

    def answer(self, request: WebRequest, parsed: Parsed) -> Answer:
        """What to tell the provider after the commit."""
        ...

    async def send(self, text: Outbound) -> Submitted:
        """Submit one text; never raises."""
        ...

    async def ask(self, text: Outbound, message_id: str | None) -> Submitted | None:
        """What became of a submission whose outcome is unknown.

        ``RETRY``: it never arrived and can be sent again (not with the reason BUSY or ACCOUNT, which are about the
        question and not about the text); ``UNKNOWN``: ask again later; None: it cannot be asked.
        """
        ...

    async def look_back(self, since: datetime) -> Parsed | None:
        """Texts and receipts since then, also those that a webhook brought already; None: it cannot be asked."""
        ...

    async def look_up(self, references: Sequence[str]) -> Parsed | None:
        """What became of these texts of ours, or of some of them (others at the next question); None: as above."""
        ...

    async def run(self, deliver: Deliver) -> None:
        """Keep a connection or watch a folder until cancelled; returns at once where there is nothing to keep."""
        ...

    async def fetch(self, receive: Receive) -> None:
        """Bring requests that something outside keeps for other accounts, until cancelled; as ``run`` otherwise."""
        ...

    async def check(self) -> list[str]:
        """What is wrong with the account's settings or connection, a sentence each (Japanese / English); [] if well.

        Nothing is sent.
        """
        ...

    async def troubles(self) -> list[Trouble]:
        """What it noticed by itself in the last days, the newest first, for pages and alarms; nothing is asked."""
        ...

    async def close(self) -> None: ...


def road_of(gateway: Gateway) -> str:
    """The name of a gateway's road in rows, logs and pages: ``kind/account``."""
    return f"{gateway.name}/{gateway.account}"
