"""Menu digits, mostly in Spanish, Tagalog and Nepali, that are no answer: asked about, of another day, by mistake."""

from __future__ import annotations

import re

from bot.reading.normalise import fold_pattern

_BEFORE = re.compile(
    r"(?<![a-z])(?:"
    r"(?:ayer|anoche|antes|equivo\w*|error|sin querer|kahapon|kanina|mali|maling|nagkamali|galti\w*|hijo|asti|pahila)"
    r"[^.!?\n]{0,24}(?:puse|marque|apertei|cliquei|digitei"
    r"|mande|envie|escribi|conteste|aprete|pinche|elegi|era|estaba en|nilagay"
    r"|napindot|pinili"
    r"|sagot|thiche\w*|thichi\w*|pathae\w*|pathaye\w*|lekhe\w*|ani)"
    r"|diferencias? (?:hay )?(?:entre|del?)|pinag ?kaiba(?: ba)?(?: po)?(?: ng)?|pag ?kakaiba(?: ng)?"
    r"|(?:ano|para saan|kailan|kelan)(?: \w+){0,2} (?:ang|yung|ung|ba)"
    r"|(?:que|cuando|para que|en que caso)(?: \w+){0,3} (?:es|significa|marco|pongo|uso|sirve|va|elijo|mando)"
    r"|no (?:es|llega a|llego a|estoy en|diria|creo que sea)|hindi(?: \w+){0,2}"
    r"|(?:my|the|our) (?:little |youngest |eldest )?(?:boy|girl|toddler|lad|grandson|granddaughter|nephew|niece)"
    r"(?: is|s)?(?: just| now| only| nearly| turned)*"
    r"|(?:by (?:mistake|accident)|accidentally|wrongly|oops,? i)(?: i)?"
    r"(?: (?:pressed|hit|sent|typed|put|picked|chose))?"
    r"|estamos|somos|eramos|nosotros|(?:mis|los|las|con|de) (?=[1-4] [a-z])|hami(?:haru)?"
    r")(?: el| la| un| numero| number| opcion| po| ang| ng| lang| na)*[ ,:\"']*$"
)
_AFTER = re.compile(
    fold_pattern(
        r"(?: (?:number|numero|nambar))?(?: (?:bhaneko|bhanya|vaneko|vaneko|ra \d|ani \d|ko (?:matlab|artha|farak"
        r"|pharak))"
        r"| (?:o|y|at|ra|ki|ba|po ba|ata)(?: ang| ang| el| la)? [1-4](?!\d)[^.!\n]{0,40}(?:\?|diferencia|farak"
        r"|pharak|kaiba|kun ho"
        r"|alin|hindi ko alam|no se|thaha)| (?:hoina|haina|hudaina)(?: |$|,)|(?: ko)? (?:भनेको|होइन)"
        r"|[^。!\n\d]{0,6}(?:按|打|选|選|点|點|写|寫|说|說|发|發|弄)(?:错|錯)[^。!\n\d]{0,6}(?:是|应该|應該|才)(?=[1-4](?!\d))"
        r"|,? (?:oops|whoops|sorry|my bad|oh|wait|no|actually|i)[^.\n\d]{0,24}(?:meant|mean|should be|i mean) (?=[1-4])"
        r"|,? (?:was )?(?:by (?:mistake|accident)|a (?:mistake|typo)|in error|accidentally)(?![a-z])"
        r"| (?:hindi|na po dapat|dapat)? ?(?:pala,? )?(?:[1-4]) pala| era ayer| fue ayer| por error"
        r"| sin querer| sem querer"
        r"| (?:na |kong |akong )?(?:choti|pali|jana|katao|kami|kaming|anak|bata|tao|personas|hij[oa]s|nin[oa]s"
        r"|almohadas"
        r"|pastillas|vasos"
        r"|platos|pisos?|cuadras|pasos|golli|chaki|glass|baso|tableta|piraso|kutsara|hakbang|salita|words?|unan"
        r"|araw|oras)(?![a-z])"
        r"| (?:e|eh) (?:so )?(?:p(?:ra|ara)|quando|se)(?![a-z])[^.!\n]{0,40}\?| la (?:sao|gi|j|the nao)(?![a-z])"
        r"|[^.!\n\d]{0,24} (?:ayer|kahapon) nomas"
        r"|(?:番)?(?:を|って|と|に)?(?:押し|おし|打っ|うっ|送っ|おくっ)(?:ちゃ|ちま|て(?:しま|もた)|た(?:のは|けど|が))"
        r"[^。\n]{0,8}?(?:間違|まちが|ミス|取り消|なし|じゃな|ではな)"
        r"|(?:番)?(?:に|と)?(?:当た|あた|該当す|相当す)るような"
        r"|(?:番)?(?:みたい|のよう)な(?:の|もの|症状|こと)?(?:は|も|じゃ|では)?"
        r"(?:まったく|全く|全然|ぜんぜん|特に|とくに|一切|今日は)?(?:な(?:い|し|く)|あり?ま?せ)"
        r"|(?:番)?(?:に|を|って|と)(?:送(?:った|)(?:ら|れば|ると)|選ぶと|押すと|選んだら|すれば|したら|すると|押せば|押したら|選べば|えらべば)[^。\n]{0,10}?(?:か|\?|でしょう|の)(?=$|。|\?))"
    )
)
_COMPARED = re.compile(
    fold_pattern(
        r"[1-4](?:番|つ)?(?:と|や)[1-4](?:番)?(?:と)?(?:の|って|は|で|が|、)*"
        r"[^。!\n\d]{0,4}(?:ちが|違|差|区別|境目|使い分け)"
        r"|[1-4](?:番)?と[1-4](?:番)?の(?:間|あいだ)(?:の)?(?:とき|時|場合|なら|だったら)"
        r"|[1-4] (?:voi|va|hay|and) (?:so |number )?[1-4] (?:khac|giong)"
        r"|[1-4](?:番)?(?:と|か|や)[1-4](?:番)?(?:と|か)?(?:で)?(?:迷|まよ|悩)(?:ったら|えば|った(?:とき|時|場合))"
        r"|[1-4] ?(?:和|跟|与|與|同|하고|랑|와|과|이랑) ?[1-4]"
        r"[^。.!\n\d]{0,6}(?:区别|區別|分别|差|不同|차이|달라|다른|뭐가)"
    )
)
"""Two numbers that are compared: 2と3のちがい. Whoever wavers (3か4か迷う) answers with the graver."""
_NEAR = 16
"""Letters before a digit, and half of those behind it, in which it may be compared with another."""
_THEN = re.compile(fold_pattern(r" (?:thiyo|thyo|thio|थियो|era ayer|kahapon|kagabi|hijo)(?: |,|$)"))


def no_answer(text: str, start: int, end: int) -> bool:
    """Whether the digit at ``start`` is asked about, denied or told of another time."""
    if _AFTER.match(text, end) or _THEN.match(text, end):
        return True
    nearby = _COMPARED.finditer(text, max(start - _NEAR, 0), end + 2 * _NEAR)
    if any(match.start() <= start < match.end() for match in nearby):
        return True
    return bool(_BEFORE.search(text[max(start - 44, 0) : start]))
