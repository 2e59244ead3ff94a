"""Japanese words around numbers: hopes, the room's degrees, what the news say, and fingers measured one by one."""

from __future__ import annotations

import re

from bot.reading.normalise import fold_pattern

_UNIT = r"(?:度|℃|°c?|c|%|ぱー\w{0,4})?(?:\d分)?(?:台|代)?(?:前半|後半|くらい|ぐらい|以下|未満|以上)?"
_HOPED_AFTER = re.compile(
    fold_pattern(
        rf"{_UNIT}(?:に|まで|を|へ|は|で|が)*"
        r"(?:戻|もど|下が|さが|下げ|さげ|な[らりれっる]|切[らりれっる]|落ち|おち|割[らりれっる]|安定|キープ|上が|あが"
        r"|出て|ある|いる)[^。、\n\d]{0,4}?"
        r"(?:[りきしちれえけせてびみぎ]たい(?!温)|(?:と|ば|たら)(?:いい|良い|よい|ええ|よか|うれし|嬉し|助か)|ほしい|欲しい"
        r"|ますように)"
        rf"|{_UNIT}(?:が|を)?(?:目標|めざ|目指|希望|理想)"
    )
)
"""A number that is hoped for or aimed at: 36.5に戻りたい, 37度切るといいな."""
_ELSE_BEFORE = re.compile(
    fold_pattern(
        r"(?:室温|気温|水温|湯温|お湯|部屋|エアコン|クーラー|暖房|冷房|ヒーター|こたつ|車内|設定|お?風呂|湯船|シャワー"
        r"|ミルク)(?:の(?:温度|設定|お?湯)|温度)?"
        r"(?:は|が|を|も|で|に|の|:|、| |今|いま|今日|きょう|だいたい|最高|最低|設定)*$"
        r"|(?:体脂肪率?|(?:受付|予約|整理|会員|部屋|患者|登録|追跡|伝票)番号|号室)(?:は|が|:| )*$"
        r"|(?:テレビ|ニュース|ネット|新聞|ラジオ|チラシ|ホームページ|基準|目安|ワイドショー|番組|ユーチューブ)"
        r"(?!(?:を|も)?(?:見|み|読|よ|つけ|聞|きい)(?:ん|み)?(?:て|で|と|なが))[^\d。\n]{0,8}$"
    )
)
"""A number that the room, the bath, the news or a rule has."""
_ELSE_AFTER = re.compile(
    fold_pattern(
        rf"{_UNIT}(?:の(?:お?風呂|お?湯|部屋|室温|気温|猛暑|暑さ|設定|シャワー|お茶|お?酒|焼酎)|線|に?設定"
        r"|(?:の|が|も)?(?:熱(?:が|の)?)?(?:出る|出た|ある|出てる|出ている|あった|超える)(?:人|ひと|こと(?:が|も)(?:ある|多)))"
    )
)
"""A number that is the bath's, or that some people have."""
VAGUE = (
    r"を?(?:超|こえ|越え|越し|上回|下回)|に?(?:近|ちか)[いくか]|以上|未満|以下|弱(?!い|く)|強(?!い|く)|手前|すれすれ|ぎりぎり"
    r"|も(?:ない|なか|あり?ま?せ)|を?(?:切|割)(?:っ|り|る)|半ば|なかば|に?(?:い|行)(?:くか|かな)"
)
"""Degrees that the temperature is only near to (38度超え, 40度近い): no value."""
CHANGED_AFTER = re.compile(
    fold_pattern(
        r"(?:℃|度|%)?(?:台)?(?:に|へ|まで)(?:は|も)?(?:また|急に|一気に)?(?:$|。|です|下|さが|上|あが|落|おち|な[っりる]|改善|回復|戻|もど|減|増|低下|上昇|変)"
    )
)
"""After the second of two values: the first is where it came from (38.5から36.7に下がりました)."""
MISTAKEN_AFTER = re.compile(
    fold_pattern(
        r"(?:℃|度|%)?(?:の方|のほう|というの|って(?:いう)?の|と送ったの)?(?:は|が)[^。\n\d]{0,8}(?:間違|まちが|ミス|誤|取り消|無視)"
        r"|(?:℃|度|%)?だった(?:の|ん)(?:が|に|は)"
    )
)
"""A value that is taken back, or told of before: 38.6は打ち間違い, 37.4だったのが36.9になった."""
UPPER = re.compile(r"上(?:の?(?:数字|数値|値|ほう|方)|の)?(?:は|が|:| )*$")
"""The upper of the two numbers that an oximeter shows."""
VAGUE_AFTER = re.compile(fold_pattern(rf" ?(?P<vague>台|前後|の?前半|の?後半|{VAGUE})"))
"""The same after a number that names no degrees: 熱39超え, 37台."""
DROPPED_AFTER = re.compile(fold_pattern(r" ?%?(?:まで|に)(?:下が|さが|落ち|おち)(?:っ|り|て|ま)"))
"""After a saturation without a name: 95まで下がってた."""
TENS_AFTER = re.compile(fold_pattern(r" ?%?(?:台|代)(?P<lower>の?前半)?"))
"""Tens of a saturation without a value: 80台, 90台前半."""
BELOW = re.compile("弱|未満|以下|手前|を?下回|を?[切割]|も|に?(?:近|ちか)")
"""A vague word that says the temperature is under the degree named."""
_SIDE = r"(?:右手?|左手?|みぎ|ひだり|親指|人差し?指|中指|薬指|小指|別の指|他の指|もう(?:一|1)(?:つ|回|度)|反対|逆)"
SIDES = re.compile(
    fold_pattern(
        rf" ?%?(?:、|。| |,|・|/|で|です|と)*{_SIDE}(?:の指|の手|の数[字値]|側|手|指)?(?:は|が|で|だと|:|測ると|も| )*"
    )
)
"""Between the values of two hands or fingers: 右手92左手93."""


_DENIED_AFTER = re.compile(
    fold_pattern(
        r"(?:℃|°c?|度)?(?:台)?(?:まで(?:は|も)?|(?:に|ほど)?(?:は|も))"
        r"(?:超えて|こえて|いって|行って|出て|上がって|あがって|達して|届いて|あるわけでは)?"
        r"(?:い?(?:な(?:い|か(?!な))|ま?せん|おらん|へん)|あり?ま?せん|あらへん|いか(?:ない|ん)|届か|なら(?:ない|な[いか]|ん)|なって(?:い)?(?:な|ま?せ))"
    )
)
"""A number that was not reached: 38度まではない."""


def denied(text: str, end: int) -> bool:
    """Whether the number that ends at ``end`` was not reached."""
    return bool(_DENIED_AFTER.match(text, end))


def of_something_else(text: str, start: int, end: int) -> bool:
    """Whether the number from ``start`` to ``end`` is hoped for or measures no body."""
    if _HOPED_AFTER.match(text, end) or _ELSE_AFTER.match(text, end):
        return True
    return bool(_ELSE_BEFORE.search(text[max(start - 24, 0) : start]))
