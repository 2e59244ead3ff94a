"""Whether the reader knows the words of a reply: content outside every known pattern is doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.reading.lexicon import Lexicon
from bot.reading.signs import MASK

_CLAUSE = re.compile(
    r"[。!?\n、,;:()「」]|\.(?!\d)|(?:けど|けれど|ですが|ますが|たが|でも|しかし| but | pero | mas | nhung )"
)
_WORDISH = re.compile(r"[^\W\d_]")
_HAN = re.compile(r"[一-鿿]")
_KANA_RUN = re.compile(r"[ぁ-ゟー]{5,}")
_GLUE = re.compile(
    r"(?:です|ます|ました|でした|ません|ている|ています|てます|てる|った|って|んで|から|ので|けど|まで|より|だけ"
    r"|ばかり|くらい|ぐらい|ような|ように|みたい|らしい|そう|など|とか|"
    r"して|した|する|しま|いる|いま|ある|あり|ない|なく|こと|もの|ところ|ため|とき|あと|まだ|もう|また|でも|ただ"
    r"|それ|これ|その|この|あの|どの|いつ|ちょっと|すこし|とても|すごく|"
    r"たぶん|やっぱり|なんか|かな|よね|です|だよ|ので|なので|のは|のが|には|では|とは|にも|でも|いい|よい|たい|おり"
    r"|ござい|ください|くださ|いただ|もらい|なり|なっ|なる|という|っぽい|ずつ)"
)


def unknown_clauses(text: str, spans: Iterable[tuple[int, int]], lexicons: Sequence[Lexicon]) -> int:
    """How many clauses hold content words outside ``spans``, fillers and known words, and nothing recognised."""
    marked = list(text)
    for start, end in spans:
        marked[start:end] = [MASK] * (end - start)
    covered = "".join(marked)
    rest = covered
    for lexicon in lexicons:
        if lexicon.everyday is not None:
            rest = _blank(lexicon.everyday, rest, lexicon)
    unknown = start = 0
    for match in [*_CLAUSE.finditer(text), None]:
        end = match.start() if match else len(text)
        if MASK not in covered[start:end] and _content(rest[start:end]):
            unknown += 1
        start = match.end() if match else end
    return unknown


def _blank(pattern: re.Pattern[str], text: str, lexicon: Lexicon) -> str:
    def blank(match: re.Match[str]) -> str:
        start = match.start()
        inside = lexicon.spaced and start and text[start].isalnum() and text[start - 1].isalnum()
        return match.group() if inside else " " * len(match.group())

    return pattern.sub(blank, text)


def _content(clause: str) -> bool:
    """Whether ``clause`` holds words that could mean something: kanji, long kana runs, words of other scripts."""
    if _HAN.search(clause):
        return True
    clause = _GLUE.sub("", clause)
    if _KANA_RUN.search(clause):
        return True
    return any(len(word) > 2 for word in re.findall(r"[^\W\d_ぁ-ゟ\ue000]+", clause))


def has_words(text: str) -> bool:
    """Whether there is any letter at all."""
    return bool(_WORDISH.search(text.replace(MASK, "")))
