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
_POINT = "(?:てんの?|点|こんま|ぽいんと|どと|度と、?|度の|どの|度、|[.・、,]|どど|度度|[.,](?:度|ど))"
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
        rf"(?:(?P<firm>てん| ?ten ?|点|こんま|ぽいんと|度と、?|どと|と(?=\d(?:分|ぶ))|度の|どど|度度|[.,](?:度|ど))"
        rf"|(?:度|ど)[.,]|(?:度|ど|\.|・|、|,))"
        rf"(?P<after>{_ANY})(?:{_MINUTE}|(?(firm)(?![〇一二三四五六七八九十\d])|(?=$|[。、!\n]|です)))"
    )
)
"""Digits with a spoken point or tenth: 36てん9, 36どはちぶ, 37度と2分."""
_BARE_TENTH = re.compile(
    fold_pattern(
        r"(?<![\d.])(?P<whole>3[4-9]|4[0-2])(?:と|の)(?P<after>\d)(?=$|[。、!\n ]|です|でした|だ|や|ぐらい|くらい)"
    )
)
"""Degrees and their tenth without any mark: 38と1, 36の2."""
_SHORT = re.compile(
    fold_pattern(
        rf"(?<![\d一二三四五六七八九十])(?P<one>ろく|なな|しち|はち|きゅう|[六七八九])(?:度|ど)(?:と|の|、)?"
        rf"(?:(?P<after>{_ANY})(?:{_MINUTE}|{_END})|(?=$|[。、!]|です|でし|どす|ちょう|ちよう|ちょっき|きっか|じゃすと|くらい"
        rf"|ぐらい|ぴった|じゃ))"
    )
)
"""Without the thirty, as it is said at home: なな度２分, 六度七分, しちどちょうど."""
_SHORT_MIXED = re.compile(
    fold_pattern(rf"(?<![\d.])(?P<one>[6-9])(?:度|ど)(?:と|の)?(?P<after>{_ANY})(?:{_MINUTE}|{_END})")
)
_NEXT_NUMBER = re.compile(
    "[九八](?=[十一二三四五六七八九〇])|[三四](?=十)|(?:き(?=ゅうじゅ)|は(?=ちじゅ)|く(?=じゅ)|さ(?=んじゅ))"
)
"""A number that begins where white space was: 三十七点八 九十五."""
_RANGE_OF_TENTHS = re.compile(
    r"(?<![\d.])(?P<whole>3\d|4[0-2])(?:[.,・]|度)(?P<low>\d)(?:度|分|ぶ)?(?:(?P<list>[、,・-])|[〜~ー]|から|か)"
    r"(?P<high>\d)(?=分|ぶ|度|くらい|ぐらい|(?(list)(?!)|(?:$|です|を|の間|。)))"
)
"""37.8〜9, 37度7、8分."""
_SATURATION = re.compile(
    fold_pattern(
        rf"(?:(?:^|(?<=[\s、。,]))(?!きゅうに(?!%|ぱ|です))|(?<=[:はがも計値])|(?<=さんそ)|(?<=酸素)|(?<=やつ))(?P<ten>きゅう|きゅー|きゅ|く|はち|[九八])"
        rf"(?:じゅう|じゅー|じゅ|十)?(?P<one>(?:{_ANY}))"
        r"(?=$|%|ぱ|です|でし|どす|だ(?=$|。)|や(?=$|。)|[。、\s!](?!\d)|脈|みゃく|体温|熱|まで|しか|に(?:下|さが|落|おち))"
    )
)
"""Digit by digit, nine or eight first: きゅうなな, 九八; きゅうに by itself is 急に."""
_HUNDRED = re.compile(r"(?:^|(?<=[はが:。、 ])|(?<=酸素)|(?<=さんそ))ひゃく(?=$|%|ぱー|です|でし|だ|や|[。、!\n ])")
_SPACED = re.compile(r"\W*(\d) (\d)(?:(?: ?[.,、・] ?| )(\d))? ?(度|ど|%|ぱー\w*|です|℃)*\W*")
_TENTH_APART = re.compile(
    r"\W*(?:[1-4](?:番|ばん|です)?[ 、。,]+)?(?:体温|熱)?(?:は|が)? ?"
    r"3[4-9][ \-_*;〜ー]\d ?(?:度|分|ぶ|です|でした|℃)*\W*"
)
_SPOKEN = re.compile(
    "[〇○一二三四五六七八九十百]|[3-9].?[どとてこぽ度]|[34]\\d ?ten|ろく|なな|しち|はち|きゅ|じゅ|じゆ|さん|ひゃく"
)


def apart(match: re.Match[str], number: str) -> str:
    """``number`` in place of ``match``, kept apart from digits on both sides (36度5分98 is 36.5 and 98)."""
    before, after = match.string[: match.start()][-1:], match.string[match.end() : match.end() + 1]
    return f"{' ' if before.isdigit() else ''}{number}{' ' if after.isdigit() else ''}"


def digit_of(word: str) -> int:
    """The digit that ``word`` (八, はち, 8) stands for."""
    return _DIGITS[word]


def write_japanese(text: Normalised) -> Normalised:
    """``text`` with Japanese number words that can be a temperature or a saturation written as digits."""
    plain = text.text
    if _TENTH_APART.fullmatch(plain):
        return text.rewrite(re.compile(r"(?<=\d)[ \-_*;〜ー](?=\d)"), lambda _: ".")
    spaced = _SPACED.fullmatch(plain)
    if (
        spaced
        and spaced[1] in "3489"
        and not (spaced[1] in "34" and spaced[1] == spaced[2] == (spaced[3] or spaced[2]))
    ):  # not "4 4 4"
        tenth = f".{spaced[3]}" if spaced[3] else ""
        return text.rewrite(re.compile(r"\d.*\d"), lambda _: f"{spaced[1]}{spaced[2]}{tenth}")
    text = text.rewrite(_RANGE_OF_TENTHS, _range_of_tenths)
    text = text.rewrite(_BARE_TENTH, lambda m: f"{m['whole']}.{m['after']}")
    if not _SPOKEN.search(plain):
        return text
    if text.breaks:
        breaks = text.breaks
        text = text.rewrite(_NEXT_NUMBER, lambda m: f" {m.group()}" if m.start() in breaks else None)
    text = text.rewrite(_WHOLE, lambda m: _temperature(m, m["one"] or m["digit"], m["after"] or m["bare"], m["ten"]))
    text = text.rewrite(_BY_DIGIT, lambda m: _temperature(m, m["one"], m["after"] or m["bare"], m.group()[:2]))
    text = text.rewrite(_TENTH, lambda m: apart(m, f"{m['whole']}.{_DIGITS[m['after']]}"))
    text = text.rewrite(_SHORT, lambda m: _temperature(m, m["one"], m["after"], "3"))
    text = text.rewrite(_SHORT_MIXED, lambda m: _temperature(m, m["one"], m["after"], "3"))
    text = text.rewrite(_HUNDRED, lambda _: "100")
    return text.rewrite(_SATURATION, lambda m: apart(m, f"{_DIGITS[m['ten']]}{_DIGITS[m['one']]}"))


def _range_of_tenths(match: re.Match[str]) -> str | None:
    whole, low, high = match["whole"], match["low"], match["high"]
    return f"{whole}.{low}〜{whole}.{high}" if high > low else None


def _temperature(match: re.Match[str], one: str | None, after: str | None, ten: str) -> str | None:
    head = 4 if ten[0] in "よ四4" else 3
    whole = head * 10 + (_DIGITS[one] if one else 0)
    return apart(match, f"{whole}.{_DIGITS[after]}" if after else f"{whole}度")
