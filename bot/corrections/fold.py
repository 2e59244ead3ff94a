"""One spelling for searching names and numbers, with the way back to the characters as received.

It is not the reader's own: what is hidden in a text must not change with how replies are understood.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_DASHES = frozenset("-‐‑‒–—―−⁃﹣－ｰ")
_VARIANTS = str.maketrans(
    "髙﨑嵜碕濵濱齋齊斎邊邉澤廣櫻國眞德惠淵嶋嶌富",
    "高崎崎崎浜浜斉斉斉辺辺沢広桜国真徳恵渕島島冨",
)
_LETTERS = str.maketrans("đøłßæœ", "dolsao")


@dataclass(frozen=True, slots=True)
class Folded:
    """Character i of ``text`` stands for ``original[starts[i]:ends[i]]``."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` (not empty) stands in the original."""
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """Width, case, accents, both kana and old forms of kanji made alike; what cannot be seen is left out."""
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and _joins(text[end]):
            end += 1
        for char in _folded(text[at:end]):
            chars.append(char)
            starts.append(at)
            ends.append(end)
        at = end
    return Folded("".join(chars), tuple(starts), tuple(ends))


def _joins(char: str) -> bool:
    return char in "ﾞﾟ" or unicodedata.category(char) in ("Mn", "Mc", "Me")


def _folded(cluster: str) -> str:
    if cluster[0] == "ー":  # the sign of a long sound; its half-width form is as often a hyphen
        return "ー"
    if cluster[0] in _DASHES:
        return "-"
    return "".join(map(_letter, unicodedata.normalize("NFKC", cluster).lower()))


def _letter(char: str) -> str:
    category = unicodedata.category(char)
    if char == "\n" or category in ("Zl", "Zp"):
        return "\n"
    if category in ("Cf", "Cc", "Cs", "Co"):
        return ""
    if category == "Zs":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if char in _DASHES:
        return "-"
    if "ァ" <= char <= "ヶ":
        return chr(ord(char) - 0x60)
    if char < "\u0250" or "\u1e00" <= char <= "\u1eff":
        return unicodedata.normalize("NFD", char)[0].translate(_LETTERS)
    if "\u0300" <= char <= "\u036f":
        return ""
    return char.translate(_VARIANTS)
