"""Menu digits and yes/no digits: ``2 37.8``, ``４です``, ``二番``, ``3じゃなくて4かも``, ``それ以外は１``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.reading.beginnings import compiled
from bot.reading.choice import is_choice
from bot.reading.menu_told import no_answer
from bot.reading.normalise import Normalised, fold_pattern

_WORDS = {
    "一": 1, "二": 2, "三": 3, "四": 4, "壱": 1, "弐": 2, "参": 3,
    "いち": 1, "に": 2, "さん": 3, "よん": 4, "し": 4, "いっ": 1, "ご": 5,
    "one": 1, "two": 2, "three": 3, "four": 4, "ichi": 1, "ni": 2, "san": 3, "yon": 4,
    "하나": 1, "둘": 2, "셋": 3, "넷": 4, "일": 1, "이": 2, "삼": 3, "사": 4,
    "mot": 1, "hai": 2, "ba": 3, "bon": 4, "um": 1, "dois": 2, "tres": 3, "quatro": 4, "uno": 1, "dos": 2, "cuatro": 4,
    "kwatro": 4,
    "isa": 1, "dalawa": 2, "tatlo": 3, "apat": 4, "ek": 1, "dui": 2, "tin": 3, "char": 4,
    "एक": 1, "दुइ": 2, "तिन": 3, "चार": 4,
}  # fmt: skip
_DIGIT = re.compile("[1-4]")
_ALL = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)))
_LABEL = (
    r"(?:番号|数字|答え|回答|返事|体調|症状|number|no\.?|num|option|opcion|opcao|so|numero|번호|numara"
    r"|选|選|選択|reply"
    r"|answer|code)(?:は|が|の|で|:|is|は、| )*"
)
_UNIT = (
    r"(?! ?(?::(?=\d)|さい(?!わい|あ|こ|ご|し)"
    r"|[℃/杯錠枚歳才匹粒泊]|日(?![向光課本曜帰常])|回(?![復答転])|人(?!差|並|生|前|混|込|手)"
    r"|度(?!々)|時(?![々折差計]|間(?:が|も)?な)"
    r"|分(?!か)|週(?!末)|月(?!曜)|本(?![日人当部調格来])|個(?!人)|階(?!段)|歩(?![いきけくこ行])"
    r"|年(?![寄末始配賀])|きろ"
    r"|m(?![a-z])|つ(?![のらいまめばづ])|つの(?:頃|ころ|時|とき|年)|か月|ヶ月|名(?!前)|代(?![わ理筆金])|割(?![とに])|種類|kg|ml|mg|cc|°|倍"
    r"|晩(?![ごご御飯酌はも])|夜(?![勤更中食はもにのぐま])|km|口(?![内のがはも元紅臭渇])"
    r"|食(?![欲べ事後前パぱ器料あいうわ])|切れ(?!痔|味|が)"
    r"|台(?![風所])|世帯|号|丁目"
    r"|天|次|个|個|岁|歲|片|周|週|點半|점|일|번째|시|개|명|회|살|주|개월|दिन|पटक|घन्टा|हप्ता|जना|महिना|बर्स"
    r"|(?:flights?|floors?|blocks?|bites?|cups?|msgs?|days?|nights?|times?|goes|tries|hours?|hrs?|weeks?|wks?"
    r"|months?|years?|yrs?|x|pm|(?<=[1-4])am"
    r"|am(?! (?:still|so|very|not|really|feeling|in|having|getting|too|unable|alone|dying)(?![a-z]))"
    r"|people|kids|pills?|min(?:ute)?s?|st|nd|rd|th|of us"
    r"|mensajes?|mensagens|tang|lau|hom(?! (?:nay|qua|kia)(?![a-z]))"
    r"|ngay|lan|gio|tuan|thang|tuoi|nguoi|vien|dias?|vez(?:es)?|veces|horas?|semanas?|anos?|mes(?:es)?|araw|beses|oras"
    r"|linggo|buwan|taon|din|patak|ghanta|mahin[ae]|bars?h?a|hapta|cai|goi|bua|hop|chai|lon|bat|chiec|tieng|thia"
    r"|muong|bich|banh|chen|coc|mieng|buoc|travesseiros?|pratos?|copos?|xicaras?|comprimidos?|gotas|cobertas?|filh[oa]s|pessoas|minutos|quilos|pedac\w+|paes|ovos?|garrafas?|doses?"
    r"|colher\w*|reais|ienes|mil|andar(?:es)?|degraus?|passos?|quadras?|palavras?|criancas|gatos?|litros?|quartos?)"
    r"(?![a-z])))"
)
_AFTER = (
    r"(?:番目|番|ばん|번|号|#|\)|\.(?!\d)|:|。|、|,(?!\d)|!|~|ー|〜)*(?:(?=不是|而不是|唔係)|です"
    r"|でした|だわ|だ|で|や|かな|かも|かと"
    r"|か(?=$|。|な)|のまま|のほう|の方|を選|でお願い|よりの|くらい|ぐらい|に近|寄り|ぽい|っぽい|が|は(?=、| )|に"
    r"|入り|かしら|だと思|とさせ|といた|とおも|とし(?:ます|て|とき)|とします|にさせ|ですか|"
    r"ね|よ|との|と(?= )|(?=\()|(?= )|(?=$)|(?=\n)|のよう|でいい|でええ|じゃ|ぢゃ|と3|번|po|naman|ạ|nha|nhe"
    r"|(?<=番)(?=[、。!(,])|(?<=[もはでが、 ][1-4])(?=[!。])|(?<=[調状号は][1-4])(?=[、。])|(?<=ばん)(?=[、。!(,])"
    r"|(?<=[。!\n][1-4])(?=[、。(,])|입니다|이에요"
    r"|예요|이요|요|ですが|でも|だけど|けど|やけど|やで|ずら|ばい|たい|っす|どす|と言|かね)"
)
_LEADING = re.compile(
    fold_pattern(
        rf"^[\W_]*(?:{_LABEL})?(?P<digit>[1-4])(?P<number>番|ばん|번)?(?!\d)(?![.,、](?!(?:3[4-9]|[89]\d)(?!\d))\d(?!\d?[.,度]))(?![年%])"
        rf"{_UNIT}(?=$|[\s.,、。:;!?\-)(\u3041-\u309f\u4e00-\u9fff\uac00-\ud7a3a-z~〜…'\"\ue000+/&☆★#*\u0900-\u097f]"
        rf"|番|[.,] ?3\d|[34]\d[.,]\d)"
    )
)
_GLUED = re.compile(r"^[\W_]*(?P<digit>[1-4])[.,、。:・= /-]{0,3}(?=3[3-9][.,度]\d?|4[0-2][.,度]\d?|3[4-9]\d(?!\d))")
_ANY = compiled(
    fold_pattern(
        rf"(?:(?:{_LABEL})"
        r"|(?<=[→⇒\s、。,.!?\n\u3041-\u309f\u4e00-\u9fff\ue000\uac00-\ud7a3)wｗ:〜~ー])(?<!\d[.,、。:])(?<!\d[.,"
        r"、。] ))"
        rf"(?P<digit>[1-4])(?P<number>番|ばん|번)?(?![\d.]\d)(?!\d){_UNIT}{_AFTER}"
    )
)
_WORD_NUMBER = re.compile(
    r"(?P<word>一|二|三|四|いち|に|さん|よん)(?:番|ばん)(?!目|つら|辛|苦|痛|し|多|高|心配|困|近|早|い(?!い)"
    r"|最|好|ひ)"
)
_SPELLED = re.compile(
    r"(?:^|(?<=[,.!?] )|(?<=say )|(?<=says ))(?:(?:its|it is|today is|today|number|option|numero"
    r"|opcion|opcao|chon so|chon|so|hom nay so) )?"
    r"(?:an? )?(?P<word>three|four|tres|quatro|cuatro|kwatro|apat|bon|char)(?=$|[,.!]| (?:today|sorry|por|pq|porque|po"
    r"|ako|na po|ngayon"
    r"|number|i|im|my|me|e|a) ?)"
    r"|^(?:hom nay |em |e |con |chau |da )*(?:chon so|chon|so) (?P<viet>mot|hai|ba|bon)(?=$|[,.!]| (?:a|nha|nhe|em"
    r"|e)(?![a-z]))"
    r"|(?:选|選|係|回|是)(?:第)?(?P<kanji>[四三])(?=$|了|，|。|,|号|號|吧|呢|!)|(?<=[選选回])(?P<digit>[34])了"
    r"|^[\W_]*(?P<first>[一二三四])(?:号|號|番)?(?=$|[,。]|、(?![一二三四五六七八九十]))"
    r"|^[\W_]*(?P<said>[일이삼사])번(?=이요|이에요|입니다|요|$|[ ,.])"
)
_ASKED = re.compile(
    fold_pattern(
        r"番?(?:を選ぶ(?:目安|基準|とき|時|場合|のは|人)|是(?:(?:什么|什麼|啥)意思|指|说|說)|って(?:い|ゆ|言|何|なん|どう|のは)|っ?ちゅう(?:の|ん)は|(?:い|ゆ|言)う(?:の|ん)は|というのは|とは|の「[^」]{1,12}」(?:に|は|って)(?=[^。、]{0,16}か(?:$|[?。]))|の(?:意味|症状(?:は|が|\(|って)|基準|場合"
        r"|とき|違い|内容|説明|目安)"
        r"|と[1-4]の違|だったら|なら(?!ない)|にしたら|になったら|を押したら|を選んだら|を選ぶと|を送ったら|はどう|は何"
        r"|で(?:返|送|答|知らせ)[^。、]{0,6}(?:いい|良い|よい|ええ)(?:ん|の)?(?:です|でしょう)?(?:か|よね|ね)"
        r"|は[^。、]{0,10}(?:こと|意味)(?:です)?か|は[^。、]{0,6}(?:こと|意味)|ってどう)"
    )
)
_NOT_THIS = re.compile(
    r"(?<=no \d),? (?:and |or )?no [1-4](?!\d)|番?(?:(?:では|じゃ|や|で|でも)(?:な(?:い|く|か(?!った?ら))|ね[え"
    r"っ]|あり?ませ|あらへん|おまへん)"
    r"|ちゃう(?:わ|ねん|で)?(?=$|。|、)|から(?= ?[1-4])"
    r"|(?:に(?:する|なる|入る)|を選ぶ|を押す|という|って(?:いう)?|と(?:言|い)う)?(?:ほど|程)(?:では"
    r"|でも|じゃ|や|の(?:こと|もん|症状)|ひど|悪|つら)"
    r"|までは?(?:いか|行か|いき|行き|いって|行って)|とは(?:言|い)え|には(?:なら|なって(?:い)?(?:な"
    r"|ま?せ|へ)|遠|至|いた)"
    r"|→|->|[ 、。,(]*(?:うそ|嘘|(?:間違|まちが)(?!い(?:は|も|じゃ|では)?(?:な|あり))|訂正|やっぱ)"
    r"|には?(?:(?:あて|当て)はまる|該当する)(?:もの|こと|症状|項目|の)?(?:は|が|も)?(?:特に|何も|一つも|今日は)?(?:な(?:い|し|く)|ありま?せ|ございま?せ)"
    r"|には?(?:(?:あて|当て)はま(?:ら|りま?せ)|該当(?:し(?:な|ま?せ)|な))"
    r"|は(?:違|大げさ|大袈裟"
    r"|おおげさ|言い過ぎ"
    r"|さすがに|オーバー|ない(?:です|な|わ|と思))|というほど|ほどでは"
    r"|まで(?:は|では)|とまで)"
)
_WAS = re.compile(
    r"(?:昨日|きのう|前回|昨夜|先日|一昨日|おととい|今まで|さっき|先ほど|朝|yesterday|ontem|ayer|昨天|어제"
    r"|hom qua|kahapon|hijo|हिजो|nem|neither|nor|ni|bam nham|nham)(?: (?:marque|era|foi|marquei|mandei|coloquei|botei"
    r"|respondi|disse|falei|so|puse))?(?:は"
    r"|まで|まで は|も|の|が|: ?|was|、| |는)*$"
)
_COUNTED = re.compile(
    r"(?<![a-z])(?:(?:puk\w+|sick|vomit\w*|threw up|throwing up|woke(?: up)?|got up|asleep|started|finished"
    r"|appointment|appt|shift|rang|called) at|ate|eaten|had|drank|drunk|slept|watched|took|walked|made|cooked"
    r"|read|did|past|last|after|every|over|than|least|another|those|these|all|my|our|next|first|within|washed|cleaned|finished|bought|used|baked"
    r"|folded|cup of|of|(?:not|isnt|rather than|instead of|neither|nor|wasnt|no \d,?(?: and)? no)"
    r"(?: an?| number| option)?) $"
)
"""English: how many of something ("ate 3 bowls") or not this one ("not 4!"), no answer."""
_REST = re.compile(r"[^.!?\n。]*(?P<asks>\?)?")
_FOREIGN = re.compile(
    r" (?:es (?:solo|si|para|cuando)|e (?:so |pra|para|quando)|bhaneko|kasto|na agad|o llamo|or call|mean"
    r"|is (?:only )?for|(?:only )?for|if(?= )|when(?= )|or [1-4](?!\d)|la gi|la sao|hay goi|dung khong|phai khong)"
)
"""The number is asked about: "4 bhaneko kasto ho?", "¿el 4 es solo si ...?"."""
_SUPPOSED = re.compile(
    r"もし(?!か)[^。\n]*$|(?:^|[^a-z])if (?:i|it|my|he|she) [^.,\n]*$|(?:曜日?|ようび)(?:は|に|の|も| )*$"
    r"|(?<![一-鿿])[小中高]$|(?:小学|中学|高校)$|段階(?:中|で|の)?(?:は|、)?$"
    r"|(?:^|[^a-z])(?:neu|phai [a-z ]{1,20} moi|diferenca|diferencia|khac nhau|khac gi) [^.,\n]*$"
)
"""Before a digit that is asked about, or is a school year (小4) or one of a scale (10段階で3)."""
_WHEN = re.compile("(?:とき|時|場合|際|なったら|たら|なら)(?:は|って|には|に|が|、| )*$")
_RIGHT = re.compile(
    r"番?(?:です|でしょう|でいい|で|を[^。\n]{1,6}|に[^。\n]{1,5})?[^。\n]{0,4}(?:\?|か(?=$|。)|の(?=$|。))"
)
"""When to give the number is asked: 苦しいときは4ですよね?"""
_WAS_AFTER = re.compile(
    r"番?(?:おく(?:った|り)|送った|でしたが|だったけど|だったが|だったの|(?: but)?(?: i)? meant|でしたけど"
    r"|と(?:送|答|返|書|打)|を(?:送|押)し(?:まし)?た)"
)
_PEOPLE = re.compile(r"^ ?(?:人|名)(?:とも|共|全員)")


@dataclass(frozen=True, slots=True)
class Menu:
    """The menu number answered and where it stands; ``start`` tells how far a leading digit reaches."""

    digit: int | None = None
    span: tuple[int, int] = (0, 0)
    leading_end: int = 0


NO_MENU = Menu()


def read_menu(text: Normalised, taken: Sequence[tuple[int, int]] = ()) -> Menu:
    """The menu number (1 to 4) in a reply to the daily question; of several that stand, the graver.

    Digits inside ``taken`` (places of values) are none.
    """
    plain = text.text
    if alone := _word_alone(text):
        return alone
    found: list[tuple[int, int, int]] = []
    leading_end = 0
    if _DIGIT.search(plain):
        if one_of_two := _between(plain) or _instead(plain):
            return one_of_two
        found, leading_end = _in_digits(plain)
    found.extend(
        (_WORDS[match["word"]], *match.span())
        for match in _WORD_NUMBER.finditer(plain)
        if _stands(plain, *match.span())
    )
    found.extend(_spelled(plain))
    found = [one for one in found if not any(start <= one[1] and one[2] <= end for start, end in taken)]
    if not found:
        return NO_MENU
    digit, start, end = max(found)
    return Menu(digit, (start, end), leading_end)


def _in_digits(text: str) -> tuple[list[tuple[int, int, int]], int]:
    """Every digit that stands, with its place, and where the one at the beginning ends."""
    found: list[tuple[int, int, int]] = []
    leading_end = 0
    leading = _GLUED.match(text) or _LEADING.match(text)
    if leading and _stands(text, *leading.span("digit")):
        found.append((int(leading["digit"]), *leading.span("digit")))
        leading_end = leading.end("digit")
    found.extend(
        (int(match["digit"]), *match.span("digit"))
        for match in _ANY.finditer(text)
        if match.start("digit") >= leading_end and _stands(text, *match.span("digit"))
    )
    return found, leading_end


def _between(text: str) -> Menu | None:
    """3.5, 3〜4, 2と3の間, 3か4か迷う: the graver of the two."""
    match = _HALF.match(text)
    if match is None:
        return None
    digit = int(match["low"]) + 1 if match["half"] else max(int(match["low"]), int(match["high"]))
    return Menu(min(digit, 4), match.span(), match.end())


def _instead(text: str) -> Menu | None:
    """4じゃなくて1, 昨夜は1でしたが3に変えて: the digit that is put in the place of the first."""
    match = _INSTEAD.match(text)
    if match is None:
        return None
    name = "digit" if match["digit"] else "changed"
    return Menu(int(match[name]), match.span(name), match.end())


def _spelled(text: str) -> Iterator[tuple[int, int, int]]:
    """The grave numbers written out: "Four. I feel bad", 选四."""
    for match in _SPELLED.finditer(text):
        name = match.lastgroup or "word"
        word = match[name]
        digit = int(word) if word.isdigit() else _WORDS[word]
        if _stands(text, *match.span(name)):
            yield digit, *match.span(name)


def read_digit(text: Normalised, *, highest: int) -> Menu:
    """The digit that answers a question with ``highest`` choices: the whole reply or its first token."""
    menu = _word_alone(text)
    if menu is None:
        match = _GLUED.match(text.text) or _LEADING.match(text.text)
        if match is None or _ASKED.match(text.text, match.end("digit")):
            matches = [m for m in _ANY.finditer(text.text) if _stands(text.text, *m.span("digit"))]
            words = list(_WORD_NUMBER.finditer(text.text))
            if len(matches) == 1:
                menu = Menu(int(matches[0]["digit"]), matches[0].span("digit"))
            elif len(words) == 1:
                menu = Menu(_WORDS[words[0]["word"]], words[0].span())
        else:
            menu = Menu(int(match["digit"]), match.span("digit"), match.end("digit"))
    if menu is None or menu.digit is None or menu.digit > highest:
        return NO_MENU
    return menu


_EAST_BEFORE = re.compile(
    r"(?:不是|并非|並非|唔係|不系|没到|沒到|不到|不选|不選|不按|别选)(?:选|選|按|第)?$"
    r"|(?P<asks>(?:才|先|算不|是不是|系咪|係咪|要不要|该不该|先至|应该|應該|什么时候|什麼時候|几时|幾時"
    r"|何时|如果|要是)[^。!?\n，,]{0,8}"
    r"(?:算|选|選|揀|拣|按|回|填|覆|答|系|係|是))$"
)
_EAST_PARTICLE = re.compile(r"[^。!\n，,]{0,4}(?:\?|[吗嗎呢啊呀]|$)(?<!了)")
_EAST_AFTER = re.compile(
    r" ?번?(?:이|은|는)?(?: ?(?:아니|아닙|아닌|말고|아님|까진|까지는)|인가|인지|인건|이에요\?|예요\?"
    r"|은 ?(?:어떨|언제|어떤|뭐|무슨)"
    r"|[은을]?[가-힣 ]{0,8}(?:누르|눌러|고르|골라)[가-힣 ]{0,5}(?:교|까|지예|죠|지요|는지|나요|되나)"
    r"|을? ?(?:누르는|눌러야 ?(?:하나|되나|할까|하는지|돼요\?|되는)|언제)|이 ?(?:어떤|뭐|무슨))"
)
"""Chinese and Korean: a number that is denied (不是4, 4번 아니고) or asked about (才算4, 4번인가요)."""


def _stands(text: str, start: int, end: int) -> bool:
    """Whether the digit is this answer: not asked about, not denied, not that of yesterday."""
    if (match := _EAST_BEFORE.search(text[max(start - 16, 0) : start])) and (
        not match["asks"] or _EAST_PARTICLE.match(text, end)
    ):
        return False
    if _EAST_AFTER.match(text, end):
        return False
    if _ASKED.match(text, end) or _NOT_THIS.match(text, end) or _WAS_AFTER.match(text, end):
        return False
    if is_choice(text, start, end):
        return False
    before = text[max(start - 48, 0) : start]
    if _COUNTED.search(before) or no_answer(text, start, end):
        return False
    if _WHEN.search(before) and _RIGHT.match(text, end):
        return False
    if _WAS.search(before[-16:]) or _SUPPOSED.search(before):
        return False
    rest = _REST.match(text, end)
    return not (rest and rest["asks"] and _FOREIGN.match(text, end))


_TOKEN = re.compile(
    fold_pattern(
        r"^[\W_]*(?P<word>[^\W\d_]+?)(?:番|ばん|번)?[、 ]?(?:で[ーえ]?す|でっせ|でんな|でんねん|だす"
        r"|やん|ですばい|ばってん|やけん|だべ|だっぺ|だがね|だに|さー?"
        r"|で[しふ]|どす|っす|でござる|でございます|だ|で|で す|よ|ね|や|やで|ばい|たい|だよ|だわ|だね"
        r"|やな|やね|ですわ|ですよ|ですね|かな|かも|じゃ|なり|番で|po|입니다|이요|요"
        r"|でお願いします"
        r"|desu| (?:a|nha|nhe|nhen|chi|thoi|em|ha|roi|number|no|ho|cha|lang|naman|maam|mam|sir|nomas|nada mas|moca"
        r"|moco|viu|senhora))?[\W_]*$"
    )
)


def _word_alone(text: Normalised) -> Menu | None:
    """A number word that is the whole reply, or its first word before a space."""
    whole = _TOKEN.match(text.text)
    if first := _FIRST.match(text.text):
        end = first.end("word")
        return None if _NOT_THIS.match(text.text, end) else Menu(_WORDS[first["word"]], first.span("word"), end)
    if told := _TOLD.match(text.text):
        name = "word" if told["word"] else "first"
        return Menu(_WORDS[told[name]], told.span(name), told.end())
    if whole and (digit := _WORDS.get(whole["word"])):
        return Menu(digit, (0, len(text.text)), len(text.text))
    match = _ALL.match(text.text)
    if match is None:
        return None
    digit, end = _WORDS[match.group()], match.end()
    if _NOT_THIS.match(text.text, end):
        return None
    set_off = end in text.breaks and bool(_JAPANESE.match(match.group()))
    return Menu(digit, match.span(), end) if set_off or _THEN_NUMBER.match(text.text, end) else None


_TOLD = re.compile(
    r"(?:(?:番号|ばんごう|数字|答え)(?:は|が)?(?P<word>いち|に|さん|よん|一|二|三|四)(?:です|だ|や|で)"
    r"|(?P<first>よん|四)(?:、?です(?=$|[。、!]|つら|辛|苦|くる|しんど|息|むね|胸)|で(?:お願|おねが|頼)))"
)
_HALF = re.compile(
    r"[\W_]*(?P<low>[1-4])(?:番)?(?:(?P<half>[.,]5(?!\d))|(?:[〜~ー\-]|から|と|か)(?P<high>[1-4])(?!\d))"
    r"(?:番)?(?:の?間|のあいだ|の中間|くらい|ぐらい|かな|かも|か?で?(?:迷|まよ|悩)[^\d。、]{0,8}|です|です?か)*[\W_]*$"
)
_INSTEAD = re.compile(
    r"[\W_]*[1-4](?:番)?(?:では|じゃ|や)(?:なく(?:て)?|のうて)(?:、| |やっぱり?|やはり|本当は|正しくは)*"
    r"(?P<digit>[1-4])(?![\d.,人回日歳時度月週階名枚つ年分本])"
    r"|[^\n]{0,24}?(?<!\d)[1-4](?!\d)[^\d\n]{1,16}(?P<changed>[1-4])(?:番)?に(?:変え|かえ|変更し?|訂正し?|直し)て"
)
_FIRST = re.compile(r"[\s「]*(?P<word>いち|に|さん|よん|一|二|三|四)(?:番|ばん)?(?:です)?[。!](?!\d)")
"""A number word that is the first sentence: いち。きょうは…"""
_JAPANESE = re.compile("[ぁ-ゟ一二三四]")
_THEN_NUMBER = re.compile(r"[ ,.:]+(?=[34]\d)")
