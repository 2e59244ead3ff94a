"""Temperature and oxygen saturation as people type them, and the menu digit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.domain.reading import Context
from bot.reading.normalise import fold_pattern

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 33.0, 43.0
LOWEST_SPO2, HIGHEST_SPO2 = 50, 100

_POINT = r" ?[.,。、・·:点點] ?"
_DEGREE = (
    r"(?:度|°c?|℃|°|ど(?=\d|$|。|です|で)|도|do(?![a-z])|degrees?|degs?|graus?|grados?|digri|degri|डिग्रि"
    r"|c(?![a-z]))"
)
_NUMBER = re.compile(
    rf"(?<![\d.])(?<!\d[:/])(?:"
    rf"(?P<f>(?:9[3-9]|10\d)(?:{_POINT}\d)?) ?(?:°? ?f(?![a-z])|℉|華氏|degrees? f|fahrenheit|度f)"
    rf"|(?P<degree>3\d|4\d) ?{_DEGREE} ?(?:(?P<tenth>\d)(?:\d(?!\d))?(?! ?(?:回|時|日|人|番|錠|月|歳|%))(?: ?(?:分"
    rf"|ぶ|부|phan))?|(?P<vague>台|だい|대|代|前後|帯|several))?"
    rf"|(?P<decimal>[34]\d(?={_POINT})|(?:9\d"
    rf"|10\d)(?=[.,]\d(?!\d))){_POINT}(?P<fraction>\d{{1,2}})(?!\d)(?P<vague2> ?(?:台|歳))?"
    rf"|(?P<short>[5-9]) ?(?:度|ど|도) ?(?P<shorttenth>\d)(?: ?(?:分|ぶ|부))?(?!\d|回)"
    rf"|(?P<shortbare>[6-9]) ?度(?=です|$|。|でした|ちょうど|くらい|ぐらい|だ)"
    rf"|(?P<three>[34]\d\d)(?!\d)"
    rf"|(?P<two>\d{{2,3}})(?![\d]))"
)
_UNIT_AFTER = re.compile(
    fold_pattern(
        r" ?(?:歳|才|さい|代|週|しゅう|回|かい|時|じ(?=に|ご|か|$)|日|にち|分|ふん|人|にん|年|月|か月|ヶ月|錠|円"
        r"|キロ|kg|g(?![a-z])|mg|ml|cc|mm|cm|"
        r"階|号|番|丁目|点|本|枚|個|杯|秒|度目|歩|メートル|ページ|つ|以上の|㎎|週間|時間|years?|yrs?|yo(?![a-z])|y/o"
        r"|months?|weeks?|wks?|days?|hours?|hrs?|"
        r"minutes?|mins?|times?|x(?![a-z])|people|pm|am|岁|歲|天|次|个|個|周|週|點|点|点钟|분|시|일|살|세|주|개월|번"
        r"|회|명|시간|tuoi|tuan|thang|ngay|gio|lan|nguoi|phut|"
        r"anos?|meses|mes|semanas?|dias?|horas?|vezes|veces|taon|buwan|linggo|araw|oras|beses|barsa|mahina|din"
        r"|ghanta|patak|बर्स|दिन|घन्टा|महिना|पटक|:\d|/\d|-\d{3})"
    )
)
_PULSE_BEFORE = re.compile(
    r"(?:脈拍?|みゃく|心拍|pr|hr|bpm|pulse|heart rate|血圧|bp|上|下|体重|身長|血糖|맥박|혈압|脉搏|心率|血压|mach"
    r"|nhip tim|huyet ap|pulso|presion|pressao|batimento\w*)"
    r"[^\d]{0,6}$|の$(?<=\d\dの)"
)
_PULSE_AFTER = re.compile(r" ?(?:bpm|拍|/ ?\d|の\d)")
_TEMP_BEFORE = re.compile(
    fold_pattern(
        r"(?:熱|ねつ|体温|たいおん|temp\w*|temperature|fever|体温|體溫|烧|燒|열|체온|sot|nhiet do|febre|temperatura"
        r"|fiebre|lagnat|jworo|ज्वरो|तापक्रम)[^\d]{0,8}$"
    )
)
_SPO2_BEFORE = re.compile(
    fold_pattern(
        r"(?:酸素(?:飽和度|濃度|飽和)?|さんそ|sp ?o ?2|sp02|spo₂|o2|サチュ?レ?ー?シ?ョ?ン?|さっと|サット|サチ|sats?"
        r"|saturation|飽和度|パルス(?:オキシメーター)?|オキシ(?:メーター)?|"
        r"oxygen(?: level)?|oximeter|oxi\w*|ox|satura\w+|血氧(?:饱和度|飽和度|仪|儀)?|氧|산소(?:포화도)?|포화도|oxy"
        r"|nong do|अक्सिजन|oksijan|aksijan|スポ|spo|sao2|oxygeno)"
        r"(?:は|が|:|の|値|の値|を|も|is|level|levels|reading|of|at|was|now|,|\.|、|=|は今|測定|濃度|で|数値|가|는"
        r"|이|은|:|la|da|es|esta|ta|em|de|en|는| |chi|con|is now|around|about|só|so|今|今は|测|測|是)*$"
    )
)
_PERCENT = re.compile(
    r" ?(?:%|ぱー(?:せんと)?|percent|per cent|por ?ciento|por ?cento|phan tram|퍼센트|프로|प्रतिसत|pursyento"
    r"|porsyento)"
)
_NOT_SPO2 = re.compile(
    fold_pattern(r"(?:電池|バッテリー|充電|湿度|battery|humidity|bateria|pin|电池|電量|电量|배터리|確率)[^\d]{0,8}$")
)
_NOT_SPO2_AFTER = re.compile(
    fold_pattern(r"[^\d、。]{0,6}(?:回復|治|元気|戻|よくな|良くな|better|recover|充電|濃度のアルコ|引き|オフ|オレンジ)")
)
_VAGUE_BEFORE = re.compile(
    fold_pattern(
        r"(?:平熱|いつも|普段|ふだん|通常|元々|もともと|平常|普通|目標|基準|usual(?:ly)?|normal(?:ly)?|my normal is"
        r"|平时|平時|平常|평소|binh thuong|normalmente)"
        r"(?:の?体温)?(?:は|が|も|is|around|about|at|:|은|는|에|la|thi| )*$"
    )
)
_PAST_BEFORE = re.compile(
    fold_pattern(
        r"(?:昨日|きのう|昨夜|昨晩|ゆうべ|一昨日|おととい|先週|以前|前回|最初|yesterday|last night|earlier|was|昨天"
        r"|昨晚|어제|어젯밤|hom qua|toi qua|ontem|ayer|anoche|kahapon|kagabi|hijo|हिजो)"
        r"(?:の?(?:夜|朝|昼|夕方|晩|体温|熱))?(?:は|の|が|に|も|、|,|it was|was|to|는|은|엔|thi|era|foi|estaba|tenia"
        r"|tava|estava| |夜)*$"
    )
)
_PAST_AFTER = re.compile(r"(?:だった|でした|あったけど|あったが|ありましたが|だったけど|でしたが|from)")
_RANGE = re.compile(
    fold_pattern(r" ?(?:〜|~|ー|-|–|—|to|から|と|か|or|and|至|到|부터|에서|den|a|ate|hasta|sampai|、|or|\.\.+)+ ?")
)
_ARROW = re.compile(r" ?(?:→|⇒|->|=>|>)+ ?")
_OTHER_PERSON = re.compile(
    fold_pattern(
        r"(?:主人|夫|旦那|妻|嫁|家内|母|父|息子|娘|子供|子ども|こども|長男|長女|次男|次女|孫|祖母|祖父|姉|兄|弟|妹"
        r"|同居人|彼女|彼氏|彼|ママ|パパ|下の子|上の子|"
        r"(?:my )?(?:husband|wife|son|daughter|kid|mother|father|mom|dad|roommate|brother|sister)s?|老公|老婆|丈夫"
        r"|妻子|儿子|女儿|孩子|남편|아내|와이프|아들|딸|"
        r"chong|vo|con trai|con gai|marido|esposa|esposo|mi hijo|mi hija|filho|filha|asawa|anak)(?:は|が|も|の"
        r"|の熱は|の熱が|の体温は|has|is|,|는|은|이|가|도| )"
    )
)
_SELF = re.compile(
    fold_pattern(
        r"(?:私|わたし|僕|俺|自分|わし|本人|あたし|我|나는|저는|म"
        r"|(?<![a-z])(?:i|im|me|mine|my own|eu|yo|ako|toi|em|ma|mero)(?![a-z]))"
    )
)
_LOOK_BACK = 60
_MOST_VALUES = 40


@dataclass(frozen=True, slots=True)
class Value:
    """A number with its meaning: ``kind`` is "temperature" (degrees Celsius) or "spo2" (percent)."""

    kind: str
    number: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Values:
    """What the reply states; ``spans`` are the places of all numbers that were understood."""

    temperature: Value | None
    spo2: Value | None
    spans: tuple[tuple[int, int], ...]
    of_others: bool = False


def read_values(text: str, context: Context, menu_end: int) -> Values:
    """The values in normalised ``text``; ``menu_end`` is where a leading menu digit ends."""
    spans: list[tuple[int, int]] = []
    found: list[Value] = []
    for match in _NUMBER.finditer(text):
        if match.end() <= menu_end or len(spans) >= _MOST_VALUES:
            continue
        value = _value(text, match, context, found)
        if value is None:
            continue
        spans.append((value.start, value.end))
        if LOWEST_TEMPERATURE <= value.number <= HIGHEST_TEMPERATURE or value.kind == "spo2":
            found.append(value)
    own, others = _own(text, found)
    return Values(
        _decide(text, [value for value in own if value.kind == "temperature"], highest=True),
        _decide(text, [value for value in own if value.kind == "spo2"], highest=False),
        tuple(spans),
        others,
    )


def _value(text: str, match: re.Match[str], context: Context, found: list[Value]) -> Value | None:
    start, end = match.span()
    before = text[max(start - 16, 0) : start]
    listed = context is Context.SPO2 and text[end : end + 1] == "/"
    if _PULSE_BEFORE.search(before) or (_PULSE_AFTER.match(text, end) and not listed):
        return None
    if match["vague"] or match["vague2"]:
        return None
    number = _temperature(match)
    if number is not None:
        return Value("temperature", number, start, end)
    plain = match["three"] or match["two"]
    if not plain or _UNIT_AFTER.match(text, end) or (start and text[start - 1].isalpha() and text[start - 1].isascii()):
        return None
    return _plain(text, match, context, found)


def _temperature(match: re.Match[str]) -> float | None:
    if match["f"]:
        return round((float(re.sub(_POINT, ".", match["f"])) - 32) / 1.8, 1)
    if match["degree"]:
        return float(f"{match['degree']}.{match['tenth'] or 0}")
    if match["decimal"]:
        number = float(f"{match['decimal']}.{match['fraction']}")
        if 95 <= number <= 109.4 and len(match["fraction"]) == 1:
            return round((number - 32) / 1.8, 1)
        return round(number, 1) if number < 60 else None
    if match["short"]:
        return float(f"3{match['short']}.{match['shorttenth']}")
    if match["shortbare"]:
        return float(f"3{match['shortbare']}")
    return None


def _plain(text: str, match: re.Match[str], context: Context, found: list[Value]) -> Value | None:
    """A number without point or unit: what it can be depends on the words before and on what was asked."""
    start, end = match.span()
    number = int(match["three"] or match["two"])
    before = text[max(start - 24, 0) : start]
    if LOWEST_SPO2 <= number <= HIGHEST_SPO2:
        if _SPO2_BEFORE.search(before):
            return Value("spo2", number, start, end)
        if number >= 70 and (percent := _PERCENT.match(text, end)):
            told = not _NOT_SPO2.search(before) and not _NOT_SPO2_AFTER.match(text, percent.end())
            return Value("spo2", number, start, percent.end()) if told else None
    temperature = _plain_temperature(number, start, before, context, found)
    if temperature is not None:
        return Value("temperature", temperature, start, end)
    if LOWEST_SPO2 <= number <= HIGHEST_SPO2 and _bare_spo2(text, start, end, context, found):
        return Value("spo2", number, start, end)
    return None


def _plain_temperature(number: int, start: int, before: str, context: Context, found: list[Value]) -> float | None:
    """378 and 38 in a temperature's place, 101 where one was asked (Fahrenheit)."""
    if 340 <= number <= 429:
        return number / 10
    asked = context is Context.TEMPERATURE
    if asked and (100 <= number <= 109 or (96 <= number < 100 and not found)):
        return round((number - 32) / 1.8, 1)
    if not LOWEST_TEMPERATURE <= number <= HIGHEST_TEMPERATURE or context is Context.SPO2:
        return None
    if asked or _TEMP_BEFORE.search(before) or (start < 4 and context is Context.DAILY):
        return float(number)
    return None


def _bare_spo2(text: str, start: int, end: int, context: Context, found: list[Value]) -> bool:
    """Whether a number alone is a saturation: where it was asked, in a range, or set off in the daily answer."""
    before = [value for value in found if value.kind == "spo2"]
    ranged = bool(before) and before[-1] is found[-1] and bool(_RANGE.fullmatch(text[before[-1].end : start]))
    if context is Context.SPO2 or ranged:
        return True
    alone = (not start or text[start - 1] in " 、,。\n/") and (end >= len(text) or text[end] in " 、,。\n/で")
    return context is Context.DAILY and alone and not before and int(text[start:end]) >= 80


def _own(text: str, found: list[Value]) -> tuple[list[Value], bool]:
    """The values of the monitored person, and whether somebody else's were left out."""
    if len(found) < 2 and not _SELF.search(text):
        return found, False
    owners = [_owner(text, value) for value in found]
    if "other" not in owners or not _SELF.search(text):
        return found, False
    own = [value for value, owner in zip(found, owners, strict=True) if owner != "other"]
    return own, len(own) < len(found)


def _owner(text: str, value: Value) -> str:
    """Who was named last before ``value``: "self", "other" or nobody ("")."""
    before = text[max(value.start - _LOOK_BACK, 0) : value.start]
    other = max((match.end() for match in _OTHER_PERSON.finditer(before)), default=-1)
    own = max((match.end() for match in _SELF.finditer(before)), default=-1)
    if own == other == -1:
        return ""
    return "self" if own > other else "other"


def _decide(text: str, values: list[Value], *, highest: bool) -> Value | None:
    """The latest value; of a range the graver end; usual and earlier values do not count beside a present one."""
    values = [value for value in values if not _VAGUE_BEFORE.search(text[max(value.start - 20, 0) : value.start])]
    now = [value for value in values if not _was(text, value)]
    if now:
        values = now
    elif len(values) == 1 and re.search(r"今は|今日は|いまは|もう|now|today", text[values[0].end :]):
        return None
    if not values:
        return None
    last = values[-1]
    if len(values) > 1:
        gap = text[values[-2].end : last.start]
        if _RANGE.fullmatch(gap) and not _ARROW.fullmatch(gap):
            return (max if highest else min)(values[-2:], key=lambda value: value.number)
    return last


def _was(text: str, value: Value) -> bool:
    return bool(_PAST_BEFORE.search(text[max(value.start - 16, 0) : value.start]))
