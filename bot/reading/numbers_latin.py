"""Numbers as they are said in Vietnamese and in Portuguese: ba bảy rưỡi, ba tám độ mốt, chín sáu, 36 e 8, 37 com 5."""

from __future__ import annotations

import re

from bot.reading.beginnings import compiled
from bot.reading.normalise import Normalised

_DIGITS = {
    "khong": 0, "mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "lam": 5, "nham": 5, "sau": 6, "bay": 7,
    "tam": 8, "chin": 9, "chinh": 9,
}  # fmt: skip
_ONE = "|".join(_DIGITS)
_AFTER = rf"(?: ?(?P<point>do|phay|cham|,|\.)(?: ?(?P<after>{_ONE}|ruoi|\d)(?![a-z\d]))?| (?P<half>ruoi))"
_SHORT = re.compile(rf"(?<![a-z])(?<!thu )(?P<ten>ba|bon)(?: muoi)? (?P<one>{_ONE}|\d){_AFTER}(?![a-z])")
_BARE = re.compile(
    rf"\W*(?:(?:em|e|toi|minh|con|da|hien|dang|do|duoc|la|hom nay|nay|sang nay|sot) )*(?:(?P<ten>ba|chin|tam"
    rf"|bon) (?P<one>{_ONE})"
    rf"(?: (?P<after>{_ONE}))?)(?: (?:a|nha|nhe|chi|em|thoi|do|phan tram|roi|anh|co))*\W*"
)
_PERCENT = compiled(
    rf"(?<![a-z])(?P<ten>chin|tam) (?:muoi )?(?P<one>{_ONE})(?= ?(?:%|phan tram))"
    rf"|(?:(?<=oxy )|(?<=oxi )|(?<=spo2 )|(?<=hoa ))(?P<ten2>chin|tam) (?:muoi )?(?P<one2>{_ONE})(?![a-z])"
)
_TENS = {"ba": 30, "bon": 40, "chin": 90, "tam": 80}
_SPOKEN_POINT = re.compile(
    r"(?<![\d.,])(3[4-9]|4[0-2]) ?(?:graus?|grados?|do)? ?(?:e|ponto|virgula|com|phay|cham|coma"
    r"|punto) (\d)(?![\d.,]\d|\d)"
    r"(?! ?(?:comprim|dias?|horas?|vezes|cop|remed|filh|pess|anos|x(?![a-z])|doses|gotas|meses|semanas|ban|o meu"
    r"|a minha"
    r"|sintoma|opcao|lan|vien|ngay|nguoi))"
)
_TENTH = re.compile(
    rf"(?<![\d.,])(3[4-9]|4[0-2]) ?(?:o(?=\d)|do |)(?P<tenth>(?<=o)\d(?!\d)|(?<= )(?:{_ONE}|ruoi)(?= *$|[,.!]| (?:a"
    rf"|nha|nhe|chi|em|roi)(?![a-z])))"
)
"""37o2, 39 mốt."""


def write_spoken(text: Normalised) -> Normalised:
    """``text`` with these numbers written as digits, where they can be a temperature or a saturation."""
    if match := _BARE.fullmatch(text.text):
        if match["ten"] in ("ba", "bon") or match["after"] is None:
            return text.rewrite(_BARE, _bare)
        return text
    text = text.rewrite(_SHORT, _short).rewrite(_PERCENT, _percent)
    text = text.rewrite(_TENTH, lambda m: f"{m[1]}.{5 if m[2] == 'ruoi' else _digit(m[2])}")
    return text.rewrite(_SPOKEN_POINT, lambda m: f"{m[1]}.{m[2]}")


def _digit(word: str) -> int:
    return int(word) if word.isdigit() else _DIGITS[word]


def _whole(match: re.Match[str]) -> int:
    return _TENS[match["ten"]] + _digit(match["one"])


def _short(match: re.Match[str]) -> str:
    if match["half"] or match["after"] == "ruoi":
        return f"{_whole(match)}.5"
    if match["after"]:
        return f"{_whole(match)}.{_digit(match['after'])}"
    return f"{_whole(match)} do" if match["point"] == "do" else match.group()


def _percent(match: re.Match[str]) -> str:
    return str(_TENS[match["ten"] or match["ten2"]] + _DIGITS[match["one"] or match["one2"]])


def _bare(match: re.Match[str]) -> str:
    after = f".{_digit(match['after'])}" if match["after"] else ""
    return f"{_whole(match)}{after}"
