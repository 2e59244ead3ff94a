"""English words around numbers: what was and what is now, values in a list, and what tells that a reply is English."""

from __future__ import annotations

import re

LIST = re.compile(
    r" ?(?:[,/&、;]| and| then again|(?= )) ?(?:and |or )?"
    r"|%?[^\d.;]{0,24}(?<![a-z])(?:left|right|thumb|index|finger|hand|rest|resting|sitting|standing|lying|walking)(?![a-z])"
    r"[^\d.;]{0,24}(?<!now )(?<!then )"
)
"""Between values that were measured one after the other, none of them said to be the last word: 93/94/93."""
_OLD_BEFORE = re.compile(
    r"(?<![a-z])(?:nan(?:a|ny)?|gran(?:ny|ma|pa|dma|dpa|dad|dmother|dfather|dmum|ddad)?)(?:s| is(?: now| only)?"
    r"| (?:just |has )?turn(?:s|ed)) $"
)
_OLD_ASIDE = re.compile(
    r"(?<![a-z])(?:mother|mum|mom|mam|father|dad|husband|wife|aunt|auntie|uncle|nan|gran\w*|brother|sister), $"
)


def of_age(text: str, start: int, end: int) -> bool:
    """Whether the number is how old somebody is: "nan is 91", "my mother, 90, has no symptoms"."""
    if _OLD_BEFORE.search(text, max(start - 30, 0), start):
        return True
    return text[end : end + 1] == "," and _OLD_ASIDE.search(text, max(start - 30, 0), start) is not None


ASKED_BEFORE = re.compile(
    r"(?:over|above|below|under|reach\w*|more than|higher than|hits?|goes to|gets to|less than|up to|lower than|"
    r"drops to|at) ?$"
)
"""A limit that is asked about, where a question mark follows ("is 3 for fever over 38?")."""
