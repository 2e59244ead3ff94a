"""English words around numbers: what was and what is now, values in a list, and what tells that a reply is English."""

from __future__ import annotations

import re

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
