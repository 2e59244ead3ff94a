"""Japanese number words as people type them: 三六・七, さんろくてんはち, なな度２分, 36てん9, 36と8分, 三十六 二."""

from __future__ import annotations

import re

from bot.reading.normalise import Normalised, fold_pattern

_KANJI = {char: i for i, char in enumerate("〇一二三四五六七八九")} | {
    "零": 0, "○": 0, "壱": 1, "弐": 2, "参": 3, "伍": 5, "半": 5,
}  # fmt: skip
_KANA = {
    "いち": 1, "に": 2, "にい": 2, "さん": 3, "よん": 4, "し": 4, "ご": 5, "ごお": 5, "ろく": 6, "なな": 7, "しち": 7,
    "はち": 8, "きゅう": 9, "きゆう": 9, "きゅー": 9, "きゅ": 9, "く": 9, "れい": 0, "ぜろ": 0, "まる": 0, "はん": 5,
}  # fmt: skip
_DIGITS = _KANJI | _KANA | {str(i): i for i in range(10)}
_ANY = "|".join(sorted(_DIGITS, key=len, reverse=True))
_TEN = "(?:十|拾|じゅう|じゅー|じゆう|じゅっ|じゅ|ぢゅう)"
_POINT = "(?:てんの?|点|こんま|ぽいんと|どと|度と、?|度の|どの|度、|[.・、,])"
_DEGREE = "(?:度|ど)"
_END = r"(?=$|[\s。、,!\n)/(]|です|でし|どす|だ|や|じゃ|でえ?す|くらい|ぐらい|と|ちょう|ぴった|分|ぶ|の)"
_MINUTE = "(?:分|ぶ|ふん)"

_WHOLE = re.compile(
    fold_pattern(
        rf"(?P<ten>さん|よん|[三参四34]){_TEN}(?:(?P<one>{_ANY})?"
        rf"(?:(?:{_POINT}|{_DEGREE})(?P<after>{_ANY})(?:{_MINUTE}|度|(?!\w)|{_END})|{_DEGREE}(?!{_ANY}))"
        rf"|(?P<digit>[〇一二三四五六七八九])(?P<bare>[〇一二三四五六七八九])(?![〇一二三四五六七八九十百千年月日時歳回人]))"
    )
)
"""Three tens and something, with a tenth: 三十七度五分, さんじゅうななてんご, 三十六 二."""
_BY_DIGIT = re.compile(
    fold_pattern(
        rf"(?:さん|よん|(?<![一-渨渪-熰熲-畩畫-鿿])[三参四])(?P<one>〇|○|一|二|三|四|五|六|七|八|九|ろく"
        rf"|なな|しち|はち|きゅう|きゅー|れい|ぜろ)"
        rf"(?:(?:{_POINT}|{_DEGREE})(?P<after>{_ANY})(?:{_MINUTE}|度|(?!\w)|{_END})"
        rf"|(?P<bare>〇|○|一|二|三|四|五|六|七|八|九|いち|に|さん|よん|ご|ろく|なな|しち|はち|きゅう"
        rf"|ぜろ|れい)(?:{_MINUTE})?"
        rf"(?=$|[\s。、,!\n]|です|でし|どす|だ|や|くらい|ぐらい))"
    )
)
"""Digit by digit: 三六・七, さんろくてんはち, さんななご."""
_TENTH = re.compile(
    fold_pattern(
        rf"(?<!\d)(?P<whole>3\d|4[0-2])"
        rf"(?:(?P<firm>てん| ?ten ?|点|こんま|ぽいんと|度と、?|どと|と(?=\d(?:分|ぶ))|度の)|(?:度|ど|\.|・|、|,))"
        rf"(?P<after>{_ANY})(?:{_MINUTE}|(?(firm)(?![〇一二三四五六七八九十\d])|(?=$|[。、!\n]|です)))"
    )
)
"""Digits with a spoken point or tenth: 36てん9, 36どはちぶ, 37度と2分."""
_SHORT = re.compile(
    fold_pattern(
        rf"(?<![\d一二三四五六七八九十])(?P<one>ろく|なな|しち|はち|きゅう|[六七八九])(?:度|ど)(?:と|の|、)?"
        rf"(?:(?P<after>{_ANY})(?:{_MINUTE}|{_END})|(?=$|[。、!]|です|でし|どす|ちょう|ちよう|くらい"
        rf"|ぐらい|ぴった|じゃ))"
    )
)
"""Without the thirty, as it is said at home: なな度２分, 六度七分, しちどちょうど."""
_SHORT_MIXED = re.compile(
    fold_pattern(rf"(?<![\d.])(?P<one>[6-9])(?:度|ど)(?:と|の)?(?P<after>{_ANY})(?:{_MINUTE}|{_END})")
)
_SATURATION = re.compile(
    fold_pattern(
        rf"(?:^|(?<=[\s、。,:はがも])|(?<=さんそ)|(?<=酸素))(?P<ten>きゅう|きゅー|きゅ|く|はち|[九八])"
        rf"(?:じゅう|じゅー|じゅ|十)?(?P<one>(?:{_ANY}))"
        r"(?=$|%|ぱ|です|でし|どす|だ(?=$|。)|や(?=$|。)|[。、\s!](?!\d)|脈|みゃく|体温|熱)"
    )
)
"""Digit by digit, nine or eight first: きゅうなな, 九八."""
_SPACED = re.compile(r"\W*(\d) (\d)(?:(?: ?[.,、・] ?| )(\d))? ?(度|ど|%|ぱー\w*|です|℃)*\W*")
_TENTH_APART = re.compile(
    r"\W*(?:[1-4](?:番|ばん|です)?[ 、。,]+)?(?:体温|熱)?(?:は|が)? ?3[4-9] \d ?(?:度|分|ぶ|です|でした|℃)*\W*"
)
_SPOKEN = re.compile(
    "[〇○一二三四五六七八九十百]|[3-9].?[どとてこぽ度]|[34]\\d ?ten|ろく|なな|しち|はち|きゅ|じゅ|じゆ|さん"
)


def digit_of(word: str) -> int:
    """The digit that ``word`` (八, はち, 8) stands for."""
    return _DIGITS[word]


def write_japanese(text: Normalised) -> Normalised:
    """``text`` with Japanese number words that can be a temperature or a saturation written as digits."""
    plain = text.text
    if _TENTH_APART.fullmatch(plain):
        return text.rewrite(re.compile(r"(?<=\d) (?=\d)"), lambda _: ".")
    apart = _SPACED.fullmatch(plain)
    if apart and apart[1] in "3489" and not apart[1] == apart[2] == (apart[3] or apart[2]):  # not "4 4 4"
        tenth = f".{apart[3]}" if apart[3] else ""
        return text.rewrite(re.compile(r"\d.*\d"), lambda _: f"{apart[1]}{apart[2]}{tenth}")
    if not _SPOKEN.search(plain):
        return text
    text = text.rewrite(_WHOLE, lambda m: _temperature(m["one"] or m["digit"], m["after"] or m["bare"], m["ten"]))
    text = text.rewrite(_BY_DIGIT, lambda m: _temperature(m["one"], m["after"] or m["bare"], m.group()[:2]))
    text = text.rewrite(_TENTH, lambda m: f"{m['whole']}.{_DIGITS[m['after']]}")
    text = text.rewrite(_SHORT, lambda m: _temperature(m["one"], m["after"], "3"))
    text = text.rewrite(_SHORT_MIXED, lambda m: _temperature(m["one"], m["after"], "3"))
    return text.rewrite(_SATURATION, lambda m: f"{_DIGITS[m['ten']]}{_DIGITS[m['one']]}")


def _temperature(one: str | None, after: str | None, ten: str) -> str | None:
    head = 4 if ten[0] in "よ四4" else 3
    whole = head * 10 + (_DIGITS[one] if one else 0)
    return f"{whole}.{_DIGITS[after]}" if after else f"{whole}度"
