"""The words around numbers: what a number measures, whose it is, and whether it is of now."""

from __future__ import annotations

import re

from bot.reading.beginnings import compiled
from bot.reading.normalise import fold_pattern
from bot.reading.value_words_ja import VAGUE

POINT = r" ?(?:[.,。、・·:点點]|점|쩜) ?"
DEGREE = (
    r"(?:度|°c?|℃|°|′|ど(?= ?\d|$|。|です|で)|도|do(?![a-z])|degrees?|degs?|graus?|grados?|digri|degri|डिग्रि"
    r"|c(?![a-z]))"
)
NUMBER = compiled(
    rf"(?:(?<!\d)|(?<=^[1-4])(?=3[5-9](?:[.,度]\d|\d(?!\d))))(?<!\d\.(?!3[4-9][.,]\d))(?<!\d\d\.(?!9\d(?!\d)))(?<![^o]\d:(?!3\d[.,度]\d(?!\d)))(?<!^\d:(?!3\d[.,度]\d(?!\d)))"
    rf"(?<!(?<!\.)\d/(?!3\d[.,度]))(?:"
    rf"(?P<f>(?:9[3-9]|10\d)(?:{POINT}\d)?) ?(?:°? ?f(?![a-z])|℉|華氏|degrees? f|fahrenheit|度f)"
    rf"|(?P<degree>3\d|4\d) ?{DEGREE} ?(?:(?P<tenth>\d)(?:\d(?!\d))?(?! ?(?:回|時|日|人|番|錠|月|歳|%))(?: ?(?:分"
    rf"|ぶ|부|phan))?|(?P<vague>台|だい|대|代|多(?!久|长|少)|出头|出頭|几|幾|초반|중반|후반|언저리|(?:좀"
    rf"|조금|쪼금|약간|살짝)?넘|이상|前後|帯|前半|後半|ちよ?い"
    rf"|ちよ?っと|ちょい|ちょっと|と?少し"
    rf"|と?すこし|なんぼ|何分|なんぶん|いくつ"
    rf"|いくら|なんとか|{VAGUE}|several|e pou[cq]\w+|e uns? \w+|e alguma coisa|e quebrad\w+|hon(?![a-z])|may(?=[ .,!]*$"
    rf"| do)))?"
    rf"|(?P<decimal>[34]\d(?={POINT})|(?:9\d"
    rf"|10\d)(?=[.,]\d(?!\d))){POINT}(?P<fraction>\d{{1,2}})(?!\d)"
    rf"(?P<vague2> ?(?:(?:度|°c?)?(?:台(?!所|風)|代(?!わ|理))|歳))?"
    rf"|(?P<short>[5-9]) ?(?:度|ど|도) ?(?P<shorttenth>\d)(?: ?(?:分|ぶ|부))?(?!\d|回)"
    rf"|(?P<shortbare>[6-9]) ?度(?=です|$|。|でした|ちょうど|ちょっき|きっか|ぴった|じゃすと|くらい|ぐらい|だ)"
    rf"|(?P<three>[34]\d\d)(?!\d|[.,](?!(?:[89]\d|100)(?!\d))\d)"
    rf"|(?P<two>(?![1-4]3[5-9][.,度]\d)\d{{2,3}})(?![\d]))"
)
TENTH = re.compile(r"[.,](?!(?:[89]\d|100)(?!\d))\d")
UNIT_AFTER = re.compile(
    fold_pattern(
        r" ?(?:歳|才|さい|代|週|しゅう|回|かい|時|じ(?=に|ご|か|$)|日|にち|分|ふん|人(?!差)|にん|年|月|か月|ヶ月|錠|円"
        r"|キロ|kg|g(?![a-z])|mg|ml|cc|mm|cm(?! (?:ayer|hoy|siempre|antes|anoche))|"
        r"階|号|番(?!号)|丁目|点|本(?!人)|枚|個|杯|秒|度目|歩(?![いきけくこ行])|メートル|ページ|つ|以上の|㎎|週間|時間|years?"
        r"|yrs?|yo(?![a-z])|y/o"
        r"|months?|weeks?|wks?|days?|hours?|hrs?(?! ?[:=]| ?\d)|"
        r"minutes?|mins?(?![a-z])|times?|x(?![a-z])|people|pm|am|岁|歲|天|次|个|個|周|週|點|点|点钟|분|시|일|살"
        r"|세|주|개월|번"
        r"|회|명|시간|tuoi|tuan|thang|ngay(?![a-z])|gio|lan(?![a-z])|nguoi|phut|"
        r"anos?|meses|mes|semanas?|dias?|horas?|vezes|veces|taon|buwan|linggo|araw|oras|beses|barsa|mahina"
        r"|din(?= (?:dekhi|bha|samma|ag|pachi))"
        r"|ghanta|patak|barsh|choti|बर्स|दिन|घन्टा|महिना|पटक|y (?:pico|piquito|algo|tantos|fraccion)|something"
        r"|ish(?![a-z])|pataas|e pou[cq]\w+|e uns? [a-z]|e alguma|e quebrad\w+|hon(?![a-z])|may(?=[ .,!]*$| do)"
        r"|y pico"
        r"|vien|mieng|bước|buoc|:\d|/(?![1-4](?!\d))\d(?!\d[.,度])|-\d{3}"
        r"| ?(?:点|度)?(?:なんとか|なんぼ|なんちゃら|いくつ))"
    )
)
PULSE_BEFORE = re.compile(
    r"(?:脈拍?(?!血)|みゃく|心拍|心跳|心搏|(?<![a-z])pr(?![a-z])|(?<![a-z])hr(?![a-z])|(?<![a-z])f[cr](?![a-z])"
    r"|(?<!\d)bpm|pulse|heart rate|血圧|bp(?!m)"
    r"|(?<![早晚天马馬路床身头頭])上(?!が(?! ?$)|午|次|周|週|面|个|個|班|去|来|來|厕|廁|涨|漲"
    r"|升|回|了|床|楼|樓|学|學)"
    r"|(?<![天乡鄉底])下(?!午|次|周|週|面|个|個|班|去|来|來|降|跌|床|楼|樓|雨|到|が(?! ?$)|痢|り)|体重|身長|血糖|맥박"
    r"|혈압|脉搏|心率|血压|mach"
    r"|(?<![a-z])(?:nhip )?tim(?=:? ?$)|huyet ap|pulso|presion|pressao|batimento\w*|latidos?|pulsaciones"
    r"|frecuencia|(?:otro|el"
    r"|ang) numer\w+|otro"
    r"|(?:de|el|la) abajo|tibok|pintig|sa baba|yung isa|dhadkan|nadi|mutuko? ?\w*|मुटु\S*|नाडि\S*|धड्कन|ढुकढुकि)"
    r"(?:(?!酸素|さんそ|sp|さちゅ|熱|ねつ|体温)[^\d]){0,6}$|の$(?<=\d\dの)"
)
PULSE_AFTER = re.compile(
    r"(?: ?de)? ?(?:(?<=\d)bpm|bpm(?! ?[:=]? ?\d{2,3}(?!\d| ?%))|(?:ang |de |sa |yung )?"
    r"(?:heart ?rate|hr|heartbeat|pulse?|pulso|latidos|pulsaciones"
    r"|tibok)(?![a-z])(?! ?[:=]? ?\d)|por minuto|拍"
    r"|/ ?\d{2,3}(?![.,度\d]\d?)|の\d\d| (?:yung|ung|ang|sa) (?:nasa )?(?:baba|ilalim)(?![a-z]))"
)
TEMP_BEFORE = re.compile(
    fold_pattern(
        r"(?:熱|ねつ|体温|たいおん|temp\w*|temperature|fever|体温|體溫|烧|燒|열|체온|sot|nhiet do|febre|temperatura"
        r"|fiebre|lagnat|jworo|jwaro|joro|ज्वरो|तापक्रम|calentura|sinat)[^\d]{0,10}$"
    )
)
TEMP_LED = re.compile(
    r"(?<![a-z])(?:(?:sub|lleg|baj)\w+(?: \w+){0,4} (?:a|hasta|de)|otra vez con|amaneci con|sigo con|estoy con|esta con"
    r"|(?:a?baixou|subiu|caiu|desceu|voltou)(?: (?:pra|para|a))?|(?:estou|to|tou|ta|esta) com|deu|marcou"
    r"|giam (?:conz?|xuong)|ha (?:conz?|xuong)|xuong conz?|len (?:toi|denz?)|volvi a|subio a|llego a|llegue a|marco"
    r"|umabot(?: na)?"
    r"(?: sa| ng)?|umakyat(?: na)? sa|tumaas(?: na)? (?:sa|ng)|naging|nasa)(?: po| na| unos| como)* $"
)
"""Words that lead to a temperature where the number can be one."""
NOW_LED = re.compile(
    r"(?<![a-z])(?:hoy|ahora|ahorita|ya|hoje|agora|ngayon|now|today|hom nay|bay gio|aaja|aja|ahile)(?: (?:solo|so"
    r"|na lang|just|only|esta en|e|es|la|la|conz?|estoy en|estou com))*,? $"
)
"""Words that lead to the temperature of now, where one of before was told: "ayer 39.1, hoy 37"."""
TEMP_AFTER = re.compile(
    fold_pattern(
        r" ?(?:pugyo|pugeko|pugis\w*|aayo|ayo|aako|de fiebre|de temperatura|de calentura|grados|na lagnat"
        r"|ang lagnat|ko lagnat|just[oa]s?|justit[oa]s?|clavad[oa]s?|clavadit[oa]s?|cravad[oa]s?|pelad[oa]s?"
        r"|ang temp|jworo|jwaro|joro|ज्वरो|पुग्यो|पुगेको|आयो)(?![a-z])"
    )
)
_SPO2 = (
    r"(?:指(?:の|に(?:つけ|はめ|挟|はさ)[^\d、。]{0,4})(?:やつ|機械|器械|計|測定器|数値|数字|センサー)?[、 ]*"
    r"|酸素(?:飽和度|濃度|飽和|の(?:機械|器械|やつ|数字|計器|あれ))?|(?:機械|器械|計器)の(?:数字|数値|表示)"
    r"|さんそ|sp ?o ?2|sp02|spo₂|o2|サチュ?レ?ー?シ?ョ?ン?|サチュレイション|さっと|サット"
    r"|サチ|sats?"
    r"|(?<![a-z])s(?=[:=])"
    r"|saturation|飽和度|(?:パルス)?オキシ(?:メータ[ー〜]?)?|パルス(?:の?(?:数字|数値|値|表示|計)|なんとか)?|"
    r"oxygen(?: level)?|oximeter|oxi\w*|ox|satura\w+|スポツ|すぽつ|エスピーオーツ|血氧(?:饱和度|飽和度|仪"
    r"|儀)?|氧(?:饱和(?:度)?|飽和(?:度)?|含量|指数|指數|值)?|산소(?:포화도)?|포화도|oxy"
    r"|nong do|अक्सिजन|oksijan|aksijan|スポ|spo|sao2|oxygeno)"
)
SPO2_BEFORE = re.compile(
    fold_pattern(
        _SPO2 + r"(?:は|が|:|の|〜|う|値|の値|だけ|を|も|is|level|levels|reading|of|at|was|now|,|\.|、|=|は今|測定"
        r"|濃度|で|数値|가|는"
        r"|이|은|:|la|da|es|esta|ta|em|de|en|는| |chi|con|is now|around|about|só|so|今|今は|现在|現在"
        r"|目前|到|至|掉|降|跌|升|回|了|还|還"
        r"|在|显示|顯示|只有|才|就|都|有|大概|大约|大約|约|差不多|稳定|穩定|维持|維持|一直|最低|最高|得"
        r"|剩|测出来|测得|夹了?|夾咗?|量|水平|浓度|為|为|测|測|도|수치|최저|최고|지금"
        r"|아까|오늘|겨우|방금|측정|재니|재니까|쟀는데|쟀더니|測ったら"
        r"|はかったら|計ったら|ってやつ|ちゅうやつ|测了|是|昨日|きのう|ゆうべ|今日|きょう|今朝|けさ|朝|昼|夕方|夜|寝る前"
        r"|(?:100|[89]\d)%?(?:だった)?(?:の?が|のに|で|から|→|、|,| )*(?=今|いま|きょう|けさ|さっき))*$"
    )
)
SPO2_NAMED = re.compile(
    fold_pattern(_SPO2 + r"(?![^\d]*(?:tank|mask|machine|bottle|ボンベ|流量|吸入))[^\d.,;!?。、\n]{0,20}$")
)
"""A saturation named a few words before its number: sats dropping to 90, el oxígeno se me bajó a 88."""
PERCENT = re.compile(
    r" ?(?:%|ぱー?(?:せん(?:と)?)?(?![りっんす])|percent|per cent|por ?ciento|por ?cento|phan tram|퍼센트|프로"
    r"|प्रतिसत|pursyento"
    r"|porsyento)"
)
NOT_SPO2 = re.compile(
    fold_pattern(
        r"(?:電池|バッテリ|充電|湿度|battery|humidity|bateria|(?<![a-z])pin(?![a-z])|estou|tou"
        r"|(?<![a-z])(?<!fell )(?<!down )(?<!drops )(?<!dropping )(?<!dropped )(?<!went )(?<!gone )(?<!drop )(?<!up )"
        r"(?<!goes )to(?![a-z])"
        r"|me sinto|sentindo|quase"
        r"|uns|suc khoe|khoe|saude|salud|energia|animo|电池|電量|电量|배터리|컨디션|식욕|입맛|確率)[^\d]{0,8}$"
        r"|アルコール$|(?:アルコール|食事|ごはん|ご飯|食欲|水分|咳|せき|症状|体調|体力|気力|痛み|だるさ)(?:の?量)?(?:が|は|も|を|の)$"
    )
)
NOT_SPO2_AFTER = re.compile(
    fold_pattern(
        r"[^\d、。]{0,6}(?:回復|治|なくな|食べ|たべ|元気|戻|よくな|良くな|better|recover|recuperad|curad|bem|bom|boa"
        r"|melhor|khoe|pronto|pront[oa]"
        r"|充電|濃度のアルコ|引き|オフ|オレンジ)"
    )
)
VAGUE_BEFORE = re.compile(
    fold_pattern(
        r"(?:平熱(?!\d)(?:の(?=熱|体温|\D*は)|は|が|:|は、)+|いつも|普段|ふだん|通常|元々|もともと|平常|(?<![はもが])普通|目標"
        r"|基準"
        r"|usual(?:ly)?|normal(?:ly)?|my normal is"
        r"|平时|平時|平常|평소|binh thuong|wala pang|wala pa sa|hindi umabot(?: ng| sa)?|mababa sa|menos de|menor a"
        r"|no llega a|debajo de|normalmente|costumo ter|meu normal)"
        r"(?:の?体温)?(?:は|が|も|is|around|about|at|:|은|는|에|la|thi| )*$"
    )
)
PAST_BEFORE = re.compile(
    fold_pattern(
        r"(?:昨日|きのう|その前|昨夜|昨晩|ゆうべ|一昨日|おととい|先週|以前|前回|前日|最初|さっき(?!測|は?かっ|計)|先ほど"
        r"|さきほど|夜中(?=[には])|深夜|明け方|寝る前|(?:今朝|朝)(?=は))"
        r"(?:の?(?:夜|朝|昼|夕方|晩|体温|熱))?(?:まで|は|の|が|に|も|、|,| |夜)*$"
    )
)
JUST_BEFORE = re.compile(fold_pattern(r"(?:さっき|先ほど|さきほど)(?:の|は|が)?$"))
PART_OF_DAY = re.compile(
    fold_pattern(r"(?:今朝|朝(?:いち|一)?|昼|お昼|夕方|夜|午前|午後|起きた時|\d時)(?:の?熱)?(?:は|に|が)?$")
)
"""A list through the day, the last a moment ago: "朝37.9、昼37.8、さっき37.6"."""
NOT_BEFORE = re.compile(r"(?<![a-z])(?:no|not|hindi|di) (?:es |era |yung )?$")
"""A value that is taken back: "era 36.5 no 39.5"."""
RANGE = re.compile(
    fold_pattern(
        r"(?: ?(?:e |con |conz |va |, ?)?(?:na |no |a |o |tay |mao |ngon )*(?:direita|esquerda|outr[oa]|phai|trai"
        r"|giua|tro)(?: (?:deu|la|e))? ?)| ?(?:〜|~|ー|-|–|—|to|から|と|か|だったり|やったり|or|and|至|到|跟|和|与|與"
        r"|부터|에서|denz?|a|ate"
        r"|hasta|sampai|、|or|y|hoac|hay|랑|이랑|하고"
        r"|o|ra|at|ki"
        r"|sa kanan"
        r"|sa kaliwa|ata|र|ou|e|va|voi|luc|co luc|khi|hora|\.\.+)+ ?"
    )
)
ARROW = re.compile(r" ?(?:→|⇒|->|=>|>)+ ?")
LOWEST = re.compile(fold_pattern(r"(?:最低|最小|제일낮|가장낮|최저|lowest|minimum)[^\d]{0,6}$"))
"""Words for the lowest of several readings of one day."""
ODD = re.compile(
    r"^[\W_]*(?:[1-4][ 、,。:/]+)?(?:体温|熱|temp\w*)?(?:は|が|:| )*"
    rf"(?:[0-2]\d|4[3-9]|[5-9]\d){POINT}\d(?!\d)(?! ?(?:f|°|kg|キロ))"
)
"""A leading decimal that is no temperature of a body."""
DECIMAL = re.compile(r"3\d[.,]\d")
LATIN = re.compile("[a-z]")
LETTER = re.compile(r"[^\W\d_度℃]")
NOW_BEFORE = re.compile(
    r"^[^\d]{0,3}(?:から|今|いま|→|now|then)[^\d]{0,4}$|(?:今|いま|現在|夕方|夜|さっき|今朝)(?:は|も|から)?$|[变變回升](?:到|至|成)?$"
    r"|^[、,。/ ]+(?:今?朝|昼|夕方?|夜|晩|寝る前)(?:は|が|の)?$"
)
AT_FULL = re.compile(r"(?<![a-z])al 100$")
"""Spanish: as well as can be (ando al 100)."""
LONE_BEFORE = re.compile(r"(?:^|[ 、,。\n/]|\.\d[-のと]|今|いま|今朝|朝|夜|昼|から|だけ|today)$")
LONE_AFTER = re.compile(
    r"(?=$|[ 、,。\n/で)(・;])|-(?!\d)|しか|から\d|に(?:下|さが|落|減|な(?:り|っ))|まで(?:下|さが|落)"
)
SUPPOSED_BEFORE = re.compile(r"(?:もし(?!か|も?し)|仮に|かりに|たとえば|例えば)[^。\n\d]{0,16}$")
SUPPOSED_AFTER = re.compile(
    fold_pattern(
        r"(?:度|℃|°c?|c|%)?(?:台|代|くらい|ぐらい|以上|以下|近く|まで)?(?:とか|など)?(?:に|が|を|も|まで)?"
        r"(?:なった|なっ|でた|出た|出|で|あった|上がった|あがった|上が|こえた|超えた|越えた|こえ|超え|行った"
        r"|いった|下がった|切った|割った|下回った|上回った|続いた|だった)"
        r"(?:ら(?!し)|れ?ば|場合|とき(?:は|って|に(?:は|ど|電|連))|時(?:は|って|に(?:は|ど|電|連)))"
        r"|(?:度|℃|°c?|c|%)?(?:以上|以下|未満|以内)?(?:なら(?!ない|ん)|だったら|であれば|の場合)"
        r"|(?:度|℃|°c?|c|%)?(?:くらい|ぐらい)?(?:以上|以下|未満|超|を?超えたら|から)(?:は|が|って|で|に)?[^。\n]{0,8}"
        r"(?:ですか|でしょうか|なんですか|\?|かな(?=$|。)|かいの|だっけ|ん(?:だ|や)っけ|なの(?=$|\?))"
    )
)
"""A number that is asked about or feared: 40度出たらどこへ, 何度…38度以上ですか."""
SHORT_DECIMAL = re.compile(
    r"(?:\W*[12](?:番|ばん)?(?:です|だ)?[ 、,。.:\n]+(?:体温|熱)?(?:は|が|:)?|\W*(?:体温|熱|今|いま)?(?:は|が|:)?) ?"
    r"(?P<one>[5-9]|なな|しち|ろく|はち|[六七八九])(?: ?[.,、・:] ?|てん|点)"
    r"(?P<tenth>\d|いち|に|さん|よん|ご|ろく|なな|はち|きゅう|[一二三四五六七八九])(?: ?(?:度|分|ぶ|°c?))?"
    r"(?:です|でした|で[ーえ]す|だ|や|で|どす|っす|じゃ|くらい|ぐらい|ちょうど|ね|よ|わ)*\W*"
)
"""A temperature without its thirty that is all the reply: 6.8, 2 7.3です, なな、ご."""
BESIDE = re.compile(r" ?(?:と|/|、|,|・|の|\n| )? ?")
"""What stands between a saturation and a pulse, and tells of no fall from one to the other."""
