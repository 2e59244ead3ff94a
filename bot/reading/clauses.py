"""A reply by its sentences and clauses, also where no mark ends them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence

_LOOK_BACK = 90
_POINT = re.compile(r"\d[.,]\d")
"""No clause ends inside a number (39,5)."""
_SENTENCE_END = re.compile(r"[。!?\n]|\.(?!\d)")


def _ends(pattern: re.Pattern[str] | None, text: str) -> Iterator[int]:
    return (match.end() for match in pattern.finditer(text)) if pattern else iter(())


def unmarked_ends(text: str, scope: Mapping[str, re.Pattern[str]], breaks: Collection[int]) -> list[int]:
    """The places in ``text`` where a sentence ends without a full stop (友達も陽性でした 胸が痛い).

    ``breaks`` are the places of white space that was left out between two characters.
    """
    ended = scope.get("ended")
    apart = (place for place in breaks if ended and ended.match(text, place))
    return sorted({*apart, *_ends(scope.get("sentence_ends"), text)})


class Clauses:
    """Where the sentences and clauses of ``text`` begin and end, by the ``scope`` of its language."""

    def __init__(self, text: str, scope: Mapping[str, re.Pattern[str]], unmarked: Sequence[int] = ()) -> None:
        """``unmarked`` are the places that ``unmarked_ends`` finds."""
        self.text = text
        self.scope = scope
        self.unmarked = unmarked
        self.sentences = sorted({*unmarked, *_ends(_SENTENCE_END, text)})
        breaks = (end for end in _ends(scope.get("breaks"), text) if not _POINT.match(text, max(end - 2, 0)))
        self.clauses = sorted({*self.sentences, *breaks})

    def clause(self, place: int) -> int:
        """The number of the clause that holds ``place``."""
        return bisect_right(self.clauses, place)

    def parted(self, start: int, end: int) -> bool:
        """Whether a sentence ends after ``start`` and not behind ``end``."""
        return bisect_right(self.sentences, end) > bisect_left(self.sentences, start)

    def _start(self, ends: list[int], place: int) -> int:
        at = bisect_right(ends, place)
        end = ends[at - 1] if at else 0
        return end if place - end < _LOOK_BACK else place - _LOOK_BACK

    def _before_end(self, place: int, most: int) -> int:
        """``most``, or the first place from ``place`` on where a sentence ends without a full stop."""
        at = bisect_left(self.unmarked, place)
        return min(most, self.unmarked[at]) if at < len(self.unmarked) else most

    def _rest(self, place: int) -> str:
        """The rest of the sentence after ``place``."""
        at = bisect_left(self.sentences, place)
        return self.text[place : self.sentences[at]] if at < len(self.sentences) else self.text[place:]
