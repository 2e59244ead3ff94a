"""Numbers said in Nepali (saitis point panch) and in Tagalog (tatlumpu't pito), and a point said (36 punto 8)."""

from __future__ import annotations

import re

from bot.reading.normalise import Normalised, fold_pattern

_NEPALI = {
    30: "तीस tis tees", 33: "तेत्तीस tettis", 34: "चौँतीस चौतीस chautis chauntis", 35: "पैँतीस पैतीस paitis paintis",
    36: "छत्तीस छत्तिस chhattis chattis chhatis chatis xattis 6attis chhattees",
    37: "सैँतीस सैंतीस सैतीस saitis saintis saitees saintees saitish",
    38: "अठतीस अठ्तीस अड्तीस अठतिस athtis athatis atthis adtis athtees aththis athtish",
    39: "उनन्चालीस उनान्चालीस उनचालीस उन्चालीस unanchalis unnanchalis unchalis unchaalis unanchalish",
    40: "चालीस चालिस chalis chaalis chalees chalish", 41: "एकचालीस ekchalis",
    80: "असी asi", 84: "चौरासी chaurasi", 85: "पचासी pachasi", 86: "छयासी chhayasi", 87: "सतासी satasi",
    88: "अठासी athasi", 89: "उनान्नब्बे उनन्नब्बे unanabbe unannabbe", 90: "नब्बे nabbe nabbey nabe",
    91: "एकानब्बे एकान्नब्बे ekanabbe ekannabbe ekanabe", 92: "बयानब्बे bayanabbe bayannabbe bayanabe",
    93: "त्रियानब्बे तिरानब्बे triyanabbe tiryanabbe tiranabbe triyanabe",
    94: "चौरानब्बे चौरान्नब्बे chauranabbe chaurannabbe chauranabe",
    95: "पञ्चानब्बे पन्चानब्बे पंचानब्बे panchanabbe pachanabbe panchannabbe panchanabe",
    96: "छयानब्बे छ्यानब्बे छियानब्बे chhayanabbe chhyanabbe chayanabbe chhiyanabbe chiyanabbe chyanabbe chayanabe xyanabbe",
    97: "सन्तानब्बे सत्तानब्बे santanabbe sattanabbe santannabbe satanabbe santanabe",
    98: "अन्ठानब्बे अट्ठानब्बे anthanabbe athanabbe anthannabbe atthanabbe anthanabe",
    99: "उनान्सय उनान्सय unansaya unansay unnansaya",
}  # fmt: skip
_NEPALI_ONES = {
    0: "शून्य सुन्य sunya zero", 1: "एक ek one", 2: "दुई दुइ dui two", 3: "तीन तिन tin teen three", 4: "चार char four",
    5: "पाँच पांच panch paanch pach five", 6: "छ chha cha chah xa 6a six", 7: "सात saat sat seven",
    8: "आठ aath ath aatha eight", 9: "नौ nau nine",
}  # fmt: skip
_TAGALOG = {30: "tatlumpu tatlumpo", 40: "apatnapu apatnapo", 80: "walumpu walumpo", 90: "siyamnapu siyamnapo"}
_TAGALOG_ONES = {
    1: "isa", 2: "dalawa", 3: "tatlo", 4: "apat", 5: "lima", 6: "anim", 7: "pito", 8: "walo", 9: "siyam",
}  # fmt: skip


def _table(words: dict[int, str]) -> dict[str, int]:
    return {fold_pattern(word): number for number, said in words.items() for word in said.split()}


def _either(table: dict[str, int]) -> str:
    return "|".join(sorted(table, key=len, reverse=True))


_TENS, _ONES = _table(_NEPALI), _table(_NEPALI_ONES)
_TL_TENS, _TL_ONES = _table(_TAGALOG), _table(_TAGALOG_ONES)
_POINT = fold_pattern(
    "point|poin|dot|punto|koma|coma|tuldok|ponto|virgula|phay|dasamlab|dashamlab|dashamlav|दशमलव|दसमलब|प्वाइन्ट|पोइन्ट"
)
_EDGE = r"(?![\wऀ-ॿ])"
_IN_NEPALI = re.compile(
    rf"(?<![\wऀ-ॿ])(?P<half>sadhe |साढे )?(?P<ten>{_either(_TENS).replace('anab', 'a ?nab')})"
    rf"(?: (?:{_POINT}) (?P<after>{_either(_ONES)}|\d))?{_EDGE}"
)
_IN_TAGALOG = re.compile(
    rf"(?<!\w)(?P<ten>{_either(_TL_TENS)})(?:(?:t| at|y) ?(?P<one>{_either(_TL_ONES)}))?"
    rf"(?: (?:{_POINT}) (?P<after>{_either(_TL_ONES)}|\d))?(?!\w)"
)
_SAID_POINT = re.compile(
    rf"(?<![\d.])(\d\d)(?: ?grados?)? ?(?:{_POINT}|con(?= \d(?: ?(?:$|[^\w ]|grad|de f)))) ?(\d"
    rf"|{_either(_ONES)}){_EDGE}"
)
_OTHER_WORD = "asi"
"""Eighty in Nepali, so in Spanish: a number only beside the oxygen or its unit."""
_OF_OXYGEN = re.compile(r"(?:oxygen|oksi\w*|oxi\w*|akshi\w*|spo ?2|o2|saturation)(?: [a-z]+)? $")
_UNIT = re.compile(r" ?(?:%|percent|pratishat|parsent)")
_HINT = re.compile(
    fold_pattern("tis|tee|lis|lees|abb?e|asi|ansay|athis|hish|umpu|umpo|napu|napo|तिस|लिस|ब्बे|ासि|ान्सय|asi")
)


def write_asian(text: Normalised) -> Normalised:
    """``text`` with these number words as digits."""
    if _HINT.search(text.text):
        text = text.rewrite(_IN_NEPALI, _from_nepali).rewrite(_IN_TAGALOG, _from_tagalog)
    return text.rewrite(_SAID_POINT, lambda match: f"{match[1]}.{_digit(match[2], _ONES)}")


def _digit(word: str, ones: dict[str, int]) -> int:
    return int(word) if word.isdigit() else ones[word]


def _from_nepali(match: re.Match[str]) -> str | None:
    whole, text = _TENS[match["ten"].replace(" ", "")], match.string
    if match["ten"] == _OTHER_WORD and not (
        _OF_OXYGEN.search(text, 0, match.start()) or _UNIT.match(text, match.end())
    ):
        return None
    if match["half"]:
        return f"{whole}.5"
    return f"{whole}.{_digit(match['after'], _ONES)}" if match["after"] else str(whole)


def _from_tagalog(match: re.Match[str]) -> str | None:
    whole = _TL_TENS[match["ten"]] + (_TL_ONES[match["one"]] if match["one"] else 0)
    return f"{whole}.{_digit(match['after'], _TL_ONES)}" if match["after"] else str(whole)
