"""The words around menu numbers, of all languages together: a lone digit does not tell its language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.reading.beginnings import compiled
from bot.reading.normalise import fold_pattern

KEYS = (
    "numbers", "label", "counted", "ends", "alone", "spelled", "asked", "asked_after", "not_before", "not_after",
    "when", "compared", "either", "which",
)  # fmt: skip
_MEASURES = r":(?=\d)|[℃/°]|kg|ml|mg|cc|km|m(?![a-z])"
_ENTRY = r"[\W_]*"
_NEVER = "(?!)"
_LETTERS = r"\u3041-\u309f\u4e00-\u9fff\uac00-\ud7a3"
_MARKS = r"(?:番目|番|ばん|번|号|#|\)|\.(?!\d)|:|。|、|,(?!\d)|!|~|ー|〜)*"
_FREE = (
    r"(?=\()|(?= )|(?=$)|(?=\n)|(?<=番)(?=[、。!(,])|(?<=[もはでが、 ][1-4])(?=[!。])|(?<=[调状号は][1-4])(?=[、。])"
    r"|(?<=ばん)(?=[、。!(,])|(?<=[。!\n][1-4])(?=[、。(,])"
)
"""Behind a digit inside a text where nothing goes on with it."""
_NUMBER = r"(?P<digit>[1-4])(?P<number>番|ばん|번)?"


class MenuWords:
    """The sections ``menu`` of all lexicons, compiled; raises ValueError or re.error for what cannot be used.

    What each key means is told in ``conversations/reading/README.md``.
    """

    def __init__(self, sections: Iterable[tuple[Mapping[str, Any], bool]]) -> None:
        """``sections`` are those of the lexicons, each with whether its language spaces words."""
        told = [(section, spaced) for section, spaced in sections if section]
        for section, _ in told:
            if unknown := set(section) - {*KEYS}:
                raise ValueError(f"unknown words about menu numbers {sorted(unknown)}")

        def of(key: str) -> list[str]:
            return [fold_pattern(pattern) for section, _ in told for pattern in section.get(key) or ()]

        self.numbers = {
            fold_pattern(word): int(number)
            for section, _ in told
            for number, words in (section.get("numbers") or {}).items()
            for word in str(words).split()
        }
        label = rf"(?:{_any(of('label'))})(?:は|が|の|で|:|is|は、| )*"
        not_counted = rf"(?! ?(?:{_MEASURES}|{_any(_units(told))}))"
        self._patterns_of_digits(label, not_counted, _any(of("ends")))
        self.word = re.compile("|".join(sorted(map(re.escape, self.numbers), key=len, reverse=True)) or _NEVER)
        """A number word."""
        self.whole = re.compile(rf"^{_ENTRY}(?P<word>[^\W\d_]+?)(?:番|ばん|번)?[、 ]?(?:{_any(of('alone'))})?[\W_]*$")
        """A word that is the whole reply."""
        self.spelled = compiled(_any(of("spelled")))
        """A number written out, which is the group that matches."""
        self.asked = re.compile(_any(of("asked")))
        self.not_after = re.compile(
            _any([*of("asked"), *of("not_after"), rf"(?=[^.!?\n。]*\?)(?:{_any(of('asked_after'))})"])
        )
        """Right behind a number that answers nothing."""
        self.not_before = re.compile(rf"(?:{_any(of('not_before'))})$")
        """The words before a number that answers nothing."""
        pairs = [tuple(map(fold_pattern, pair)) for section, _ in told for pair in section.get("when") or ()]
        self.when = [(re.compile(f"(?:{before})$"), re.compile(after)) for before, after in pairs]
        """Words before and behind a number that ask when to give it."""
        self.compared = re.compile(_any(of("compared")))
        self.either = re.compile(rf"[1-4] ?(?:{_any(of('either'))}) ?(?:o |a |do |so )?[1-4](?![\d.,]\d)")
        self.which = re.compile(rf"\?|{_any(of('which'))}")

    def _patterns_of_digits(self, label: str, not_counted: str, ends: str) -> None:
        self.leading = re.compile(
            rf"^{_ENTRY}(?:{label})?{_NUMBER}(?!\d)(?![.,、](?!(?:3[4-9]|[89]\d)(?!\d))\d(?!\d?[.,度]))(?![年%])"
            rf"{not_counted}(?=$|[\s.,、。:;!?\-)({_LETTERS}a-z~〜…'\"\ue000+/&☆★#*\u0900-\u097f]"
            r"|番|[.,] ?3\d|[34]\d[.,]\d)"
        )
        """A digit at the beginning."""
        self.inside = compiled(
            rf"(?:(?:{label})|(?<=[→⇒\s、。,.!?\n{_LETTERS}\ue000)wｗ:〜~ー])(?<!\d[.,、。:])(?<!\d[.,、。] ))"
            rf"{_NUMBER}(?![\d.]\d)(?!\d){not_counted}{_MARKS}(?:{ends}|{_FREE})"
        )
        """A digit anywhere."""


def _units(told: Sequence[tuple[Mapping[str, Any], bool]]) -> list[str]:
    """The units; in languages that space words they are whole words."""
    return [
        f"(?:{fold_pattern(pattern)})(?![a-z])" if spaced else fold_pattern(pattern)
        for section, spaced in told
        for pattern in section.get("counted") or ()
    ]


def _any(patterns: Sequence[str]) -> str:
    return "|".join(patterns) or _NEVER
