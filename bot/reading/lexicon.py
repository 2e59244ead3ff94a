"""The lexicon: words, signs and scope of each language, loaded once from ``conversations/reading/*.yaml``.

How a pattern is written is told in ``conversations/reading/README.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

from bot.domain.reading import RED_FLAGS, SYMPTOMS
from bot.reading.alternatives import branches_of, factored, group_at
from bot.reading.beginnings import Index, beginnings, guarded
from bot.reading.spelling import Spelling
from bot.reading.value_told import Mark
from bot.reading.vocabulary import Vocabulary, lines

_KINDS = ("red_flags", "dangers", "urgent", "symptoms", "denials", "states", "intents")
SPEECH = ("states", "intents")
"""Kinds of rules that tell no sign of health."""
_BEHIND = re.compile(r"\(\?<[=!]")
_WORD_BEGIN = "(?<![\\w\u0900-\u0963])"
_WORD_END = "(?![\\w\u0900-\u0963])"
SCOPE_KEYS = (
    "not_before", "not_after", "list_gap", "joins", "predicate_gap", "list_not", "undone", "if_before", "if_after",
    "past_before", "past_after", "gone", "long_ago", "others", "home", "family", "breaks", "me", "doubt",
    "not_inside", "not_ending", "told_by", "only", "no_word", "weak", "list_or",
    "ill_relative", "body", "grave_body", "left_over", "past_inside", "now", "told_now",
    "thing_before", "thing_after", "animal_before", "colour_from", "colour_ill", "own_duty", "effort",
    "supplied", "since", "apart", "gone_of", "gone_behind", "gone_lead", "topic", "thought", "despite", "asked",
    "sentence_ends", "ended", "unlike_before", "unlike_any", "back", "again", "was_well",
)  # fmt: skip


class Branch:
    """One alternative of a rule, compiled when it is first tried: most are never."""

    __slots__ = ("_source", "brief", "match", "owner", "speech")

    def __init__(self, source: str, brief: str = "", *, owner: int = 0, speech: bool = False) -> None:
        self._source = source
        self.match: Callable[[str, int], re.Match[str] | None] = self._first
        """The match at a place of a text, if there is one."""
        self.brief = brief
        """The pattern with signs for vocabularies."""
        self.owner = owner
        """The number of its rule."""
        self.speech = speech
        """Whether it tells no sign of health, and so may match inside idioms."""
        for behind in _behinds(source):
            _check(behind)

    def prepare(self) -> None:
        """Compile it now; raises ValueError where that cannot be done."""
        self.match = _compiled(self._source).match

    def _first(self, text: str, at: int) -> re.Match[str] | None:
        self.prepare()
        return self.match(text, at)


@dataclass(frozen=True, slots=True)
class Rule:
    """One family of expressions: ``kind`` is the section it stands in, ``code`` what it means.

    A ``firm`` rule says "not" itself (水も飲めない), so that only "not so much that ..." undoes it.
    """

    kind: str
    code: str
    branches: tuple[Branch, ...] = ()
    unless_before: re.Pattern[str] | None = None
    firm: bool = False
    bare: bool = False
    """A mere mention (息が…): it counts only where nothing more definite is told."""


class Idioms:
    """Turns of speech that name the body or danger and mean neither."""

    def __init__(self, index: Index[Branch]) -> None:
        self.index = index

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Where they stand in ``text``, from left to right, none over another."""
        done = 0
        for at, branches in self.index.places(text):
            if at < done:
                continue
            for branch in branches:
                match = branch.match(text, at)
                if match is not None and match.end() > at:
                    done = match.end()
                    yield at, done
                    break


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything known of one language; ``spaced`` languages put white space between words."""

    code: str
    spaced: bool
    idioms: Idioms
    rules: tuple[Rule, ...]
    scope: Mapping[str, re.Pattern[str]]
    values: Mapping[str, re.Pattern[str]]
    """Words about values: whose they are, and of when (``value_told``)."""
    alone: Mapping[str, re.Pattern[str]]
    starts: Mapping[str, frozenset[str]]
    """What the words of ``alone`` begin with: up to two letters, "" where they can begin with anything."""
    filler: re.Pattern[str] | None
    index: Index[Branch]
    """Where which branches of the rules can begin."""
    everyday: re.Pattern[str] | None
    """Filler and known words together, the longer polite phrases first."""
    spelling: Spelling | None = None
    """How the words of a reply are spelt before they are read."""


def build(data: Mapping[str, Any]) -> Lexicon:
    """The lexicon in the data of one file; raises re.error, KeyError, TypeError or ValueError for what is wrong."""
    spaced = bool(data.get("spaced"))
    words = Vocabulary(data.get("words") or {}, spaced=spaced)

    def compiled(patterns: str | Sequence[str], *, start: bool = False) -> re.Pattern[str]:
        return _compile([patterns] if isinstance(patterns, str) else patterns, words, spaced=spaced, edges=start)

    def maybe(key: str) -> re.Pattern[str] | None:
        return compiled(data[key], start=True) if data.get(key) else None

    scope = data.get("scope") or {}
    if unknown := set(scope) - set(SCOPE_KEYS):
        raise ValueError(f"unknown scope {sorted(unknown)}")
    rules = tuple(_rules(data, words, spaced=spaced))
    branches = [branch for rule in rules for branch in rule.branches]
    return Lexicon(
        code=data["language"],
        spaced=spaced,
        idioms=_idioms(data.get("idioms") or (), words, spaced=spaced),
        rules=rules,
        index=_index(branches, words, spaced=spaced),
        scope={key: compiled(pattern) for key, pattern in scope.items()},
        values=_about_values(data.get("values") or {}, words, spaced=spaced),
        alone={key: compiled(patterns) for key, patterns in (data.get("alone") or {}).items()},
        starts={key: _starts(words, patterns) for key, patterns in (data.get("alone") or {}).items()},
        filler=maybe("filler"),
        everyday=compiled([*(data.get("filler") or []), *(data.get("known") or [])], start=True),
        spelling=Spelling(data["spellings"]) if data.get("spellings") else None,
    )


def _about_values(data: Mapping[str, str], words: Vocabulary, *, spaced: bool) -> dict[str, re.Pattern[str]]:
    if unknown := set(data) - {mark.value for mark in Mark}:
        raise ValueError(f"unknown words about values {sorted(unknown)}")
    begin = _WORD_BEGIN if spaced else ""
    return {key: _compile([f"{begin}(?:{pattern})"], words, spaced=spaced, edges=True) for key, pattern in data.items()}


def _starts(words: Vocabulary, patterns: str | Sequence[str]) -> frozenset[str]:
    """The first letters, up to what may be left out or written otherwise: white space, a long sound.

    No answer begins with white space, so that what does is left out.
    """
    starts = beginnings(words.brief_of(lines(patterns)), words.heads(2), 2)
    if starts is None:
        return frozenset(("",))
    return frozenset(start.partition(" ")[0].partition("ー")[0] for start in starts if start[0] != " ")


def _index(branches: Sequence[Branch], words: Vocabulary, *, spaced: bool) -> Index[Branch]:
    return Index(branches, [branch.brief for branch in branches], words.heads, spaced=spaced)


def _rules(data: Mapping[str, Any], words: Vocabulary, *, spaced: bool) -> Iterator[Rule]:
    owners = count()
    for kind in _KINDS:
        for code, groups in (data.get(kind) or {}).items():
            if (kind == "red_flags" and code not in RED_FLAGS) or (kind == "symptoms" and code not in SYMPTOMS):
                raise ValueError(f"unknown code {code}")
            for group in groups:
                unless = group.get("unless_before")
                speech, owner = kind in SPEECH, next(owners)
                yield Rule(
                    kind,
                    code,
                    tuple(_branches(lines(group["say"]), words, spaced=spaced, owner=owner, speech=speech)),
                    _compile([f"(?:{unless})$"], words, spaced=spaced) if unless else None,
                    bool(group.get("firm")),
                    bool(group.get("bare")),
                )


def _idioms(patterns: str | Sequence[str], words: Vocabulary, *, spaced: bool) -> Idioms:
    return Idioms(_index([*_branches(lines(patterns), words, spaced=spaced)], words, spaced=spaced))


def _branches(
    patterns: Sequence[str], words: Vocabulary, *, spaced: bool, owner: int = 0, speech: bool = False
) -> Iterator[Branch]:
    for pattern in patterns:
        for branch in branches_of(pattern):
            source = words.expand(branch)
            whole = f"(?:{source}){_WORD_END}" if spaced else source
            yield Branch(whole, words.brief(branch), owner=owner, speech=speech)


def _compile(patterns: Sequence[str], words: Vocabulary, *, spaced: bool, edges: bool = False) -> re.Pattern[str]:
    bodies = [words.expand(one) for pattern in lines("\n".join(patterns)) for one in branches_of(pattern)]
    body = factored(bodies)
    try:
        return _compiled(guarded(f"(?:{body}){_WORD_END}" if spaced and edges else body))
    except ValueError:
        for one in bodies:  # the wrong one is named alone
            _compiled(one)
        raise


@lru_cache(maxsize=1_000)
def _check(behind: str) -> None:
    _compiled(behind)


def _behinds(source: str) -> Iterator[str]:
    """The parts of ``source`` that look behind: of unequal lengths they are an error that only compiling finds."""
    for match in _BEHIND.finditer(source):
        yield group_at(source, match.start())


def _compiled(source: str) -> re.Pattern[str]:
    """The pattern; raises ValueError that shows the place where it is wrong."""
    try:
        return re.compile(source)
    except re.error as wrong:
        at = wrong.pos or 0
        raise ValueError(f"{wrong} near {source[max(at - 20, 0) : at + 10]!r}") from wrong
