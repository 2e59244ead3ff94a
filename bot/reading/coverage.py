"""Whether the reader knows the words of a reply: content outside every known pattern is doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.reading.hanzi import in_letters_of
from bot.reading.lexicon import Lexicon
from bot.reading.normalise import in_word
from bot.reading.signs import MASK

_CLAUSE = re.compile(
    r"[。!?\n、,;:()「」]|\.(?!\d)|(?:けど|けれど|ですが|ますが|たが|でも|しかし| but | pero | mas | nhung )"
    r"|(?<=[\d%度分])[ \u3000]+|[ \u3000]+(?=\d)"  # a number that stands alone says nothing of the words beside it
)
_WORDISH = re.compile(r"[^\W\d_]")
_JAPANESE = re.compile("[ぁ-ゟ]")
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


_BODY = re.compile(
    r"[息胸心脈意識唇口顔色血死倒動痛苦痺震起呼返応目眼眠寝助救飲食尿吐薬変違怖恐悪強汗冷重立歩話声手足頭腹首喉妊赤子便腫力熱酷辛限"
    r"無急危険異常弱嫌止落崩狂暴叫泣独消終切乱肌指爪肩背腰骨肺咳痰鼻耳舌体身症病院医者具調様娘親父母夫妻主婆爺祖孫119]"
    r"|いき|むね|しん|みゃく|くち|かお|たお|うご|いた|くる|しび|ふる|おき|ねむ|たす|はい|はく|おかし|へん|ちが|こわ|だめ|あかん|つら|ひど"
    r"|おも|しゃべ|しゃ|おなか|のど|はれ|ちから|あつ|さむ|だる|しんど|きつ|えら|ぐ[ったに]|くすり|のめ|のま|たべ|ない|へん$|[a-z]{3}"
)
"""Words of the body, of the sick and of need: a clause that holds one and is not understood is never passed over."""


def unknown_clauses(
    text: str,
    spans: Iterable[tuple[int, int]],
    lexicons: Sequence[Lexicon],
    *,
    answered: bool = False,
    told: bool = False,
    mild: bool = False,
) -> int:
    """How many clauses hold content words outside ``spans``, fillers and known words, and nothing recognised.

    Beside a plain answer to the question asked (``answered``), unknown small talk of no body does not count; in the
    languages that name their words of the ``body`` in the scope, nor beside a state or thanks (``told``). Beside the
    menu's "none" or "no worse" (``mild``) only words of grave signs (``grave_body``) count.
    """
    marked = list(text)
    for start, end in spans:
        marked[start:end] = [MASK] * (end - start)
    covered = "".join(marked)
    rest = covered
    for lexicon in lexicons:
        if lexicon.everyday is not None:
            rest = _blank(lexicon.everyday, rest, lexicon)
    bodies = [lexicon for lexicon in lexicons if "body" in lexicon.scope]
    unknown = start = 0
    for match in [*_CLAUSE.finditer(text), None]:
        end = match.start() if match else len(text)
        if MASK not in covered[start:end] and _content(rest[start:end]):
            if bodies:
                body = any(_of_body(rest[start:end], lexicon, mild=mild) for lexicon in bodies)
                unknown += body or not (answered or told)
            else:
                unknown += not answered or bool(_BODY.search(text[start:end])) or not _JAPANESE.search(text[start:end])
        start = match.end() if match else end
    return unknown


def danger_left(text: str, spans: Iterable[tuple[int, int]], lexicons: Sequence[Lexicon]) -> bool:
    """Whether a word of danger (``left_over`` in the scope) stands outside ``spans`` and everyday words, in any clause.

    Beside something known it is what a rule did not foresee (玄関まで出るのにも息がもちません。熱は36.4).
    """
    looked_for = [lexicon.scope["left_over"] for lexicon in lexicons if "left_over" in lexicon.scope]
    if not any(words.search(text) for words in looked_for):
        return False
    rest = list(text)
    for start, end in spans:
        rest[start:end] = " " * (end - start)
    left = "".join(rest)
    for lexicon in lexicons:
        if lexicon.everyday is not None:
            left = _blank(lexicon.everyday, left, lexicon)
    return any(words.search(left) for words in looked_for)


def _of_body(clause: str, lexicon: Lexicon, *, mild: bool) -> bool:
    words = lexicon.scope["body"]
    if mild:
        words = lexicon.scope.get("grave_body", words)
    return bool(words.search(in_letters_of(lexicon.code, clause)))


def _blank(pattern: re.Pattern[str], text: str, lexicon: Lexicon) -> str:
    spelt = lexicon.spelling.of(text) if lexicon.spelling else None
    words = spelt.text if spelt else in_letters_of(lexicon.code, text)
    rest = list(text)
    for match in pattern.finditer(words):
        start, end = match.span()
        if start == end or (lexicon.spaced and start and in_word(words[start]) and in_word(words[start - 1])):
            continue
        start, end = spelt.span(start, end) if spelt else (start, end)
        rest[start:end] = " " * (end - start)
    return "".join(rest)


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
