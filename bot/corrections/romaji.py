"""Kana as a pattern of every usual way to write it in Latin letters."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "s": "さしすせそ", "t": "たちつてと", "n": "なにぬねの", "h": "はひふへほ",
    "m": "まみむめも", "y": "や ゆ よ", "r": "らりるれろ", "w": "わゐ ゑを", "g": "がぎぐげご", "z": "ざじずぜぞ",
    "d": "だぢづでど", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ", "v": "  ゔ  ",
}  # fmt: skip
_SOUNDS = {
    kana: (consonant, vowel)
    for consonant, row in _ROWS.items()
    for kana, vowel in zip(row, "aiueo", strict=True)
    if kana != " "
}
_CONSONANTS = {  # where the usual systems differ
    "し": "(?:sh|s|c)", "ち": "(?:ch|t)", "つ": "(?:ts|t)", "ふ": "(?:f|h)", "じ": "(?:j|z)", "ぢ": "(?:j|d|z)",
    "づ": "(?:z|d|dz)", "を": "w?", "ゐ": "w?", "ゑ": "w?", "ら": "[rl]", "り": "[rl]", "る": "[rl]", "れ": "[rl]",
    "ろ": "[rl]",
}  # fmt: skip
_BEFORE_SMALL = {"し": "(?:sh|sy)", "ち": "(?:ch|ty|cy)", "じ": "(?:j|jy|zy)", "ぢ": "(?:j|jy|dy)", "り": "(?:ry|ly)"}
_SMALL = {"ゃ": "a", "ゅ": "u", "ょ": "o"}
_SMALL_VOWELS = {"ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o"}
_DRAWN = {("o", "う"): "[uoh]?", ("o", "お"): "[oh]?", ("u", "う"): "u?", ("e", "い"): "i?", ("e", "え"): "e?",
          ("a", "あ"): "a?", ("i", "い"): "i?"}  # fmt: skip


def romaji(kana: str) -> str:
    """A pattern for folded text: that of ``しょうじ`` finds shoji, shouji, syouzi and shohji."""
    return "".join(_sounds(kana))


def _sounds(kana: str) -> Iterator[str]:
    vowel, at = "", 0
    while at < len(kana):
        char, small = kana[at], kana[at + 1 : at + 2]
        if (vowel, char) in _DRAWN:
            yield _DRAWN[vowel, char]
            vowel = ""
        elif char in _SOUNDS and (small in _SMALL or small in _SMALL_VOWELS) and small:
            vowel = {**_SMALL, **_SMALL_VOWELS}[small]
            yield _contracted(char, small) + vowel
            at += 1
        elif char in _SOUNDS:
            consonant, vowel = _SOUNDS[char]
            yield _CONSONANTS.get(char, consonant) + vowel
        else:
            yield {"ん": "(?:n['’]?|m)", "っ": "[a-z]?", "ー": "[aiueoh]?"}.get(char, re.escape(char))
            vowel = ""
        at += 1


def _contracted(char: str, small: str) -> str:
    consonant, vowel = _SOUNDS[char]
    if char in _BEFORE_SMALL:
        return _BEFORE_SMALL[char]
    if small in _SMALL:
        return f"{consonant}y"
    return _CONSONANTS.get(char, consonant or "w") + f"{vowel}?"
