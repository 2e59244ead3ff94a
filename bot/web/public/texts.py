"""What the sender's page says in each language: a TOML file each in ``texts/``."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_HERE = Path(__file__).parent / "texts"
TOGETHER = ("ja", "ja-easy", "en")
"""The languages that stand on one page; each other one has a page of its own (``?lang=``)."""


@dataclass(frozen=True, slots=True)
class Texts:
    """One language; ``{center}`` in a text becomes the center's name."""

    name: str
    title: str
    lead: str
    numbers: str
    elsewhere: str
    can_reply: str
    cannot_reply: str
    foreign: str
    never_title: str
    never: tuple[str, ...]
    check_title: str
    check: tuple[str, ...]
    phone: str
    hours: str
    stop_title: str
    stop: tuple[str, ...]
    urgent: str

    def about(self, center: str) -> Texts:
        """With the center's name put in."""
        filled: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            lines = [line.replace("{center}", center) for line in ([value] if isinstance(value, str) else value)]
            filled[field.name] = lines[0] if isinstance(value, str) else tuple(lines)
        return replace(self, **filled)


@functools.cache
def languages() -> Mapping[str, Texts]:
    """Every language: those of the common page first, then by code."""
    codes = sorted(path.stem for path in _HERE.glob("*.toml"))
    ordered = [*TOGETHER, *(code for code in codes if code not in TOGETHER)]
    return {code: _read(_HERE / f"{code}.toml") for code in ordered}


def _read(path: Path) -> Texts:
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    return Texts(**given)


def language_tag(code: str) -> str:
    """For HTML's ``lang``: plain Japanese is Japanese."""
    return "ja" if code == "ja-easy" else code
