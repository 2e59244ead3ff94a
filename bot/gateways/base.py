"""What all gateways share: the port with its plain defaults, and one HTTP session with the meaning of its failures."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from bot.domain.charset import units
from bot.domain.clock import Clock, SystemClock
from bot.domain.errors import InvalidInput
from bot.domain.gateway import Abilities, Answer, Parsed, RefusedRequest
from bot.domain.messages import Outcome, Reason, Submitted
from bot.gateways.account import Account

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from bot.domain.gateway import Deliver, Receive, Trouble, WebRequest
    from bot.domain.messages import Inbound, Outbound, Receipt

SECONDS = 10
_BROKEN = (aiohttp.ClientError, TimeoutError, OSError, InvalidInput, ValueError, LookupError, TypeError)
LONGEST_ID = 120
"""Characters of a provider's id that are kept."""

A = TypeVar("A", bound=Account)


class BaseGateway(ABC, Generic[A]):
    """One file for each provider has one subclass; the registry finds it by the name of its file.

    Required: ``verify``, ``parse_inbound``, ``parse_receipts``, ``send``. The rest has defaults.
    """

    settings: ClassVar[type[Account]] = Account
    abilities: ClassVar[Abilities] = Abilities()
    clock: Clock = SystemClock()
    methods: ClassVar[tuple[str, ...]] = ("GET", "POST")
    """With which its provider calls the webhook."""
    doors: ClassVar[tuple[str, ...]] = ()
    """What may stand behind ``/webhook/{kind}/{account}/``; empty: anything, the gateway looks at it itself."""

    def __init__(self, account: A) -> None:
        self.mine = account
        self.name = account.kind
        self.account = account.account
        self._session: aiohttp.ClientSession | None = None

    @abstractmethod
    async def verify(self, request: WebRequest, now: datetime) -> None:
        """Raises RefusedRequest where the request does not prove where it comes from."""

    @abstractmethod
    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        """The texts in a request; raises InvalidInput for anything malformed."""

    @abstractmethod
    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        """The receipts in a request; raises InvalidInput for anything malformed."""

    @abstractmethod
    async def send(self, text: Outbound) -> Submitted:
        """Submit one text; never raises."""

    async def parse(self, request: WebRequest) -> Parsed:
        """By the address that it came to; providers with one address for everything look into the request instead."""
        if urlsplit(request.url).path.endswith("/receipts"):
            return Parsed(receipts=tuple(self.parse_receipts(request)))
        return Parsed(texts=tuple(self.parse_inbound(request)))

    async def act(self, request: WebRequest) -> None:
        """Most only bring texts and receipts."""

    def answer(self, request: WebRequest, parsed: Parsed) -> Answer:  # noqa: ARG002  # for those that need them
        return Answer()

    async def ask(self, text: Outbound, message_id: str | None) -> Submitted | None:  # noqa: ARG002  # as above
        return None

    async def look_back(self, since: datetime) -> Parsed | None:  # noqa: ARG002  # as above
        return None

    async def look_up(self, references: Sequence[str]) -> Parsed | None:  # noqa: ARG002  # as above
        return None

    async def run(self, deliver: Deliver) -> None:
        """Most have nothing to keep."""

    async def fetch(self, receive: Receive) -> None:
        """Only a relay keeps requests for others."""

    async def check(self) -> list[str]:
        return []

    async def troubles(self) -> list[Trouble]:
        return []

    def length(self, text: str) -> int:
        """How long the provider counts a text, for ``longest``; one that counts otherwise says so here."""
        return units(text, self.mine.charset)

    def expires_at(self, text: Outbound) -> datetime | None:
        """Until when the provider may try; None where it has no end, or the provider is not to be told."""
        return text.expires_at if self.mine.expiry else None

    def seconds_left(self, text: Outbound, least: int, most: int) -> int | None:
        """As ``expires_at``, from now on, at the least ``least``; None also where it is more than the provider takes.

        A provider that gives up earlier by itself need not be told.
        """
        end = self.expires_at(text)
        if end is None:
            return None
        left = max(int((end - self.clock.now()).total_seconds()), least)
        return left if left <= most else None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def http(self) -> aiohttp.ClientSession:
        """The session of this account."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=SECONDS)
            connector = aiohttp.TCPConnector(limit=100)
            self._session = aiohttp.ClientSession(timeout=timeout, connector=connector, middlewares=(_only_once,))
        return self._session

    async def submit(
        self,
        url: str,
        read: Callable[[int, bytes], Submitted],
        *,
        method: str = "POST",
        **given: Any,  # noqa: ANN401
    ) -> Submitted:
        """Make one request; ``read`` turns (status, body) into its meaning, and may raise for what it cannot read.

        No connection: nothing was taken. Anything broken after that: nobody knows.
        """
        try:
            async with self.http().request(method, url, allow_redirects=False, **given) as answer:
                return self.heard(read(answer.status, await answer.read()), answer.headers)
        except aiohttp.ClientConnectorError:
            return Submitted(Outcome.RETRY, code="no_connection", reason=Reason.BUSY)
        except _BROKEN as error:
            return Submitted(Outcome.UNKNOWN, code=type(error).__name__)

    def heard(self, told: Submitted, headers: Mapping[str, str]) -> Submitted:  # noqa: ARG002  # bodies say enough
        """What the headers of an answer add to its meaning."""
        return told

    async def asked(self, make: Callable[[], Awaitable[Parsed]]) -> Parsed | None:
        """The answer to a question that changes nothing; None where it could not be asked just now."""
        try:
            return await make()
        except _BROKEN:
            return None


async def _only_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a GET or PUT whose connection was lost: what it asked for may have been done."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:  # it never left
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(type(error).__name__) from error


def by_status(status: int, code: str = "", rejected: Mapping[str, Reason] | None = None) -> Submitted:
    """What an HTTP status other than success means where the provider says nothing better.

    429 and 503: not taken, later. 401, 402 and 403: our account, to be tried again when an operator has acted.
    ``rejected`` are the provider's codes that are final. All else: nobody knows.
    """
    code = code or str(status)
    if rejected and code in rejected:
        return Submitted(Outcome.REJECTED, code=code, reason=rejected[code])
    if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return Submitted(Outcome.RETRY, code=code, reason=Reason.BUSY)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN}:
        return Submitted(Outcome.RETRY, code=code, reason=Reason.ACCOUNT)
    return Submitted(Outcome.UNKNOWN, code=code)


def read_json(body: bytes) -> Any:  # noqa: ANN401  # JSON is anything
    """JSON in UTF-8; raises InvalidInput."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidInput("JSONとして読めません。", "This is not JSON.", field="body") from None


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object; raises InvalidInput."""
    data = read_json(body)
    if not isinstance(data, dict):
        raise InvalidInput("JSONのオブジェクトを送ってください。", "Send a JSON object.", field="body")
    return data


def read_form(body: bytes) -> dict[str, str]:
    """Form fields in UTF-8, untrimmed; of one that is there twice the first counts. Raises InvalidInput."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, encoding="utf-8", errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise InvalidInput("フォームとして読めません。", "This is not a form in UTF-8.", field="body") from None
    return dict(reversed(pairs))


def needed(data: Mapping[str, Any], name: str) -> str:
    """A text or number that must be there, as text; raises InvalidInput naming it."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidInput(f"{name}は必須です。", f"{name} is required.", field=name)
    return str(value)


def needed_id(data: Mapping[str, Any], name: str) -> str:
    """An id: 1 to 120 printable characters; raises InvalidInput naming it."""
    value = needed(data, name)
    if not value.strip() or len(value) > LONGEST_ID or not value.isprintable():
        raise InvalidInput(
            f"{name}は表示できる1〜{LONGEST_ID}文字です。", f"{name} has 1 to {LONGEST_ID} printable characters.",
            field=name,
        )  # fmt: skip
    return value


def refused(code: str) -> RefusedRequest:
    """Why a request is not believed, in words; ``code`` is one of RefusedRequest's."""
    return RefusedRequest(code, *_REFUSALS[code])


_REFUSALS = {
    "unsigned": ("署名がありません。", "The request is not signed."),
    "signature": ("署名が正しくありません。", "The signature is wrong."),
    "stale": ("時刻が古すぎるか、先すぎます。", "The time of the request is too old or ahead."),
    "replayed": ("一度受け取った要求です。", "The request was received before."),
    "payload": ("本文が署名と一致しません。", "The body is not the one that was signed."),
    "certificate": ("証明書を信頼できません。", "The certificate cannot be trusted."),
    "topic": ("設定されていないトピックです。", "The topic is not the configured one."),
    "address": ("許可されていないアドレスからです。", "The address is not an allowed one."),
    "credentials": ("認証情報が正しくありません。", "The credentials are wrong."),
    "account": ("別のアカウントの要求です。", "The request is another account's."),
}
