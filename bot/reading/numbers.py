"""Numbers said in words become digits: 三十八度二分, さんじゅうななどろくぶ, ninety two, trinta e oito e meio."""

from __future__ import annotations

import re
from functools import partial

from bot.reading.normalise import Normalised, fold_pattern
from bot.reading.numbers_asia import write_asian
from bot.reading.numbers_ja import apart, write_japanese
from bot.reading.numbers_korean import KOREAN_ONES, write_korean
from bot.reading.numbers_latin import write_spoken

_KANJI = {char: i for i, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "两": 2, "兩": 2}
_KANJI_NUMBER = re.compile(
    r"(?:(?<![一二])[三四九八七六五]十[一二三四五六七八九]?|百(?=$|%|ぱ|です|だ|や|と|。|、| )"
    r"|[三四][〇零○一二三四五六七八九](?=[度点.點・])|[五六七八九][〇零○一二三四五六七八九]"
    r"(?=$|%|ぱ|です|。|、| |\.))"
    r"(?:(?P<point>[点點.・]|度)(?P<after>[〇零○一二三四五六七八九半])?(?P<minute>[分])?)?"
)
_SHORT_KANJI = re.compile(
    r"(?<![一二三四五六七八九十\d])[六七八九]度(?:[一二三四五六七八九半]分?|(?=$|です|。|、|ちょうど|くらい"
    r"|ぐらい|でし))"
)
_KANA_DIGIT = {
    "いち": 1, "に": 2, "さん": 3, "よん": 4, "し": 4, "ご": 5, "ろく": 6, "なな": 7, "しち": 7, "はち": 8,
    "きゅう": 9, "きゆう": 9, "く": 9, "れい": 0, "ぜろ": 0, "まる": 0, "はん": 5,
    "はっ": 8, "ろっ": 6,
}  # fmt: skip
_KD = "|".join(sorted(_KANA_DIGIT, key=len, reverse=True))
_KANA_NUMBER = re.compile(
    rf"(?P<ten>さん|よん|はち|きゅう|きゆう|なな|ろく|ご)じゅう(?P<one>{_KD})?(?:(?P<point>てん|ど"
    rf"|度)(?P<after>{_KD})?(?P<minute>ぶ|分)?)?"
)
_KANA_SHORT = re.compile(rf"(?P<one>ろく|なな|しち|はち|きゅう|く)ど(?P<after>{_KD}|\d)(?:ぶ|分)")
_KO = {char: i for i, char in enumerate("영일이삼사오육칠팔구")} | {"공": 0, "반": 5} | KOREAN_ONES
_KO_NUMBER = re.compile(
    r"(?P<ten>[삼사구팔칠육오])십(?P<one>[일삼사오육칠팔구]|이(?!랑|에요|었|라고|라서|던)|하나|둘(?!째)|셋|넷|다섯|여섯|일곱|여덟|아홉)?(?:(?:점|도"
    r"|쩜)(?P<after>[영공일이삼사오육칠팔구반])?부?)?"
)


def _latin(tens: dict[str, int], ones: dict[str, int], join: str, point: str, half: str) -> re.Pattern[str]:
    ten, one = "|".join(tens), "|".join(sorted(ones, key=len, reverse=True))
    return re.compile(
        rf"(?<![a-z])(?P<ten>{ten})(?:(?:{join})(?P<one>{one}))?"
        rf"(?:(?: (?:{point}) |(?<=[a-z]) (?=(?:{one})(?![a-z])))(?P<after>{one})| (?P<half>{half}))?(?![a-z])"
    )


_ENGLISH = (
    {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90},
    {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
    | {"oh": 0},
)  # fmt: skip
_ROMANCE = (
    {"treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80, "noventa": 90}
    | {"trinta": 30, "quarenta": 40, "cinquenta": 50, "sessenta": 60, "oitenta": 80}
    | {"trenta": 30, "trentay": 30, "kwarenta": 40, "otsenta": 80, "otsentay": 80, "nobenta": 90, "nobentay": 90}
    | {"treintay": 30, "kwarentay": 40, "cuarentay": 40, "ochentay": 80, "noventay": 90, "nubenta": 90, "nubentay": 90}
    | {"treintai": 30, "noventai": 90, "ochentai": 80},
    {"cero": 0, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9}
    | {"zero": 0, "um": 1, "dois": 2, "quatro": 4, "sete": 7, "oito": 8, "nove": 9}
    | {"kwatro": 4, "singko": 5, "sais": 6, "syete": 7, "otso": 8, "nwebe": 9, "nuwebe": 9, "nuebe": 9, "sinco": 5}
    | {"siyete": 7, "sinko": 5, "sero": 0},
)
"""Spanish, Portuguese and the Spanish numbers of Tagalog."""
_VIET_DIGITS = {
    "khong": 0, "mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "lam": 5, "sau": 6, "bay": 7, "tam": 8,
    "chin": 9,
}  # fmt: skip
_VIETNAMESE = (
    {f"{word} muoi": value * 10 for word, value in _VIET_DIGITS.items() if value > 2},
    _VIET_DIGITS,
)
_WORDED = (
    (_latin(*_ENGLISH, "[ -]?", "point|dot", "and a half"), _ENGLISH),
    (
        _latin(
            *_ROMANCE,
            " ?[yei] | |(?<=[yi])",
            "punto|con|coma|y|ponto|virgula|e|graus e|grados y",
            "[ye] medi[oa]|e mei[oa]|graus e meio",
        ),
        _ROMANCE,
    ),
    (_latin(*_VIETNAMESE, " ", "phay|cham|do", "ruoi|do ruoi"), _VIETNAMESE),
)
_VIETNAMESE_PAIR = re.compile(
    rf"(?:^|(?<=oxy )|(?<=spo2 )|(?<=, )|(?<= la ))chin (?P<one>{'|'.join(_VIET_DIGITS)})"
    r"(?=$|[,.%]| (?:a|nha|nhe|thoi|nhip|tim|phan)(?![a-z]))"
)
"""A saturation digit by digit: chín tám."""
_HUNDRED = re.compile(r"(?<![a-z])(?:one |a )?hundred(?: percent)?(?![a-z])")
_EAST = re.compile("[\u3041-\u309f\u4e00-\u9fff\uac00-\ud7a3〇○]|\\d[ \\-_*;〜~ー]\\d|\\d ?ten")
_LETTERED = re.compile("[a-z\u0900-\u0963]")
"""Letters of the languages whose number words follow."""
_KANJI_HINT = re.compile(
    "^[七八九][〇一二三四五六七八九](?![一-鿿])|[十〇百度氧]|[三四][〇一二三四五六七八九][.点・][〇一二三四五六七八九]"
)
_KANJI_ALONE = re.compile(r"\W*[三四五六七八九][〇一二三四五六七八九]\W*(?:です)?\W*")
_WORD_HINT = re.compile(r"ty|enta|inta|anta|muoi|hundred")
_FIRST_HALF = re.compile(
    fold_pattern(r"(\d{2}) ?(?:度|do|도|độ|graus?|grados?)? ?(?:半(?!ば)|반|rưỡi|e meio|y medio|y media)(?![a-z])")
)

_GLUED_OXYGEN = re.compile(r"(?<![a-z])(?:sp ?)?o ?2(?=(?:[89]\d|100)(?!\d))")
"""SpO297: the two belongs to the oxygen."""


def write_digits(text: Normalised) -> Normalised:
    """``text`` with number words that can be a temperature or a saturation written as digits."""
    if _EAST.search(text.text):
        text = _write_east(text)
    if _LETTERED.search(text.text):
        if _WORD_HINT.search(text.text):
            for pattern, (tens, ones) in _WORDED:
                text = text.rewrite(pattern, partial(_from_latin, tens=tens, ones=ones))
            text = text.rewrite(_HUNDRED, lambda _: "100")
        if "chin " in text.text:
            text = text.rewrite(_VIETNAMESE_PAIR, lambda match: f"9{_VIET_DIGITS[match['one']]}")
        text = write_spoken(write_asian(text))
    text = text.rewrite(_GLUED_OXYGEN, lambda _: "spo2 ")
    return text.rewrite(_FIRST_HALF, lambda m: f"{m[1]}.5")


def _write_east(text: Normalised) -> Normalised:
    """Japanese, Chinese and Korean numbers."""
    text = write_japanese(text)
    if _KANJI_HINT.search(text.text) or _KANJI_ALONE.fullmatch(text.text):
        text = text.rewrite(_KANJI_NUMBER, _from_kanji).rewrite(_SHORT_KANJI, _short_kanji)
    if "じゅう" in text.text or "じゆう" in text.text:
        text = text.rewrite(_KANA_NUMBER, _from_kana)
    text = text.rewrite(_KANA_SHORT, _from_short_kana)
    if "십" in text.text:
        text = text.rewrite(_KO_NUMBER, _from_korean)
    return write_korean(text)


def _joined(match: re.Match[str], whole: int, after: int | None, unit: str) -> str:
    return apart(match, f"{whole}.{after}" if after is not None else f"{whole}{unit}")


def _from_kanji(match: re.Match[str]) -> str:
    head = re.split(r"[点點.・度]", match.group())[0]
    if head == "百":
        whole = 100
    elif "十" in head:
        ten, _, one = head.partition("十")
        whole = _KANJI[ten] * 10 + (_KANJI[one] if one else 0)
    else:
        whole = _KANJI[head[0]] * 10 + _KANJI[head[1]]
    after = match["after"]
    tenth = 5 if after == "半" else _KANJI[after] if after else None
    return _joined(match, whole, tenth, "度" if match["point"] == "度" else "")


def _short_kanji(match: re.Match[str]) -> str:
    head, _, after = match.group().partition("度")
    digit = after[:1]
    return _joined(match, 30 + _KANJI[head], 5 if digit == "半" else _KANJI[digit] if digit else None, "度")


def _from_kana(match: re.Match[str]) -> str:
    one, after = match["one"], match["after"]
    whole = _KANA_DIGIT[match["ten"]] * 10 + (_KANA_DIGIT[one] if one else 0)
    return _joined(match, whole, _KANA_DIGIT[after] if after else None, "度" if match["point"] else "")


def _from_short_kana(match: re.Match[str]) -> str:
    return f"3{_KANA_DIGIT[match['one']]}.{_KANA_DIGIT.get(match['after'], match['after'])}"


def _from_korean(match: re.Match[str]) -> str:
    one, after = match["one"], match["after"]
    return _joined(
        match,
        _KO[match["ten"]] * 10 + (_KO[one] if one else 0),
        _KO[after] if after else None,
        "도" if match.group().endswith("도") else "",
    )


def _from_latin(match: re.Match[str], tens: dict[str, int], ones: dict[str, int]) -> str:
    one, after = match["one"], match["after"]
    whole = tens[match["ten"]] + (ones[one] if one else 0)
    return _joined(match, whole, 5 if match["half"] else ones[after] if after else None, "")
