"""Texts and receipts in a request, by the templates that an operator wrote."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from bot.domain.errors import InvalidInput
from bot.domain.messages import Inbound, Part, Receipt
from bot.domain.states import TextState
from bot.gateways.base import LONGEST_ID
from bot.gateways.generic_settings import InboundReading, ReceiptReading, time_of
from bot.gateways.generic_templates import as_text, dig, rendered
from bot.gateways.reading_values import count, epoch, moment, price_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from bot.domain.gateway import WebRequest

Section = InboundReading | ReceiptReading
_NO = {"", "0", "false", "none"}
_REPLACED = "\ufffd"
_TEXT_FIELDS = ("id", "sender", "recipient", "text", "sent_at", "part_reference", "part_number", "part_total")
_RECEIPT_FIELDS = ("id", "reference", "code", "at", "segments", "price", "carrier")
_TELLING = ("id", "reference", "sender", "text", "code", "part_reference", "part_number")
"""What differs from one text or receipt to the next."""


class Headers(dict[str, str]):
    """Names in any case."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())


def names_of(request: WebRequest, sender: str, charset: str = "utf-8") -> dict[str, Any]:
    """What templates see of a request; ``json`` is {} where the body is none."""
    parts = urlsplit(request.url)
    return {
        "method": request.method,
        "url": request.url,
        "path": parts.path,
        "query": _first(_query(request, charset)),
        "headers": Headers(request.headers),
        "body": as_text(request.body),
        "json": _json(request.body, charset, default={}),
        "form": _first(_form(request, charset)),
        "sender": sender,
        "item": {},
        "index": 0,
    }


def _query(request: WebRequest, charset: str) -> dict[str, list[str]]:
    return _columns(urlsplit(request.url).query, charset)


def _form(request: WebRequest, charset: str) -> dict[str, list[str]]:
    """Fields as they should be, in ASCII; some providers send characters without escaping them."""
    return _columns(request.body.decode("ascii" if request.body.isascii() else charset, "replace"), charset)


def _columns(text: str, charset: str) -> dict[str, list[str]]:
    try:
        return parse_qs(text, keep_blank_values=True, encoding=charset, errors="replace")
    except ValueError:  # too many fields
        return {}


def _first(columns: dict[str, list[str]]) -> dict[str, str]:
    return {name: values[0] for name, values in columns.items()}


def _json(body: bytes, charset: str, default: Any = None) -> Any:  # noqa: ANN401  # JSON is anything
    try:
        return json.loads(body.decode(charset, "replace"))
    except (ValueError, RecursionError):
        return default


def items(section: Section, request: WebRequest) -> list[Any]:
    """The texts or receipts that one request brings; raises InvalidInput where it cannot be read at all."""
    kind = section.content if section.content != "auto" else _kind(request)
    if kind == "json":
        data = _json(request.body, section.charset)
        if data is None:
            raise InvalidInput("JSONとして読めません。", "This is not JSON.", field="body")
        return _listed(data, section)
    columns = _query(request, section.charset) if kind == "query" else _form(request, section.charset)
    if section.each == "*":
        return _rows(section, columns)
    return _listed(_first(columns), section)


def _kind(request: WebRequest) -> str:
    if "json" in request.header("content-type").lower() or request.body.lstrip()[:1] in {b"{", b"["}:
        return "json"
    return "form" if request.body else "query"


def _listed(data: Any, section: Section) -> list[Any]:  # noqa: ANN401  # JSON is anything
    """The list at ``each``; where ``when`` tells kinds of requests apart, one without it brings nothing."""
    found = dig(data, section.each)
    if found is None and not section.when:
        name = section.each or "body"
        raise InvalidInput(f"{name}がありません。", f"There is no {name}.", field=name)
    return found if isinstance(found, list) else [] if found is None else [found]


def _rows(section: Section, columns: dict[str, list[str]]) -> list[dict[str, str]]:
    """Repeated fields as rows; a field that stands once may belong to all, but not one that tells them apart.

    Raises InvalidInput where it cannot be known whose a field is that the templates read.
    """
    read = {name: values for name, values in columns.items() if _reads(section, (*_fields(section), "when"), name)}
    many = max((len(values) for values in (read or columns).values()), default=0)
    full = {}
    for name, values in columns.items():
        shared = len(values) == 1 and not _reads(section, _TELLING, name)
        if len(values) == many or shared:
            full[name] = values * many if len(values) == 1 else values
        elif name in read:
            raise InvalidInput(
                f"{name}の数が他の項目の数({many})と違います。", f"Others stand {many} times, but not {name}.",
                field=name,
            )  # fmt: skip
    return [dict(zip(full, row, strict=True)) for row in zip(*full.values(), strict=True)]


def _fields(section: Section) -> tuple[str, ...]:
    return _TEXT_FIELDS if isinstance(section, InboundReading) else _RECEIPT_FIELDS


def _reads(section: Section, fields: Iterable[str], name: str) -> bool:
    """Whether one of these templates reads that field of ``item``."""
    place = re.compile(rf"\bitem\s*(\.\s*|\[\s*['\"]|\|\s*\w+\(\s*['\"]){re.escape(name)}(?!\w)")
    return any(place.search(getattr(section, field, "")) for field in fields)


def values(section: Section, request: WebRequest, sender: str) -> Iterator[dict[str, str]]:
    """What each template gave, for each text or receipt that ``when`` lets through."""
    names = names_of(request, sender, section.charset)
    fields = _fields(section)
    for index, item in enumerate(items(section, request)):
        own = {**names, "item": item, "index": index}
        if section.when and rendered(section.when, own).strip().lower() in _NO:
            continue
        yield {name: rendered(getattr(section, name), own) for name in fields}


def read_texts(section: InboundReading, request: WebRequest, sender: str) -> list[Inbound]:
    return [_text(section, given, request.body) for given in _readable(section, request, sender)]


def read_receipts(section: ReceiptReading, request: WebRequest, sender: str) -> list[Receipt]:
    return [_receipt(section, given) for given in _readable(section, request, sender)]


def _readable(section: Section, request: WebRequest, sender: str) -> list[dict[str, str]]:
    try:
        return list(values(section, request, sender))
    except ValueError as error:
        raise InvalidInput(f"テンプレートで読めません: {error}", f"A template failed: {error}", field="body") from None


def _text(section: InboundReading, given: Mapping[str, str], raw: bytes) -> Inbound:
    message_id = _id(given["id"], "id") if section.id else ""
    if not given["sender"].strip():
        raise InvalidInput("senderは必須です。", "sender is required.", field="sender")
    return Inbound(
        message_id,
        given["sender"].strip(),
        given["recipient"].strip(),
        given["text"],
        raw,
        part=_part(given),
        sent_at=_time(given["sent_at"], section),
        damaged=_REPLACED in given["text"],
    )


def _receipt(section: ReceiptReading, given: Mapping[str, str]) -> Receipt:
    message_id, reference = given["id"].strip(), given["reference"].strip()
    _id(message_id or reference, "id")
    code = given["code"].strip()
    state, reason = section.codes.get(code, (TextState.UNKNOWN, None))
    return Receipt(
        message_id,
        state,
        code[:60],
        reference=reference,
        reason=reason,
        at=_time(given["at"], section),
        segments=count(given["segments"]),
        price=price_in(given["price"]),
        carrier=given["carrier"].strip()[:40],
    )


def _id(value: str, name: str) -> str:
    if not value.strip() or len(value) > LONGEST_ID or not value.isprintable():
        raise InvalidInput(
            f"{name}は表示できる1〜{LONGEST_ID}文字です。", f"{name} has 1 to {LONGEST_ID} printable characters.",
            field=name,
        )  # fmt: skip
    return value


def _part(given: Mapping[str, str]) -> Part | None:
    number, total = count(given["part_number"]), count(given["part_total"])
    if not given["part_reference"] or number is None or total is None or not number <= total or total == 1:
        return None
    return Part(given["part_reference"], number, total)


def _time(text: str, section: Section) -> datetime | None:
    return time_of(text, section) if section.time_format else moment(text) or epoch(text)
