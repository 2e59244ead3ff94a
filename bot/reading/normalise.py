"""One spelling for everything people type, with the way back to the characters as received."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

_MAX_REPEAT = 3
_LARGEST = 8
"""Characters of one cluster."""
_APOSTROPHES = frozenset("'’‘`´ʼ")
_SPELT = {"🆘": " sos ", "🚑": "救急車", "゜": "°"} | dict.fromkeys("✕✖✗✘❌❎", "×")
"""The last is the mark of ぱ, typed for degrees: 37゜5."""
_LONG = frozenset("ー〜~―─—–")
_SMALL_VOWELS = str.maketrans("ぁぃぅぇぉ", "あいうえお")
_DEVANAGARI = str.maketrans({"ी": "ि", "ू": "ु", "श": "स", "ष": "स", "व": "ब", "ँ": "", "ं": "", "़": "", "ः": ""})
_CIRCLED = {chr(0x2776 + i): str(i + 1) for i in range(9)} | {chr(0x2780 + i): str(i + 1) for i in range(9)}
_HALF_TYPED = {
    "j": "じ",
    "s": "し",
    "k": "き",
    "r": "り",
    "n": "に",
    "h": "ひ",
    "m": "み",
    "g": "ぎ",
    "b": "び",
    "t": "ち",
}
_CJK = "\u3041-\u309f々〆\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
_CJK_CHAR = re.compile(f"[{_CJK}]")
_KANA = re.compile("[\u3041-\u309f]")
_KANA_I = frozenset("いきしちにひみりぎじぢびぴ")


_SIMPLE = re.compile("[a-zA-Z0-9 \n.,!?%:/()、。！？％，０-９ぁ-ゖァ-ヶ一-鿿]*")
"""Replies of such letters fold one to one, unless there is something to squeeze."""
_SQUEEZED = re.compile(rf"[{_CJK}ァ-ヶ] +[{_CJK}ァ-ヶ]|  | \n|\n |^ | $")
_PLACES = tuple(range(3_000))
_REPEATED = re.compile(r"(\D)\1\1\1")


@dataclass(frozen=True, slots=True)
class Normalised:
    """``text`` is the folded reply; character i of it stands for ``original[starts[i]:ends[i]]``.

    ``breaks`` are the places in ``text`` where white space between two CJK characters was left out.
    """

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    breaks: frozenset[int] = frozenset()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` stands in the original."""
        if not self.text or start >= end:
            return (0, 0)
        return self.starts[start], self.ends[min(end, len(self.text)) - 1]

    def rewrite(self, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str | None]) -> Normalised:
        """The same with each match replaced (None leaves it); all new characters stand for the whole match."""
        if not pattern.search(self.text):
            return self
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        breaks: set[int] = set()
        done = 0

        def keep(upto: int) -> None:
            if self.breaks:
                shift = len(starts) - done
                breaks.update(place + shift for place in self.breaks if done <= place < upto)
            pieces.append(self.text[done:upto])
            starts.extend(self.starts[done:upto])
            ends.extend(self.ends[done:upto])

        for match in pattern.finditer(self.text):
            text = new(match)
            if text is None or match.start() == match.end():
                continue
            keep(match.start())
            first, last = self.span(match.start(), match.end())
            pieces.append(text)
            starts.extend([first] * len(text))
            ends.extend([last] * len(text))
            done = match.end()
        if not done:
            return self
        keep(len(self.text) + 1)
        return Normalised("".join(pieces), tuple(starts), tuple(ends), frozenset(breaks))


def as_it_is(text: str) -> Normalised:
    """``text``, each character of which stands for the one at its own place."""
    size = len(text)
    places = _PLACES if size < len(_PLACES) else tuple(range(size + 1))
    return Normalised(text, places[:size], places[1 : size + 1])


def normalise(text: str) -> Normalised:
    """Fold width, case, kana, accents, digits, emoji and stretched sounds; never raises."""
    if _SIMPLE.fullmatch(text) and not _SQUEEZED.search(text):
        folded = text.lower() if text.isascii() else "".join(map(_fold, text))
        if len(folded) == len(text) and not _REPEATED.search(folded):
            return _mend_typing(as_it_is(folded))
    clusters = _clusters(text) if any(map(_joins, text)) else text
    folds = list(map(_fold, clusters))
    ends = list(accumulate(map(len, clusters)))
    starts = [0, *ends]
    if all(len(fold) == 1 for fold in folds):
        return _squeeze(folds, starts, ends)
    places = [at for at, fold in enumerate(folds) for _ in fold]
    return _squeeze([*"".join(folds)], [starts[at] for at in places], [ends[at] for at in places])


def _clusters(text: str) -> list[str]:
    """Letters with the marks that join them."""
    clusters: list[str] = []
    for char in text:
        if clusters and len(clusters[-1]) < _LARGEST and _joins(char):
            clusters[-1] += char
        else:
            clusters.append(char)
    return clusters


def in_word(char: str) -> bool:
    """Whether ``char`` is part of a word: a letter, a digit or a vowel sign of Devanagari."""
    return char.isalnum() or "\u0900" <= char <= "\u0963"


def fold_pattern(pattern: str) -> str:
    """A pattern of the lexicon in the letters that normalised text is made of (regex signs stay)."""
    return "".join(_fold_letter(char) for char in unicodedata.normalize("NFC", pattern))


@lru_cache(maxsize=20_000)
def _joins(char: str) -> bool:
    return char in "ﾞﾟ" or "\u1160" <= char <= "\u11ff" or unicodedata.category(char)[0] == "M"


@lru_cache(maxsize=20_000)
def _fold(cluster: str) -> str:
    first = cluster[0]
    if first in _APOSTROPHES:
        return ""
    if first in _SPELT:
        return _SPELT[first]
    if first in _CIRCLED:
        return f" {_CIRCLED[first]} "
    category = unicodedata.category(first)
    if category == "No":
        plain = unicodedata.normalize("NFKC", first)
        digits = "".join(char for char in plain if char.isdecimal())
        return digits if first in "₀₁₂₃₄₅₆₇₈₉" else f" {digits} "
    if first == "\n" or category in ("Zl", "Zp"):
        return "\n"
    if category in ("Cf", "Mn", "Me", "Cn", "Co") or first in "\u00ad\ufe0f":
        return ""
    if category[0] in "ZC" or (category in ("So", "Sk") and first not in "℃℉°○〇◎×゜"):
        return " "
    if "\u3130" <= first <= "\u318f":  # loose Korean letters: ㅇㅇ and ㄴㄴ speak, ㅋㅋ and ㅠㅠ laugh and cry
        return first if first in "ㅇㄴㄱㅅㅊㅈㄷㄹㅁㅂ" else ""
    plain = unicodedata.normalize("NFKC", cluster)
    if "\ufe0f" in cluster or "\u20e3" in cluster:
        plain = f" {first} "
    return "".join(_fold_letter(char) for char in plain.lower())


@lru_cache(maxsize=20_000)
def _fold_letter(char: str) -> str:
    if "ァ" <= char <= "ヶ":
        char = chr(ord(char) - 0x60)
    if "\u0900" <= char <= "\u097f":
        return str(unicodedata.digit(char)) if char.isdigit() else char.translate(_DEVANAGARI)
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    if char == "đ":
        return "d"
    if char > "\u007f" and char < "\u2000" and char.isalpha():
        char = unicodedata.normalize("NFD", char)[0]
    elif unicodedata.category(char) == "Mn" and char < "\u0900":
        return ""
    return char.translate(_SMALL_VOWELS)


def _squeeze(chars: list[str], starts: list[int], ends: list[int]) -> Normalised:
    """Drop white space between CJK characters, long repeats and stretched vowels."""
    out: list[str] = []
    kept: list[int] = []
    breaks: set[int] = set()
    size = len(chars)
    at = 0
    while at < size:
        char = chars[at]
        if char == " ":
            after = at
            while after < size and chars[after] == " ":
                after += 1
            if out and after < size and _CJK_CHAR.match(out[-1]) and _CJK_CHAR.match(chars[after]):
                breaks.add(len(out))
            elif out and out[-1] not in " \n" and after < size and chars[after] != "\n":
                out.append(" ")
                kept.append(at)
            at = after
            continue
        if char in _LONG and out and (_KANA.match(out[-1]) or (_CJK_CHAR.match(out[-1]) and char == "ー")):
            after = at
            while after < size and chars[after] in _LONG:
                after += 1
            long = _long_vowel(out[-1], chars[after] if after < size else "")
            if long:
                out.append(long)
                kept.append(at)
            at = after
            continue
        new = not out or out[-1] != char
        if new or char.isdigit() or out[-_MAX_REPEAT:] != [char] * _MAX_REPEAT:
            out.append(char)
            kept.append(at)
        at += 1
    whole = Normalised("".join(out), tuple(starts[i] for i in kept), tuple(ends[i] for i in kept), frozenset(breaks))
    return _mend_typing(whole)


def _long_vowel(before: str, after: str) -> str:
    if after.isdigit():
        return "〜"
    if not after or not _KANA.match(after):
        return "い" if before in _KANA_I else ""
    return "" if after in "いくさな" else "ー"


_UNFINISHED = re.compile("(?<=[\u3041-\u309f])(?:s|n|(?<=し)i)(?![a-z0-9])|[jskrnhmgbt](?=[ゃゅょ])")
_DOUBLED = re.compile(r"(?<=\d)[.,](?=[.,]\d)")
"""A point typed twice inside a number: 37..5."""
_TWICE = ("..", ",,", ".,", ",.")


def _mend_typing(text: Normalised) -> Normalised:
    """Kana left half typed: ``だいjょうぶでs``, ``くるsい``, ``息ができn``."""

    def mend(match: re.Match[str]) -> str:
        letter = match.group()
        after = match.string[match.end() : match.end() + 1]
        if after in ("ゃ", "ゅ", "ょ"):
            return _HALF_TYPED[letter]
        if letter == "s":
            return "し" if after == "い" else "す"
        return "い" if letter == "i" else "ん"

    if not text.text.isascii():
        text = text.rewrite(_UNFINISHED, mend)
    return text.rewrite(_DOUBLED, lambda _: "") if any(twice in text.text for twice in _TWICE) else text
