"""The lexicon: words, signs and scope of each language, loaded once from ``conversations/reading/*.yaml``.

How a pattern is written is told in ``conversations/reading/README.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.reading import RED_FLAGS, SYMPTOMS
from bot.reading.beginnings import Index
from bot.reading.normalise import fold_pattern
from bot.reading.spelling import Spelling

_KINDS = ("red_flags", "dangers", "urgent", "symptoms", "denials", "states", "intents")
_WORD = re.compile(r"<([a-z_]+)>")
_SCOPE_KEYS = (
    "not_before", "not_after", "list_gap", "predicate_gap", "list_not", "undone", "if_before", "if_after",
    "past_before", "past_after", "gone", "long_ago", "others", "home", "family", "breaks", "me", "doubt",
    "not_inside", "list_or",
    "ill_relative", "body", "now",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One family of expressions: ``kind`` is the section it stands in, ``code`` what it means.

    A ``firm`` rule says "not" itself (水も飲めない), so that only "not so much that ..." undoes it.
    """

    kind: str
    code: str
    regex: re.Pattern[str]
    unless_before: re.Pattern[str] | None = None
    firm: bool = False
    bare: bool = False
    """A mere mention (息が…): it counts only where nothing more definite is told."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything known of one language; ``spaced`` languages put white space between words."""

    code: str
    spaced: bool
    idioms: re.Pattern[str] | None
    rules: tuple[Rule, ...]
    scope: Mapping[str, re.Pattern[str]]
    alone: Mapping[str, re.Pattern[str]]
    filler: re.Pattern[str] | None
    index: Index
    """Where which of the rules can begin."""
    everyday: re.Pattern[str] | None
    """Filler and known words together, the longer polite phrases first."""
    spelling: Spelling | None = None
    """How the words of a reply are spelt before they are read."""


def build(data: Mapping[str, Any]) -> Lexicon:
    """The lexicon in the data of one file; raises re.error, KeyError, TypeError or ValueError for what is wrong."""
    spaced = bool(data.get("spaced"))
    words = _words(data.get("words") or {}, spaced=spaced)

    def compiled(patterns: str | Sequence[str], *, start: bool = False) -> re.Pattern[str]:
        return _compile([patterns] if isinstance(patterns, str) else patterns, words, spaced=spaced, edges=start)

    def maybe(key: str) -> re.Pattern[str] | None:
        return compiled(data[key], start=True) if data.get(key) else None

    scope = data.get("scope") or {}
    if unknown := set(scope) - set(_SCOPE_KEYS):
        raise ValueError(f"unknown scope {sorted(unknown)}")
    rules = tuple(_rules(data, words, spaced=spaced))
    return Lexicon(
        code=data["language"],
        spaced=spaced,
        idioms=maybe("idioms"),
        rules=rules,
        index=Index([rule.regex.pattern for rule in rules], spaced=spaced),
        scope={key: compiled(pattern) for key, pattern in scope.items()},
        alone={key: compiled(patterns) for key, patterns in (data.get("alone") or {}).items()},
        filler=maybe("filler"),
        everyday=compiled([*(data.get("filler") or []), *(data.get("known") or [])], start=True),
        spelling=Spelling(data["spellings"]) if data.get("spellings") else None,
    )


def _words(data: Mapping[str, Any], *, spaced: bool) -> dict[str, str]:
    words: dict[str, str] = {}
    for name, items in data.items():
        folded = [_expand(item, words, spaced=spaced) for item in _flat(items)]
        words[name] = f"(?:{'|'.join(folded)})"
    return words


def _rules(data: Mapping[str, Any], words: Mapping[str, str], *, spaced: bool) -> Iterator[Rule]:
    for kind in _KINDS:
        for code, groups in (data.get(kind) or {}).items():
            if (kind == "red_flags" and code not in RED_FLAGS) or (kind == "symptoms" and code not in SYMPTOMS):
                raise ValueError(f"unknown code {code}")
            for group in groups:
                unless = group.get("unless_before")
                yield Rule(
                    kind,
                    code,
                    _compile(_flat(group["say"]), words, spaced=spaced, edges=True),
                    _compile([f"(?:{unless})$"], words, spaced=spaced) if unless else None,
                    bool(group.get("firm")),
                    bool(group.get("bare")),
                )


def _flat(items: str | Sequence[str]) -> list[str]:
    """A list of patterns, or one text with a pattern per line."""
    lines = items.split("\n") if isinstance(items, str) else [str(item) for item in items]
    return [line.strip() for line in lines if line.strip()]


def _compile(
    patterns: Sequence[str], words: Mapping[str, str], *, spaced: bool, edges: bool = False
) -> re.Pattern[str]:
    bodies = [_expand(pattern, words, spaced=spaced) for pattern in _flat("\n".join(patterns))]
    body = "|".join(bodies)
    try:
        return re.compile(f"(?:{body})(?!\\w)" if spaced and edges else body)
    except re.error as error:
        for one in bodies:
            _name_the_wrong_one(one, error)
        raise


def _name_the_wrong_one(body: str, error: re.error) -> None:
    try:
        re.compile(body)
    except re.error as wrong:
        where = body[max((wrong.pos or 0) - 20, 0) : (wrong.pos or 0) + 10]
        raise ValueError(f"{wrong} near {where!r}") from error


def _expand(pattern: str, words: Mapping[str, str], *, spaced: bool) -> str:
    """``<word>`` becomes its vocabulary, ``~`` a short gap inside the clause, ``~~`` a longer one."""
    short, long = (
        (r"(?:(?: [^\s.;!?,]+){0,2} )", r"(?:(?: [^\s.;!?]+){0,5} )")
        if spaced
        else (r"(?:[^。.!?\n、,]{0,5}?)", r"(?:[^。!?\n]{0,12}?)")
    )
    pattern = fold_pattern(pattern).replace("~~", "\x01").replace("~", "\x02")
    pattern = _WORD.sub(lambda match: words[match.group(1)], pattern)
    return pattern.replace("\x01", long).replace("\x02", short)
