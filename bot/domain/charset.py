"""Which characters of a text a road would break, and how the text is written so that it survives.

Tables: ``unicode``; ``shift_jis`` (JIS X 0201 and 0208); ``cp932`` (the same as Windows knows it, with ～, 髙 and ①);
``iso-2022-jp`` (JIS X 0208, no half-width kana); ``gsm-7`` (3GPP TS 23.038). A character is in a table when it comes
back as it went.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from bot.domain.sms import is_gsm7, sms_length

_CODECS = {"shift_jis": "shift_jis", "cp932": "cp932", "iso-2022-jp": "iso2022_jp"}


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text for one table.

    ``changes`` are the pieces that were written otherwise, before and after ("" where dropped); ``problems`` those
    that the table lacks and that nobody may rewrite (a character of a name): they still stand in ``text``.
    """

    text: str
    changes: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def survives(self) -> bool:
        """Whether the road carries all of it, and something is left."""
        return not self.problems and bool(self.text.strip())


def fit(text: str, table: str) -> Fitted:
    """``text`` for a table; as it is where the table has all of it. Digits never change, nor do they run together."""
    if _has_all(text, table):
        return Fitted(text)
    written: list[str] = []
    changes: list[tuple[str, str]] = []
    problems: list[str] = []
    for piece in _pieces(text):
        new = _rewritten(piece, table)
        if new is None:
            problems.append(piece)
        elif new != piece:
            changes.append((piece, new))
        written.append(piece if new is None else new)
    return Fitted(_apart(list(_pieces(text)), written), tuple(changes), tuple(dict.fromkeys(problems)))


def units(text: str, table: str) -> int:
    """How long a text is on such a road: septets, characters of the table, or UTF-16 units."""
    if table == "gsm-7":
        return sms_length(text).units
    return len(text) if table in _CODECS else len(text.encode("utf-16-le", "surrogatepass")) // 2


@lru_cache(maxsize=8192)
def _has(char: str, table: str) -> bool:
    if table == "gsm-7":
        return is_gsm7(char)
    if table not in _CODECS:
        return not "\ud800" <= char <= "\udfff"
    try:
        return char.encode(_CODECS[table]).decode(_CODECS[table]) == char
    except UnicodeError:
        return False


def _has_all(text: str, table: str) -> bool:
    return all(_has(char, table) for char in text)


def _pieces(text: str) -> list[str]:
    """Characters with what modifies them: accents, voicing marks of half-width kana, the joints of an emoji."""
    pieces: list[str] = []
    for char in text:
        if pieces and _belongs(char, pieces[-1]):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _belongs(char: str, before: str) -> bool:
    voiced = char in "\uff9e\uff9f" and "\uff66" <= before[-1] <= "\uff9d"
    joined = char == _JOINER or (before[-1] == _JOINER and before[0] != _JOINER)
    return voiced or joined or unicodedata.category(char).startswith("M") or "\U0001f3fb" <= char <= "\U0001f3ff"


_JOINER = "\u200d"


def _rewritten(piece: str, table: str) -> str | None:
    """The piece as the table can have it; None where it cannot."""
    if _has_all(piece, table):
        return piece
    composed = unicodedata.normalize("NFC", piece)
    if _has_all(composed, table):
        return composed
    if len(piece) > 1 and _has_all(whole := unicodedata.normalize("NFKC", piece), table) and not _numeral(piece):
        return whole
    chars = [_char(char, table) for char in composed]
    return None if None in chars else "".join(char for char in chars if char)


def _char(char: str, table: str) -> str | None:
    if _has(char, table):
        return char
    plain = unicodedata.normalize("NFKC", char)
    if _numeral(char):
        plain = f"({plain})".replace("\u2044", "/")
    for candidate in (*_SAME.get(char, ()), plain, *(_SAME.get(plain, ()))):
        if _has_all(candidate, table):
            return candidate
    return "" if _may_be_dropped(char) else None


def _numeral(piece: str) -> bool:
    """A sign that becomes digits though it is none (① ² ½): it must not run into what stands beside it."""
    plain = unicodedata.normalize("NFKC", piece)
    return unicodedata.category(piece[0]) == "No" and plain[:1].isdecimal()


def _may_be_dropped(char: str) -> bool:
    """Emoji, ornaments and what only joins or shapes others."""
    category = unicodedata.category(char)
    return category in {"So", "Sk", "Cf", "Me", "Co"} or "\ufe00" <= char <= "\ufe0f"


def _apart(pieces: list[str], written: list[str]) -> str:
    """Join, with a space where two digits would meet that did not meet before."""
    said = [(before, after) for before, after in zip(pieces, written, strict=True) if after]
    met = {at for at, (one, two) in enumerate(pairwise(pieces)) if one[-1].isdecimal() and two[0].isdecimal()}
    kept = [at for at, after in enumerate(written) if after]
    joined = [after for _, after in said[:1]]
    for (at, (_, last)), (here, (_, after)) in pairwise(zip(kept, said, strict=True)):
        meet = last[-1].isdecimal() and after[0].isdecimal()
        joined.append(f" {after}" if meet and not (here == at + 1 and at in met) else after)
    return "".join(joined)


_PAIRS = (("～", "〜"), ("－", "−"), ("∥", "‖"), ("￠", "¢"), ("￡", "£"), ("￢", "¬"))
"""The same sign, which two tables place differently."""

_SAME: dict[str, tuple[str, ...]] = {
    **{one: (two,) for one, two in _PAIRS}, **{two: (one,) for one, two in _PAIRS},
    "—": ("―", "-"), "―": ("—", "-"), "–": ("-",), "‐": ("-",), "−": ("－", "-"), "－": ("−", "-"),
    "~": ("〜", "～"), "〜": ("～", "~"), "℃": ("C",), "¥": ("￥",), "￥": ("¥",), "‾": ("￣",), "·": ("・",),
    "•": ("・",), "‘": ("'",), "’": ("'",), "“": ('"',), "”": ('"',), "\uff9e": ("゛",), "\uff9f": ("゜",),
    # variants of a name's character that everybody reads as the same name
    "髙": ("高",), "﨑": ("崎",),
}  # fmt: skip
