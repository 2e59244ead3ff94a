"""Signs in a reply, in order of place, each with its status."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.reading.lexicon import Lexicon, Rule
from bot.reading.scope import Scope
from bot.reading.sign import SPEECH, Sign, Status

__all__ = ["MASK", "Sign", "Status", "find_signs", "mask_idioms"]

MASK = "\ue000"
"""Stands for each character of an idiom, so that no sign is found inside it."""

_LONG = 60
_MOST_PER_RULE = 12


def mask_idioms(text: str, lexicon: Lexicon) -> str:
    """``text`` with every idiom of the language covered."""
    if lexicon.idioms is None:
        return text
    return lexicon.idioms.sub(lambda match: MASK * len(match.group()), text)


def find_signs(text: str, masked: str, lexicon: Lexicon) -> list[Sign]:
    """All signs of one language in ``text``, each with its status, in order of place.

    Signs of health are looked for in ``masked``, where idioms are covered.
    """
    letters = set(text)
    found = [
        sign
        for rule in lexicon.rules
        if rule.first is None or not rule.first.isdisjoint(letters)
        for sign in _matches(text if rule.kind in SPEECH else masked, rule, lexicon)
    ]
    found.sort(key=lambda sign: (sign.start, sign.end))
    scope = Scope(text, lexicon)
    judged = [replace(sign, status=scope.status(sign, found)) for sign in found]
    return list(scope.chained(judged))


def _next(rule: Rule, text: str, at: int) -> re.Match[str] | None:
    """The next match of ``rule`` from ``at`` on; in a longer text only the places where it can begin are tried."""
    if rule.start is None or len(text) < _LONG:
        return rule.regex.search(text, at)
    for place in rule.start.finditer(text, at):
        match = rule.regex.match(text, place.start())
        if match is not None:
            return match
    return None


def _matches(text: str, rule: Rule, lexicon: Lexicon) -> Iterator[Sign]:
    at = count = 0
    while count < _MOST_PER_RULE and (match := _next(rule, text, at)):
        start, end = match.span()
        if end <= start:
            return
        inside_word = lexicon.spaced and start and text[start].isalnum() and text[start - 1].isalnum()
        before = text[max(start - 24, 0) : start]
        if inside_word or (rule.unless_before and rule.unless_before.search(before)):
            at = start + 1
            continue
        yield Sign(rule, start, end)
        at = end
        count += 1
