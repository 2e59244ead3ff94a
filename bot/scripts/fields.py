"""Typed reading of a YAML tree: each getter gives a value or notes an issue with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

from bot.scripts.issue import Issue, Place
from bot.scripts.yamltree import Entries, Items, Scalar, Tree, parse_yaml

_INTEGER = re.compile(r"^-?\d{1,9}$")
_NUMBER = re.compile(r"^-?\d{1,6}(\.\d{1,3})?$")
_DURATION = re.compile(r"^(\d{1,4}) ?(m|h|d)$")
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_TRUTHS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a file; ``what`` is how issues call it (``steps.daily.say``), ``line`` is that of its key."""

    tree: Tree
    file: str
    what: str
    issues: list[Issue]
    line: int

    @property
    def place(self) -> Place:
        return Place(self.file, self.line)

    @property
    def body(self) -> Place:
        """Where the value's own first line stands (below ``key: |-`` it is the next line)."""
        below = isinstance(self.tree, Scalar) and self.tree.block
        return Place(self.file, self.tree.line + below)

    def wrong(self, ja: str, en: str, *, code: str = "wrong-value") -> None:
        """Note that this value cannot be used."""
        self.issues.append(Issue.error(code, self.place, f"「{self.what}」{ja}", f"“{self.what}” {en}"))

    # -- shapes ------------------------------------------------------------------------------------------------------
    def entries(self) -> dict[str, Field]:
        """The values of a mapping by key; empty (with an issue) where this is none."""
        if not isinstance(self.tree, Entries):
            self.wrong(
                "は「名前: 値」の並びにしてください。", "must be a list of “name: value” lines.", code="wrong-type"
            )
            return {}
        return {key: self._inner(value, key, line) for key, (line, value) in self.tree.entries.items()}

    def known(self, keys: Iterable[str], required: Iterable[str] = ()) -> dict[str, Field]:
        """As ``entries``, but keys outside ``keys`` and missing ``required`` ones are issues."""
        found, keys = self.entries(), tuple(keys)
        for key in [key for key in found if key not in keys]:
            self._unknown(key, keys)
            del found[key]
        if isinstance(self.tree, Entries):
            for key in required:
                if key not in found:
                    self.wrong(f"に「{key}」がありません。", f"lacks “{key}”.", code="missing-key")
        return found

    def _unknown(self, key: str, keys: tuple[str, ...]) -> None:
        line = self.tree.entries[key][0] if isinstance(self.tree, Entries) else self.tree.line
        words = ", ".join(keys)
        ja = f"「{self.what}」に書けない語「{key}」があります。書けるのは {words} です。"
        en = f"“{self.what}” holds the unknown word “{key}”; it may hold {words}."
        self.issues.append(Issue.error("unknown-key", Place(self.file, line), ja, en))

    def listed(self) -> Iterator[Field]:
        """The items of a list; a single value counts as a list of one."""
        if isinstance(self.tree, Items):
            for number, item in enumerate(self.tree.items, start=1):
                yield self._inner(item, str(number), item.line)
        else:
            yield self

    def _inner(self, tree: Tree, key: str, line: int) -> Field:
        return Field(tree, self.file, f"{self.what}.{key}" if self.what else key, self.issues, line)

    # -- values ------------------------------------------------------------------------------------------------------
    def text(self) -> str:
        """A text; empty with an issue where nothing or a list is written."""
        if not isinstance(self.tree, Scalar):
            self.wrong("は一つの値にしてください。", "must be a single value.", code="wrong-type")
            return ""
        if self.tree.null:
            self.wrong("が空です。", "is empty.", code="wrong-type")
        return self.tree.text

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.listed())

    def one_of(self, words: Iterable[str], default: str) -> str:
        words, text = tuple(words), self.text()
        if text in words:
            return text
        self.wrong(
            f"は {', '.join(words)} のどれかにしてください(今は「{text}」)。",
            f"must be one of {', '.join(words)} (it is “{text}”).",
        )
        return default

    def integer(self, low: int, high: int, default: int = 0) -> int:
        text = self.text()
        if _INTEGER.match(text) and low <= int(text) <= high:
            return int(text)
        self.wrong(
            f"は {low} から {high} の整数にしてください(今は「{text}」)。",
            f"must be a whole number from {low} to {high} (it is “{text}”).",
        )
        return default

    def number(self, low: float, high: float, default: float = 0.0) -> float:
        text = self.text()
        if _NUMBER.match(text) and low <= float(text) <= high:
            return float(text)
        self.wrong(
            f"は {low:g} から {high:g} の数にしてください(今は「{text}」)。",
            f"must be a number from {low:g} to {high:g} (it is “{text}”).",
        )
        return default

    def flag(self) -> bool:
        text = self.text()
        if text not in _TRUTHS:
            self.wrong(f"は true か false にしてください(今は「{text}」)。", f"must be true or false (it is “{text}”).")
        return _TRUTHS.get(text, False)

    def day(self) -> date:
        text = self.text()
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.wrong(
                f"は 2022-09-07 のような日付にしてください(今は「{text}」)。",
                f"must be a date like 2022-09-07 (it is “{text}”).",
            )
            return date.min

    def clock(self) -> time:
        match = _CLOCK.match(self.text())
        if match and int(match[1]) < 24 and int(match[2]) < 60:
            return time(int(match[1]), int(match[2]))
        self.wrong('は "09:00" のような時刻にしてください。', 'must be a time of day like "09:00".')
        return time(9, 0)

    def duration(self) -> timedelta:
        """``30m``, ``2h`` or ``1d``."""
        match = _DURATION.match(self.text())
        if match:
            return timedelta(**{_UNITS[match[2]]: int(match[1])})
        self.wrong(
            "は 30m、2h、1d のように書いてください(分・時間・日)。",
            "must be a time like 30m, 2h or 1d (minutes, hours, days).",
        )
        return timedelta(hours=1)


def open_file(file: str, text: str, issues: list[Issue]) -> Field | None:
    """The top of a YAML file; None, with issues, where it cannot be used at all."""
    tree, faults = parse_yaml(text)
    issues += [Issue.error(fault.code, Place(file, fault.line), fault.ja, fault.en) for fault in faults]
    if tree is None:
        if not faults:
            issues.append(Issue.error("yaml", Place(file), "何も書かれていません。", "The file is empty."))
        return None
    return Field(tree, file, "", issues, tree.line)
