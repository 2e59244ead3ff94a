"""English words around numbers: what was and what is now, values in a list, and what tells that a reply is English."""

from __future__ import annotations

import re

NOW_AFTER = re.compile(
    r" ?(?:%|c|f|degrees|percent)? ?,? ?(?:now|today|tonight|atm|currently|at the moment|right now)(?![a-z])"
)
PAST_AFTER = re.compile(
    r" ?(?:%|c|f|degrees|percent)? (?:yesterday|last night|earlier|before|on (?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|the day before|an hour ago|\d+ hours? ago|this am|at first)(?![a-z])(?! ?\d)"
)
FROM_BEFORE = re.compile(r"(?:up|down|dropped|gone|went|rose|fell|came down|jumped|improved|recovered) from ?$")
LIST = re.compile(
    r" ?(?:[,/&、;]| and| then again|(?= )) ?(?:and |or )?"
    r"|%?[^\d.;]{0,24}(?<![a-z])(?:left|right|thumb|index|finger|hand|rest|resting|sitting|standing|lying|walking)(?![a-z])"
    r"[^\d.;]{0,24}(?<!now )(?<!then )"
)
"""Between values that were measured one after the other, none of them said to be the last word: 93/94/93."""
ASKED_BEFORE = re.compile(
    r"(?:over|above|below|under|reach\w*|more than|higher than|hits?|goes to|gets to|less than|up to|lower than|"
    r"drops to|at) ?$"
)
"""A limit that is asked about, where a question mark follows ("is 3 for fever over 38?")."""
ENGLISH = re.compile(
    r"(?<![a-z])(?:sorry|is|was|and|says?|finger|hand|wife|husband|daughters?|sons?|today|now|feel\w*|fine|still|with|but|not"
    r"|actually|meant|oops|wait|reading|left|right|hubby|kids?|mom|mum|dad|baby|brother|sister|roommate|temp|fever)(?![a-z])"
)
"""Words that no other language writes: "me" and "no" beside them are the writer and a denial, no mother and no he."""
