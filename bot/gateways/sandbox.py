"""The sandbox carrier's gateway: plain JSON over HTTP, no signature, loopback only.

Inbound: ``{"id", "from", "to", "text"}``. Receipts: ``[{"id", "status": "delivered" | "undelivered"}]``.
Sending: ``POST {url}/messages {"reference", "to", "text"}`` -> 200 ``{"id"}``; 503 means "not taken, later";
400 means "never". ``GET {url}/messages/{reference}`` tells what became of a submission (404: it never arrived).
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import aiohttp

from bot.domain.errors import InvalidInput
from bot.domain.messages import Inbound, Outbound, Outcome, Receipt, Submitted
from bot.domain.states import TextState

_TIMEOUT = aiohttp.ClientTimeout(total=10)
_LONGEST_ID = 120
_RECEIPTS = {"delivered": TextState.DELIVERED, "undelivered": TextState.UNDELIVERED}
_ANSWERS = {HTTPStatus.SERVICE_UNAVAILABLE: Outcome.RETRY, HTTPStatus.TOO_MANY_REQUESTS: Outcome.RETRY,
            HTTPStatus.BAD_REQUEST: Outcome.REJECTED}  # fmt: skip


class SandboxGateway:
    """Talks to the simulated carrier of the demo and of the tests."""

    name = "sandbox"

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    def parse_inbound(self, body: bytes) -> Inbound:
        data = _json(body)
        if not isinstance(data, dict):
            raise _malformed("body", "JSONのオブジェクトを送ってください。", "Send a JSON object.")
        return Inbound(_id(data), _text(data, "from"), _text(data, "to"), _text(data, "text"), body)

    def parse_receipts(self, body: bytes) -> list[Receipt]:
        data = _json(body)
        if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
            raise _malformed("body", "配信結果の配列を送ってください。", "Send a list of receipts.")
        return [_receipt(item) for item in data]

    async def send(self, text: Outbound) -> Submitted:
        data = {"reference": text.reference, "to": text.recipient, "text": text.text}
        try:
            async with self._http().post(f"{self._url}/messages", json=data) as answer:
                if answer.status == HTTPStatus.OK:
                    return Submitted(Outcome.ACCEPTED, _given_id(await answer.json()))
                return Submitted(_ANSWERS.get(HTTPStatus(answer.status), Outcome.UNKNOWN), code=str(answer.status))
        except aiohttp.ClientConnectorError:
            return Submitted(Outcome.RETRY, code="no_connection")
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            return Submitted(Outcome.UNKNOWN, code=type(error).__name__)

    async def ask(self, reference: str) -> Submitted | None:
        """The carrier remembers by our reference; a submission that it never saw can be sent again safely."""
        try:
            async with self._http().get(f"{self._url}/messages/{reference}") as answer:
                if answer.status == HTTPStatus.NOT_FOUND:
                    return Submitted(Outcome.RETRY, code="never_arrived")
                if answer.status == HTTPStatus.OK:
                    return Submitted(Outcome.ACCEPTED, _given_id(await answer.json()))
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
            pass
        return Submitted(Outcome.UNKNOWN, code="cannot_ask")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, connector=aiohttp.TCPConnector(limit=100))
        return self._session


def _json(body: bytes) -> Any:  # noqa: ANN401  # JSON is anything
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise _malformed("body", "JSONとして読めません。", "This is not JSON.") from None


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise _malformed(name, f"{name}は必須の文字列です。", f"{name} is required and must be a string.")
    return value


def _id(data: dict[str, Any]) -> str:
    value = _text(data, "id")
    if not value.strip() or len(value) > _LONGEST_ID or not value.isprintable():
        raise _malformed("id", "idは表示できる1〜120文字です。", "The id has 1 to 120 printable characters.")
    return value


def _given_id(data: dict[str, Any]) -> str:
    """The carrier's name for a text; ValueError where its answer has none."""
    value = data["id"]
    if not isinstance(value, str | int) or not str(value).strip() or len(str(value)) > _LONGEST_ID:
        raise ValueError(value)
    return str(value)


def _receipt(item: dict[str, Any]) -> Receipt:
    status, message_id = _text(item, "status"), _id(item)
    if status not in _RECEIPTS:
        raise _malformed(
            "status", "statusは delivered か undelivered です。", "The status is delivered or undelivered."
        )
    return Receipt(message_id, _RECEIPTS[status], status)


def _malformed(field: str, japanese: str, english: str) -> InvalidInput:
    return InvalidInput(japanese, english, field=field)
