"""What is kept of a reading, so that the reply can be read again just as it was read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.domain.reading import Context, Part
from bot.domain.text import DAMAGE


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a reply was read with, beside its words and the version of the rules.

    ``members[i]`` are the names by which member i of the household could be meant, ``asked`` is the member asked last.
    ``code`` tells the program that read it: its version and a fingerprint of the code that reads.
    """

    context: Context
    members: tuple[tuple[str, ...], ...] = ()
    asked: int | None = None
    code: str = ""

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Circumstances:
        data = json.loads(text)
        return cls(Context(data["context"]), tuple(map(tuple, data["members"])), data["asked"], data["code"])


def readable(text: str) -> str:
    """The words of a reply as the reader gets them: what arrived damaged is a gap."""
    return text.replace(DAMAGE, " ")


def readings_json(parts: Sequence[Part]) -> str:
    """What was read and why, as it is stored with the reply and shown to staff."""
    rows: list[dict[str, Any]] = [{**asdict(part.reading), "who": part.who} for part in parts]
    return json.dumps(rows, ensure_ascii=False)


def same_readings(stored: Sequence[Mapping[str, Any]], again: Sequence[Mapping[str, Any]]) -> bool:
    """Whether ``again`` says all that was stored; what only a later program writes down is passed over."""
    return len(stored) == len(again) and all(map(_holds, stored, again))


def _holds(stored: Any, again: Any) -> bool:  # noqa: ANN401  # JSON is anything
    if isinstance(stored, Mapping):
        return isinstance(again, Mapping) and all(_holds(stored[key], again.get(key)) for key in stored)
    if isinstance(stored, list):
        return isinstance(again, list) and len(stored) == len(again) and all(map(_holds, stored, again))
    return bool(stored == again)
