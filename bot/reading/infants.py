"""Words that tell of a baby under three months, whose fever of 38.0 or more is urgent."""

from __future__ import annotations

from bot.reading.beginnings import compiled
from bot.reading.normalise import fold_pattern

YOUNG_BABY = compiled(
    fold_pattern(
        r"(?:生後|せいご|産まれて|生まれて|うまれて) ?(?:[12] ?(?:か月|かげつ|ヶ月|カ月|ヵ月|ケ月|箇月)"
        r"|\d+ ?(?:日|週|にち|しゅう)|(?:ひと|ふた)月半?|[一二](?:か月|ヶ月"
        r"|カ月|ヵ月))"
        r"|(?<!\d)[12] ?(?:か月|ヶ月|カ月|ヵ月|ケ月)(?:半|はん)?(?:になった)?(?:ばかり)?の?"
        r"(?:赤|娘|息子|子|ベビ|乳|男|女"
        r"|孫)|(?:赤ちゃん|赤ん坊|乳児|べびー|娘|息子|子)[^\d。、]{0,3}[12] ?(?:か月|ヶ月|カ月|ヵ月|ケ月|箇月)(?!前)"
        r"|(?:宝宝|寶寶|孩子|婴儿|嬰兒|娃|bb)(?:才|刚|剛|只有)?\d{1,2} ?(?:天|日)(?!前)|新生児|newborn"
        r"|(?<!\d)(?:[1-9]|1[0-2])[- ]?(?:weeks?|wks?)[- ]?old|(?<!\d)[12][- ]?(?:months?|mths?|mo|m)[- ]?old"
        r"|(?<!\d)\d{1,2}[- ]?days?[- ]?old|(?:one|two|three|four|five|six|seven|eight|nine|ten)[- ](?:weeks?"
        r"|wks?)[- ]?old"
        r"|(?:one|two)[- ]months?[- ]?old|(?:baby|bub|infant)[^.;!?\n]{0,16} (?:[1-9]|1[0-2]) ?(?:weeks?|wks?"
        r"|days?)(?! (?:ago|now|of))"
        r"|(?<!\d)[12] ?(?:个月|個月|개월|thang tuoi|mes(?:es)?|buwan|mahina)|recem[- ]?nascid|recien nacid|so sinh"
        r"|新生儿|新生兒|신생아|(?:出生|刚生|剛生|生下来|生下來|满月|滿月|出世)[^。，,]{0,4}(?:\d{1,2}"
        r"|[一二两兩三四五六七八九十几幾]{1,3}) ?(?:天|日|周|週|个?礼拜|個?禮拜|个?星期)"
        r"|(?<!\d)(?:\d{1,2}|[一二两兩三四五六七八九十]{1,3}) ?(?:天|日|周|週|个礼拜|個禮拜|个星期|個星期|個拜)大"
        r"|(?<![\d十])(?:[12]|一|两|兩) ?[个個]月(?:大|的?(?:宝|寶|孩|嬰|婴|女|儿|兒|娃|bb))"
        r"|(?:刚|剛|未|还没|還沒|不到)(?:出|足|满|滿)?(?:满月|滿月|[一两兩三3] ?[个個]月)"
        r"|(?:생후|태어난지|난지|낳은지|출산한지) ?(?:\d{1,2}|열흘|보름|한|두|이|삼|일|사|오|육)? ?(?:일|주|달"
        r"|개월|주일)|열흘된|보름된|백일(?:도)?안|(?<!\d)(?:\d{1,2}일|[1-9]주|[12]개월|한달|두달|한주|두주"
        r"|석달안)(?:된|밖에안된|안된|짜리)"
        r"|(?<![a-z])(?:be|em be|con|chau|bebe|nenem?|nene|bb|filh\w+|menin\w+|neta?o?|netinh[oa])(?: (?!sot"
        r"|febre|ho|bi|tosse|com|ta|esta|tem (?!\d))[a-z]+)"
        r"{0,4} (?:\d{1,2} (?:ngay|dias)|(?:[1-9]|1[0-2]) (?:tuan|semanas)|[12] (?:thang|mes(?:es)?))(?! (?:truoc"
        r"|nay|atras|de febre|seguid))"
        r"|(?<![a-z])(?:bebit[oa]|guagua|wawa|nen[ea]|hij[oa]|hijit[oa]|baby|sanggol|anak|bunso|apo|bacha|bachha"
        r"|nani|chora|chori)"
        r"(?:,? (?!fiebre|lagnat|jworo|con|may)[a-z]+){0,4},? (?:\d{1,2} ?(?:dias|days|araw|din)|(?:[1-9]"
        r"|1[0-2]) ?(?:semanas|weeks?|wks|linggo|hapta)"
        r"|[12] ?(?:mes(?:es)?|months?|mos?|buwan|mahina|maina))(?! (?:de fiebre|con fiebre|na (?:lagnat"
        r"|nilalagnat)|dekhi))"
        r"|(?:बच्चा|नानि|छोरा|छोरि|सिसु|बाबु)\S*(?: \S+){0,3} (?:[12] महिना|\d{1,2} दिन|(?:[1-9]|1[0-2]) हप्ता)"
        r"|(?<!\d)(?:\d{1,2} dias|(?:[1-9]|1[0-2]) semanas) de (?:vida|nascid)|(?:sinh|de) duoc (?:\d{1,2} ngay"
        r"|\d tuan)|day thang tuoi"
    )
)
