"""Where a resident's name stands in a text, in every spelling that people use for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import permutations

from bot.corrections.fold import Folded, fold
from bot.corrections.romaji import romaji

_HONORIFIC = r"(?:さん|さま|様|ちゃん|ちゃま|くん|君|殿|氏|先生|-?(?:san|sama|kun|chan|sensei)(?![a-z]))"
_PARTICLE = r"(?:は|が|も|の|と|に|を|へ|で|だ|や|より|から|って)"
_BETWEEN = r"[\s・.,、_=-]*"
_KANJI = "\u3400-\u4dbf\u4e00-\u9fff々"
_KANA = "ぁ-ゖー"
_SHORT = 2
_UNSPLIT = 3
"""From so many characters on, a name that is written in one piece is also looked for by its first and last ones."""

Person = tuple[str, str]
"""A name and its reading, as on the roster."""


def find_names(text: Folded, original: str, people: Sequence[Person]) -> Iterator[tuple[int, int]]:
    """Places in ``original`` that name one of ``people``; short names only where they stand for themselves."""
    for person in people:
        for pattern, needs_capital in _patterns(person):
            for match in pattern.finditer(text.text):
                start, end = text.span(*match.span())
                if not needs_capital or original[start].isupper():
                    yield start, end


def _patterns(person: Person) -> Iterator[tuple[re.Pattern[str], bool]]:
    """Patterns on folded text, whole names first; True where the match counts only with a capital letter."""
    spelt = [_tokens(part) for part in person]
    for tokens in spelt:
        latin = [romaji(token) for token in tokens if _is_kana(token)]
        if len(latin) == len(tokens):
            yield from _of_tokens(latin, latin=True)
        yield from _of_tokens([_spaced(token) for token in tokens], latin=all(map(_is_latin, tokens)))
        for token in tokens:
            yield from _of_token(token)


def _of_tokens(tokens: Sequence[str], *, latin: bool) -> Iterator[tuple[re.Pattern[str], bool]]:
    """The name in full, family name first or last."""
    if 1 < len(tokens) <= 4:
        for order in permutations(tokens):
            whole = _BETWEEN.join(order)
            yield re.compile(rf"(?<![a-z]){whole}(?={_HONORIFIC}|(?![a-z]))" if latin else whole), False


def _of_token(token: str) -> Iterator[tuple[re.Pattern[str], bool]]:
    """One part of a name alone."""
    if _is_latin(token):
        yield from _latin(re.escape(token), len(token))
    elif _is_kana(token):
        yield re.compile(_kana(token)), False
        yield from _latin(romaji(token), len(token) + 1)
    else:
        for piece in _pieces(token):
            yield re.compile(_spaced(piece) if len(piece) > 1 else _alone(piece)), False


def _latin(pattern: str, length: int) -> Iterator[tuple[re.Pattern[str], bool]]:
    yield re.compile(rf"(?<![a-z]){pattern}(?=[ -]?{_HONORIFIC})"), False
    yield re.compile(rf"(?<![a-z]){pattern}(?![a-z])"), length <= _SHORT


def _alone(char: str) -> str:
    """One character is a name only where it stands alone, or before さん; else 健 would be found in 健康."""
    return rf"(?<![{_KANJI}]){char}(?![{_KANJI}])|{char}(?=\s?{_HONORIFIC})"


def _kana(token: str) -> str:
    spelt = "".join(_long(token, at) for at in range(len(token)))
    if len(token) > _SHORT:
        return spelt
    return rf"{spelt}(?=\s?{_HONORIFIC})|(?<![{_KANA}]){spelt}(?=[^{_KANA}]|$|{_PARTICLE})"


def _long(token: str, at: int) -> str:
    """A drawn-out sound is written in several ways: たろう, たろー, たろお."""
    char = token[at]
    return r"\s?" * bool(at) + ("[うおー〜]" if char in "うおー" and at else re.escape(char))


def _pieces(token: str) -> Iterator[str]:
    """The token, and where it may be a family and a given name in one, its beginnings and ends."""
    yield token
    if len(token) >= _UNSPLIT:
        for size in range(1, len(token)):
            yield token[:size]
            yield token[-size:]


def _spaced(token: str) -> str:
    return r"[ \u3000]*".join(map(re.escape, token))


def _tokens(name: str) -> list[str]:
    return [token for token in re.split(r"[\s・.,、=-]+", fold(name).text) if token]


def _is_latin(token: str) -> bool:
    return re.fullmatch(r"[a-z'’]+", token) is not None


def _is_kana(token: str) -> bool:
    return re.fullmatch(rf"[{_KANA}]+", token) is not None
