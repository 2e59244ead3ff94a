"""Signs in a reply, in order of place, each with its status."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from operator import attrgetter

from bot.reading.clauses import unmarked_ends
from bot.reading.lexicon import Lexicon
from bot.reading.listed import ListScope
from bot.reading.normalise import in_word
from bot.reading.scope import Scope
from bot.reading.sign import SPEECH, Sign, Status

__all__ = ["MASK", "Sign", "Status", "find_signs", "mask_idioms"]

MASK = "\ue000"
"""Stands for each character of an idiom, so that no sign is found inside it."""

_MOST_PER_RULE = 12
_NEAR = 4
_place = attrgetter("start", "end")


def mask_idioms(text: str, lexicon: Lexicon, breaks: Collection[int] = ()) -> str:
    """``text`` with every idiom of the language covered; ``breaks`` as in ``Normalised``.

    An idiom is of one sentence, but for languages that space words: "laughing so hard i cant breathe".
    """
    spans = list(lexicon.idioms.spans(text))
    ends = unmarked_ends(text, lexicon.scope, breaks) if spans and not lexicon.spaced else ()
    masked, done = "", 0
    for start, end in spans:
        if any(start < place < end for place in ends):
            continue
        masked, done = masked + text[done:start] + MASK * (end - start), end
    return masked + text[done:] if done else text


def find_signs(text: str, masked: str, lexicon: Lexicon, breaks: Collection[int] = ()) -> list[Sign]:
    """All signs of one language in ``text``, each with its status, in order of place.

    Signs of health are looked for in ``masked``, where idioms are covered; ``breaks`` as in ``Normalised``.
    """
    found = list(_matches(text, masked, lexicon))
    if not found:
        return found
    ends: Sequence[int] = ()
    if any(sign.kind not in SPEECH for sign in found):
        ends = unmarked_ends(text, lexicon.scope, breaks)
        found = [sign for sign in found if not _over_end(sign, ends)]
    found.sort(key=_place)
    scope = ListScope(text, lexicon, ends)
    status: dict[tuple[int, int, str, str, bool], Status] = {}  # several rules find the same words
    judged = []
    for sign in found:
        same = (sign.start, sign.end, sign.kind, sign.code, sign.rule.firm)
        if same not in status:
            status[same] = scope.status(sign, found)
        judged.append(sign.now(status[same]))
    return _without_mere_mentions(_denied(list(scope.chained(judged)), scope), scope)


def _over_end(sign: Sign, ends: Sequence[int]) -> bool:
    """Whether ``sign`` denies with the words of two sentences (me duele el pecho temperatura normal)."""
    return sign.kind == "denials" and any(sign.start < place < sign.end for place in ends)


def _denied(signs: list[Sign], scope: Scope) -> list[Sign]:
    """Signs inside words that deny them are absent (意識はなんともない); a past one that is well now is gone."""
    denials = [sign for sign in signs if sign.kind == "denials" and sign.present]
    if not denials:
        return signs
    return [sign.now(_beside(sign, denials, scope)) for sign in signs]


def _beside(sign: Sign, denials: list[Sign], scope: Scope) -> Status:
    if sign.kind != "red_flags" or sign.status is not Status.PRESENT:
        return sign.status
    for denial in denials:
        if not _alike(sign.code, denial.code):
            continue
        if denial.start <= sign.start < denial.end:
            return Status.ABSENT
        if sign.end <= denial.start and scope.was_until(sign, denial):
            return Status.GONE
    return sign.status


def _alike(code: str, other: str) -> bool:
    return code == other or {code, other} == {"confusion", "unconscious"}


def _without_mere_mentions(signs: list[Sign], scope: Scope) -> list[Sign]:
    """Without bare mentions (胸が…) beside something definite of that clause or sign, or beside a plain alarm."""
    if not any(sign.rule.bare for sign in signs):
        return signs
    definite = [
        sign for sign in signs if sign.kind in ("red_flags", "dangers", "urgent", "denials") and not sign.rule.bare
    ]
    if any(sign.kind == "red_flags" and sign.alarms for sign in definite):
        return [sign for sign in signs if not sign.rule.bare]
    return [sign for sign in signs if not sign.rule.bare or not any(_rather(other, sign, scope) for other in definite)]


def _rather(other: Sign, bare: Sign, scope: Scope) -> bool:
    """Whether ``other`` tells what the bare mention is about; an urgent one only where it uses the same words."""
    if other.code == bare.code:
        return True
    if other.kind == "urgent":
        return other.start <= bare.end + _NEAR and bare.start <= other.end
    return scope.clause(other.start) == scope.clause(bare.start)


def _matches(text: str, masked: str, lexicon: Lexicon) -> Iterator[Sign]:
    """Every match of every rule, from left to right; none over another of the same rule."""
    done: dict[int, int] = {}  # where the next match of a rule may begin
    found: dict[int, int] = {}
    for at, branches in lexicon.index.places(text):
        for branch in branches:
            match = branch.match(text if branch.speech else masked, at)
            if match is None:
                continue
            owner, end = branch.owner, match.end()
            if end <= at or done.get(owner, 0) > at:
                continue
            rule = lexicon.rules[owner]
            inside_word = lexicon.spaced and at and in_word(text[at]) and in_word(text[at - 1])
            if inside_word or (rule.unless_before and rule.unless_before.search(text[max(at - 24, 0) : at])):
                done[owner] = at + 1
                continue
            found[owner] = found.get(owner, 0) + 1
            done[owner] = end if found[owner] < _MOST_PER_RULE else len(text)
            yield Sign(rule, at, end)
