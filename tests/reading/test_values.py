from __future__ import annotations

import pytest

from bot.domain.reading import Context


@pytest.mark.parametrize(
    "context,text,temperature",
    [
        ("temperature", "36.8", 36.8),
        ("temperature", "３６。７", 36.7),
        ("temperature", "37,8", 37.8),
        ("temperature", "374", 37.4),
        ("temperature", "38度5分", 38.5),
        ("temperature", "8度5分", 38.5),
        ("temperature", "三十八度二分", 38.2),
        ("temperature", "九度一分", 39.1),
        ("temperature", "さんじゅうななどろくぶ", 37.6),
        ("temperature", "37度台です", None),
        ("temperature", "平熱です", None),
        ("temperature", "62", None),
        ("temperature", "102.5F", 39.2),
        ("temperature", "98.6", 37.0),
        ("temperature", "thirty eight point five", 38.5),
        ("temperature", "38", 38.0),
        ("temperature", "trinta e oito e meio", 38.5),
        ("temperature", "39 y medio", 39.5),
        ("temperature", "삼십칠점오", 37.5),
        ("temperature", "38 độ 2", 38.2),
        ("temperature", "३८.४", 38.4),
        ("temperature", "38.2→38.9→39.0", 39.0),
        ("temperature", "37.5〜38.2をいったりきたり", 38.2),
        ("daily", "1 36.5", 36.5),
        ("daily", "② 365", 36.5),
        ("daily", "①36.5", 36.5),
        ("daily", "朝37.6 昼37.1 夕方36.8 です。2", 36.8),
        ("daily", "血圧138の85 体温36.3 1番", 36.3),
        ("daily", "私36.5、主人は38.6になりました", 36.5),
        ("daily", "いつもは36.2ですが今日は37.4", 37.4),
        ("daily", "2 37", 37.0),
        ("daily", "昨日は38.5、今日は37.2", 37.2),
        ("daily", "３８度　咳", 38.0),
        ("daily", "11時に測ったら37,2でした", 37.2),
        ("daily", "2回吐きました", None),
        ("daily", "体温 五十度", None),
    ],
)
def test_a_temperature_is_read_as_people_type_it(reader, context, text, temperature):
    assert reader.read(text, Context(context)).temperature == temperature


@pytest.mark.parametrize(
    "context,text,spo2",
    [
        ("spo2", "98", 98),
        ("spo2", "９７％", 97),
        ("spo2", "96 脈は72", 96),
        ("spo2", "105", None),
        ("spo2", "八十九", 89),
        ("spo2", "94〜96くらい", 94),
        ("spo2", "its 97-98", 97),
        ("spo2", "ninety two", 92),
        ("spo2", "92だったけど手が冷たくて、あたためて測り直したら97", 97),
        ("daily", "ｻﾁｭﾚｰｼｮﾝ96", 96),
        ("daily", "3 酸素91", 91),
        ("daily", "サチュレーション九十二", 92),
        ("daily", "1 36.5 97", 97),
        ("daily", "98% 36.6", 98),
        ("daily", "血氧95", 95),
        ("daily", "산소포화도 90이에요", 90),
        ("daily", "電池が80%です", None),
        ("daily", "96歳の母です", None),
        ("spo2", "88から91のあいだ", 88),
    ],
)
def test_a_saturation_is_read_as_people_type_it(reader, context, text, spo2):
    assert reader.read(text, Context(context)).spo2 == spo2


@pytest.mark.parametrize(
    "text,menu",
    [
        ("2 37.8", 2),
        ("４です", 4),
        ("二番", 2),
        ("いちばん", 1),
        ("③", 3),
        ("4️⃣", 4),
        ("3じゃなくて4かも", 4),
        ("それ以外は１", 1),
        ("数字の2です", 2),
        ("ｲﾁ ﾍｲﾈﾂ", 1),
        ("2のまま、37.1", 2),
        ("3日目です", None),
        ("3人とも元気です", None),
        ("4っていうのはどういう意味ですか", None),
        ("昨日は３でしたが今日は２です", 2),
        ("option 3", 3),
        ("2回測りました", None),
        ("1番 36.2", 1),
        ("36.4 咳", None),
        ("一番つらいのは咳です", None),
    ],
)
def test_a_menu_number_is_found_where_it_answers(reader, text, menu):
    assert reader.read(text, Context.DAILY).menu == menu


@pytest.mark.parametrize(
    "context,text,temperature,spo2,menu",
    [
        ("spo2", "98 tim 80", None, 98, None),
        ("spo2", "98, tim 80", None, 98, None),
        ("daily", "oxy 98 tim 85", None, 98, None),
        ("spo2", "91, tim 92", None, 91, None),
        ("spo2", "chín tám, tim 80", None, 98, None),
        ("spo2", "chín bảy, nhịp tim bảy lăm", None, 97, None),
        ("spo2", "98 yung taas 75 yung baba", None, 98, None),
        ("daily", "컨디션 80%정도예요", None, None, None),
        ("daily", "nan is 91 not touched food or tea since yday", None, None, None),
        ("daily", "gran is 93 today we had cake", None, None, None),
        ("daily", "my mother, 90, has no symptoms", None, None, None),
        ("spo2", "mum is 91", None, 91, None),
        ("temperature", "nan is 39", 39.0, None, None),
        ("daily", "mum is 91", None, 91, None),
        ("temperature", "thirtysix nine. no fits all wk", 36.9, None, None),
        ("daily", "ninetyseven percent", None, 97, None),
        ("daily", "al 100 jefa", None, None, None),
        ("daily", "ando al 100", None, None, None),
        ("daily", "oxigeno al 95", None, 95, None),
        ("spo2", "al 96", None, 96, None),
        ("spo2", "96 cm ayer", None, 96, None),
        ("spo2", "antha nabbe", None, 98, None),
        ("spo2", "eka nabbe", None, 91, None),
        ("spo2", "nabbe", None, 90, None),
        ("temperature", "くど1ぶ　座薬入れても下がらない", 39.1, None, None),
        ("temperature", "くどごぶ", 39.5, None, None),
        ("daily", "puked at 4 puked at 6 puked on the bus puking still", None, None, None),
        ("daily", "was sick at 4 this morning", None, None, None),
        ("daily", "finished 3 bowls of soup", None, None, None),
        ("daily", "37.0/97/2", 37.0, 97, None),
        ("daily", "酸素のやつ九〇まで下がっとる", None, 90, None),
        ("daily", "temp's gone up to 39.3 this morning from 38.1", 39.3, None, None),
        ("daily", "im at 4 today", None, None, 4),
        ("daily", "at 4", None, None, 4),
        ("daily", "it takes me 3 goes to say my name", None, None, None),
        ("daily", "may 4 akong anak", None, None, None),
        ("daily", "3 amaneci igual de mal", None, None, 3),
        ("daily", "3 amaneci toda molida, mas q ayer", None, None, 3),
        ("daily", "4 am still sick", None, None, 4),
        ("daily", "4 am woke up", None, None, None),
        ("daily", "4 hom nay met", None, None, 4),
        ("daily", "2 minha cabeça doi", None, None, 2),
        ("daily", "3 mesmo de ontem", None, None, 3),
        ("daily", "4つの頃に熱性けいれんやったことあり。今回は無し 38.0", 38.0, None, None),
        ("daily", "3っちゅうんは、どんくらい悪かときに押すと？", None, None, None),
        ("daily", "一週間前の4はなんだったの？ってくらい今日は1", None, None, 1),
        ("daily", "3日前の4から今日は2", None, None, 2),
        ("spo2", "95だったり96だったり", None, 95, None),
        ("spo2", "구십이랑 구십일 왔다갔다", None, 90, None),
        ("spo2", "구십이 나왔어요", None, 92, None),
        ("spo2", "구십이에요", None, 90, None),
        ("daily", "Morto de saudade do churrasco rsrs, saúde 100%", None, None, None),
        ("daily", "La cabeza me pesa un poquito, 37 justito, pero bien", 37.0, None, None),
        ("daily", "4のような症状はまったくありません", None, None, None),
        ("daily", "I am Kofi age 9 writing for mummy. she say number three. all bad", None, None, 3),
    ],
)
def test_a_pulse_an_age_an_hour_and_a_count_are_no_value_and_no_menu_number(
    reader, context, text, temperature, spo2, menu
):
    reading = reader.read(text, Context(context))
    assert (reading.temperature, reading.spo2, reading.menu) == (temperature, spo2, menu)
