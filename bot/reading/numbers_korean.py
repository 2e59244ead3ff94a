"""Korean numbers besides 삼십칠: 서른일곱, 아흔다섯, 삼육쩜오 (36.5), 구칠 (97)."""

from __future__ import annotations

import re

from bot.reading.normalise import Normalised

_TENS = {"서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80, "아흔": 90}
KOREAN_ONES = {
    "하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "넷": 4, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7,
    "여덟": 8, "여덜": 8, "아홉": 9,
}  # fmt: skip
_DIGITS = {char: i for i, char in enumerate("영일이삼사오육칠팔구")} | {"공": 0, "반": 5}
_AFTER = r"(?:(?:점|쩜|도)(?P<after>[영공일이삼사오육칠팔구반]|\d)부?)?"
_NATIVE = re.compile(rf"(?P<ten>{'|'.join(_TENS)})(?P<one>{'|'.join(KOREAN_ONES)})?(?!살|명|번|개|시간|분){_AFTER}")
_SPELLED = re.compile(
    r"(?<![가-힣])(?P<ten>[삼사])(?P<one>[영공일이삼사오육칠팔구])(?:점|쩜|도)(?P<after>[영공일이삼사오육칠팔구반])(?:도|부)?"
)
_PAIR = re.compile(
    r"(?:^|(?<=도)|(?<=소)|(?<=산소가)|(?<= ))(?P<ten>[구팔])(?P<one>[일이삼사오육칠팔구])"
    r"(?=$|요|이요|입니|퍼|프로|%|이네|나와)"
)
_HINT = re.compile("서른|마흔|쉰|예순|일흔|여든|아흔|[삼사][가-힣](?:점|쩜|도)|[구팔][일이삼사오육칠팔구]")


def write_korean(text: Normalised) -> Normalised:
    """``text`` with these number words as digits."""
    if not _HINT.search(text.text):
        return text
    text = text.rewrite(
        _NATIVE, lambda match: _written(_TENS[match["ten"]] + KOREAN_ONES.get(match["one"] or "", 0), match)
    )
    text = text.rewrite(_SPELLED, lambda match: _written(_DIGITS[match["ten"]] * 10 + _DIGITS[match["one"]], match))
    return text.rewrite(_PAIR, lambda match: str(_DIGITS[match["ten"]] * 10 + _DIGITS[match["one"]]))


def _native(match: re.Match[str]) -> str:
    return _written(_TENS[match["ten"]] + KOREAN_ONES.get(match["one"] or "", 0), match)


def _written(whole: int, match: re.Match[str]) -> str:
    after = match["after"]
    if not after:
        return str(whole)
    return f"{whole}.{int(after) if after.isdigit() else _DIGITS[after]}"
