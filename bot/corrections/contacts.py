"""Where numbers, addresses and pages by which somebody could be reached or found stand in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile, takewhile

import phonenumbers

from bot.corrections.addresses import ADDRESSES
from bot.corrections.fold import Folded

Place = tuple[int, int, str]
"""Start, end, and what stands in for it."""
Token = tuple[int, int, str]
"""Start, end, and a group of digits."""

_PHONE, _MAIL, _PAGE, _DATE, _NUMBER = "〇〇〇-〇〇〇〇", "〇@〇", "〇/〇", "〇年〇月〇日", "〇〇〇"
_SOME = "[0-9一二三四五六七八九十]{1,3}"
_KANJI_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_LONG_RUN, _LONG_TOTAL, _SPACED_TOTAL, _NATIONAL = 5, 7, 7, 10
_JOINED = re.compile(r"[+(]{0,2}\d(?:[-()./・,ー〜~の]{0,3}\d)*")
_SPACED = re.compile(r"[+(]{0,2}\d(?:[-()./・,ー〜~の \n]{0,3}\d)*")
_VALUE = re.compile(r"\d{1,2}[.,・]\d{1,2}|[1-9]\d{0,2}|0")
"""A menu number, temperature, SpO2, pulse or pressure; no telephone number begins like that."""
_VALUES = re.compile(rf"(?:{_VALUE.pattern})(?:[-/~〜,、ー・](?:{_VALUE.pattern}))*")
_PATTERNS = (
    (re.compile(r"[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*|(?<![a-z0-9])@[a-z0-9_.]{3,}"), _MAIL),
    (re.compile(r"(?:line|らいん) ?(?:id|あいでぃー) ?(?:は|:|=)? ?[a-z0-9._-]{3,}"), _MAIL),
    (re.compile(r"https?[:/]+[^\s、。」)]+|www\.[^\s、。」)]+"), _PAGE),
    (re.compile(r"(?<![a-z0-9.@-])(?:[a-z0-9-]+\.)+(?:com|jp|net|org|info|me|app|io)(?![a-z])(?:/[!-~]*)?"), _PAGE),
    (re.compile(r"(?:1[89]|20)\d\d ?[-/.年] ?\d{1,2} ?[-/.月] ?\d{1,2}日?"), _DATE),
    (re.compile(rf"(?:明治|大正|昭和|平成|令和)(?:元|{_SOME})年(?:{_SOME}月)?(?:{_SOME}日)?"), _DATE),
)


def find_contacts(text: Folded, phones: tuple[str, ...]) -> Iterator[Place]:
    """Places in the original; ``phones`` are the resident's own numbers, of which four digits in a row are enough."""
    for pattern, instead in (*_PATTERNS, *ADDRESSES):
        for match in pattern.finditer(text.text):
            yield (*text.span(*match.span()), instead)
    digits = text.text.translate(_KANJI_DIGITS)
    for start, end, instead in _numbers(digits, phones):
        yield (*text.span(start, end), instead)


def _numbers(text: str, phones: tuple[str, ...]) -> Iterator[Place]:
    for found in phonenumbers.PhoneNumberMatcher(text, "JP", phonenumbers.Leniency.VALID):
        if not _VALUES.fullmatch(found.raw_string):
            yield found.start, found.end, _PHONE
    own = {phone[at : at + 4] for phone in phones for at in range(len(phone) - 3)}
    for match in _JOINED.finditer(text):
        if _is_long(match.group(), own):
            yield (*match.span(), _PHONE if _total(match.group()) > _LONG_TOTAL else _NUMBER)
    for match in _SPACED.finditer(text):
        yield from _spaced(match)


def _is_long(run: str, own: set[str]) -> bool:
    """Whether digits that belong together are too many for a value, or part of the resident's own number."""
    if _VALUES.fullmatch(run):
        return False
    digits = re.findall(r"\d+", run)
    together = "".join(digits)
    ours = any(together[at : at + 4] in own for at in range(len(together) - 3))
    return ours or len(together) >= _LONG_TOTAL or any(len(some) >= _LONG_RUN for some in digits)


def _spaced(match: re.Match[str]) -> Iterator[Place]:
    """A number in groups with spaces: what stands before and after it as a value is left."""
    tokens = [(found.start(), found.end(), found.group()) for found in re.finditer(r"[^ \n]+", match.group())]
    while tokens:
        tokens = list(dropwhile(_is_value, tokens))
        size = _size(tokens)
        if size > 1 and _total("".join(token for _, _, token in tokens[:size])) >= _SPACED_TOTAL:
            yield match.start() + tokens[0][0], match.start() + tokens[size - 1][1], _PHONE
        tokens = tokens[max(size, 1) :]


def _size(tokens: Sequence[Token]) -> int:
    """How many groups make up the number that begins here."""
    if tokens and tokens[0][2].lstrip("(").startswith(("0", "+")):
        for size in range(1, len(tokens) + 1):
            if _total("".join(token for _, _, token in tokens[:size])) >= _NATIONAL:
                return size
    return len(tokens) - sum(1 for _ in takewhile(_is_value, reversed(tokens)))


def _is_value(token: Token) -> bool:
    return _VALUES.fullmatch(token[2]) is not None


def _total(run: str) -> int:
    return sum(char.isdigit() for char in run)
