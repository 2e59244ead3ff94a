"""Which of a language's patterns can match in a reply at all, told from the pieces of the reply in one step."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from bot.reading.beginnings import Signs
from bot.reading.needs import need_of


class Gates:
    """Compiled ``patterns`` by name; ``briefs`` are the same with signs for vocabularies, quick to take apart."""

    def __init__(
        self,
        patterns: Mapping[str, re.Pattern[str]],
        briefs: Mapping[str, str],
        signs: Callable[[int], Signs],
        size: int,
    ) -> None:
        self._patterns = patterns
        self._briefs = briefs
        self._signs = signs
        self._size = size
        self._always = dict(patterns)
        """Those that are never left out; all of them at first."""
        self._names: dict[str, list[str]] = {}
        """For a piece the patterns that need it or another."""
        self._pieces: frozenset[str] = frozenset()

    def deepen(self) -> None:
        """Find out what each pattern needs, which takes a while."""
        signs, names, always = self._signs(self._size), dict[str, list[str]](), dict[str, re.Pattern[str]]()
        for name, pattern in self._patterns.items():
            need = need_of(self._briefs[name], signs, self._size)
            if "" in need:
                always[name] = pattern
            for piece in need - {""}:
                names.setdefault(piece, []).append(name)
        self._names, self._pieces = names, frozenset(names)
        self._always = always

    def possible(self, pieces: AbstractSet[str]) -> dict[str, re.Pattern[str]]:
        """The patterns that can match in a text, of which ``pieces`` are, or in a part of it."""
        told = self._always.copy()
        patterns, names = self._patterns, self._names
        for piece in self._pieces & pieces:
            for name in names[piece]:
                told[name] = patterns[name]
        return told
