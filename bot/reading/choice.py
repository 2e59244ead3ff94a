"""Two numbers to choose from, in a question: "se so tenho tosse marco 1 ou 2?" answers neither."""

from __future__ import annotations

import re

_EITHER = re.compile(r"[1-4] ?(?:ou|or|o|u|hay(?: la)?|hoac|y|e|va|voi|com|vs|x) ?(?:o |a |do |so )?[1-4](?![\d.,]\d)")
_LONGEST = 16
"""Characters; no two numbers to choose from take more."""
_WHICH = re.compile(r"\?|(?<![a-z])(?:se|neu|if|si|khac|diferenca|qual|which|nao qual)(?![a-z])|(?: a| vay)$")


def is_choice(text: str, start: int, end: int) -> bool:
    """Whether the digit at ``start`` is one of two that are asked about."""
    near = _EITHER.finditer(text, max(start - _LONGEST, 0), end + _LONGEST)
    both = any(match.start() <= start and end <= match.end() for match in near)
    return both and bool(_WHICH.search(text))
