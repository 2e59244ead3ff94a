"""Requests as they may be shown: without an account's secrets, however a request spells them."""

from __future__ import annotations

import base64
import html
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pydantic import SecretStr

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HIDDEN = "…"
_SHORTEST = 4
"""Shorter secrets are found in any text."""
_SHORTEST_BASE64 = 6
_BASE64 = r"(?:[A-Za-z0-9+/_-]|%2[BbFf]){0,100}"
_PADDING = r"(?:=|%3[Dd]){0,2}"
_KEYS = re.compile(
    r"((?:^|[?&])(?!keyword=)[^=&#?\s]*(?:key|token|secret|pass|pwd|pw|auth|credential|sig)[^=&#?\s]*=)[^&#\s]+",
    re.IGNORECASE,
)


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text with "…" for each secret: as it is, quoted for URLs, JSON or XML, or in base64, alone or beside others.

    The characters of one secret may be spelled in different ways: libraries differ in what they quote.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        text = re.sub(_spelled(secret), HIDDEN, text)
        for middle in _in_base64(secret):
            text = re.sub(f"{_BASE64}{_spelled(middle)}{_BASE64}{_PADDING}", HIDDEN, text)
    return text


def without_keys(text: str) -> str:
    """An address or a form with "…" for what is named like a key: one that was mistyped is in nobody's settings."""
    return _KEYS.sub(rf"\1{HIDDEN}", text)


def secrets_of(value: Any) -> Iterator[str]:  # noqa: ANN401  # settings hold anything
    """Every secret in an account's settings, wherever it stands."""
    if isinstance(value, SecretStr):
        if len(value.get_secret_value()) >= _SHORTEST:
            yield value.get_secret_value()
    elif isinstance(value, dict):
        for item in value.values():
            yield from secrets_of(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from secrets_of(item)
    elif hasattr(value, "model_fields_set"):
        for _, item in value:
            yield from secrets_of(item)


def _spelled(secret: str) -> str:
    """A pattern of every spelling."""
    return "".join(f"(?:{'|'.join(_spellings(char))})" for char in secret)


def _spellings(char: str) -> list[str]:
    percent = "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
    written = {char, json.dumps(char)[1:-1], html.escape(char), html.escape(char).replace("&#x27;", "&apos;")}
    written |= {"+"} if char == " " else {r"\/"} if char == "/" else set()
    anyhow = [f"(?i:{re.escape(percent)}|{re.escape(quote(percent))})"]  # quoted once or twice, in either case
    return [*map(re.escape, sorted(written)), *anyhow]


def _in_base64(secret: str) -> Iterator[str]:
    """What base64 of ``user:secret`` and the like holds of it, for each place where it may begin."""
    for before in range(3):
        octets = bytes(before) + secret.encode("utf-8", "surrogatepass")
        whole = base64.b64encode(octets).decode()
        middle = whole[-(-before * 8 // 6) : len(octets) * 8 // 6]
        if len(middle) >= _SHORTEST_BASE64:
            yield middle
            if set(middle) & set("+/"):
                yield middle.translate(str.maketrans("+/", "-_"))
