from __future__ import annotations

import time

import pytest

from bot.domain.reading import Context, Priority


@pytest.mark.parametrize(
    "context,text,temperature",
    [
        ("temperature", "37どど4ぶ", 37.4),
        ("temperature", "37.度2", 37.2),
        ("temperature", "37゜5", 37.5),
        ("temperature", "37-2", 37.2),
        ("temperature", "37.25", 37.3),
        ("temperature", "七点三", 37.3),
        ("temperature", "7.3℃", 37.3),
        ("temperature", "37度半", 37.5),
        ("temperature", "37度半ば", None),
        ("temperature", "37.8〜9", 37.9),
        ("temperature", "37度7、8分", 37.8),
        ("temperature", "37.5、9時に測りました", 37.5),
        ("temperature", "38.5から36.7に下がりました", 36.7),
        ("temperature", "37度3分から38度1分に上がりました", 38.1),
        ("temperature", "37.2から37.6の間", 37.6),
        ("temperature", "36.8です。38.6は打ち間違い", 36.8),
        ("temperature", "36.9の間違いです", 36.9),
        ("temperature", "38度超えてます", None),
        ("temperature", "38度近くあります", None),
        ("temperature", "37度強", None),
        ("temperature", "38度いくかいかないか", None),
        ("temperature", "38度まではない", None),
        ("temperature", "38.5は超えてません", None),
        ("temperature", "39度もあります", 39.0),
        ("temperature", "8度ちょっきり", 38.0),
        ("temperature", "朝いち37.1 さっき36.8", 36.8),
        ("temperature", "何度から発熱ですか？37.5度ですか", None),
        ("temperature", "37.5度を超えたら再検査って書いてあります", None),
        ("daily", "2 夜中に38.7まで上がりましたが今朝は37.3です", 37.3),
        ("daily", "1 私37.0 夫37.8 子38.5", 37.0),
        ("daily", "2 早く36.5に戻りたい", None),
        ("daily", "2 明日37度切るといいな", None),
        ("daily", "2 37.9に上がったいま寝てます", 37.9),
        ("daily", "2 体脂肪率38.5", None),
        ("daily", "2 37台", None),
        ("daily", "2:37.8", 37.8),
        ("daily", "7:37に起きました", None),
        ("daily", "2378", 37.8),
        ("free", "2378", None),
        ("free", "室温38度で暑い", None),
        ("free", "お風呂41度で入ってもいいですか", None),
        ("free", "風呂あがりに測ったら37.4", 37.4),
        ("free", "テレビで37.5度と言ってました", None),
        ("free", "受付番号は385です", None),
    ],
)
def test_a_japanese_temperature_is_read_with_the_words_around_it(reader, context, text, temperature):
    assert reader.read(text, Context(context)).temperature == temperature


@pytest.mark.parametrize(
    "context,text,spo2",
    [
        ("spo2", "97 / 70", 97),
        ("spo2", "上97 下70", 97),
        ("spo2", "上が96で下が88", 96),
        ("spo2", "左の数字97右の数字68", 97),
        ("spo2", "81bpm 97%", 97),
        ("spo2", "oxi 98 bpm 70", 98),
        ("spo2", "動脈血酸素飽和度98%", 98),
        ("spo2", "脈68酸素98", 98),
        ("spo2", "spo297", 97),
        ("spo2", "SPO₂97", 97),
        ("spo2", "sat96 HR88", 96),
        ("spo2", "98.0", 98),
        ("spo2", "ひゃくです", 100),
        ("spo2", "きゅうじゅうはっぱーせんと", 98),
        ("spo2", "9 9", 99),
        ("spo2", "96から92に落ちました", 92),
        ("spo2", "92から96に上がりました", 96),
        ("spo2", "右手92左手93", 92),
        ("spo2", "90を下回ったら電話します", None),
        ("daily", "T:37.0 S:98", 98),
        ("daily", "バッテリー95%です", None),
        ("daily", "2 食欲は普通 97%", 97),
        ("daily", "2 アルコール98%", None),
        ("daily", "2 食事は80%食べました", None),
    ],
)
def test_a_japanese_saturation_is_read_with_the_words_around_it(reader, context, text, spo2):
    assert reader.read(text, Context(context)).spo2 == spo2


@pytest.mark.parametrize(
    "text,priority",
    [
        ("測ったら38.4ありました。昨日は36.5だったのに", Priority.URGENT),
        ("昨日36.8、今日38.6", Priority.URGENT),
        ("36.6→38.2", Priority.URGENT),
        ("昨日38.2、今日38.6", Priority.NONE),
        ("昨日36.4、今日37.6", Priority.NONE),
        ("昨日38.6、今日36.8", Priority.NONE),
    ],
)
def test_a_fever_a_degree_above_the_day_before_is_worse(reader, text, priority):
    assert reader.read(text, Context.TEMPERATURE).priority == priority


@pytest.mark.parametrize("text", ["きゅうに", "いたい、きゅうに", "ちからがはいらない きゅうに"])
def test_suddenly_in_kana_is_no_saturation(reader, text):
    assert reader.read(text, Context.DAILY).spo2 is None


@pytest.mark.parametrize("text", ["酸素は昨日98で今日95", "酸素 昨日98 今日95", "spo2 昨日98→今日95"])
def test_the_later_of_two_saturations_counts(reader, text):
    assert reader.read(text, Context.DAILY).spo2 == 95


@pytest.mark.parametrize(
    "text",
    [
        "36.5 98 なし",
        "36.5/98/なし",
        "36.5-98-なし",
        "36.5・98",
        "36.5(98)",
        "365,98",
        "1番36度5分98",
        "三十六点五 九十八",
        "三十六度五分九十八",
        "さんじゅうろくてんご きゅうじゅうはち",
        "1 36.5 98% 元気です",
        "1です！36.5の98です",
        "2 昨日37.9/95 今日36.5/98",
    ],
)
def test_both_values_are_read_side_by_side(reader, text):
    reading = reader.read(text, Context.DAILY)
    assert (reading.temperature, reading.spo2) == (36.5, 98)


@pytest.mark.parametrize(
    "text,priority",
    [
        ("37度台です", Priority.NONE),
        ("38度超えてます", Priority.NONE),
        ("39度強", Priority.URGENT),
        ("熱39超え", Priority.URGENT),
        ("39.5度台", Priority.URGENT),
        ("39度まではない", Priority.NONE),
        ("34度台", Priority.URGENT),
        ("昨日は39.5台、今は37.2", Priority.NONE),
    ],
)
def test_a_temperature_told_without_a_value_is_understood_and_weighed(reader, text, priority):
    reading = reader.read(text, Context.TEMPERATURE)
    assert (reading.priority, reading.understood) == (priority, True)


@pytest.mark.parametrize("text", ["37度" * 500, "3 7 " * 500, "さんじゅう" * 400, "37.5から" * 400, "97、" * 700])
def test_many_numbers_are_read_in_no_time(reader, text):
    reader.read(text, Context.DAILY)
    start = time.perf_counter()
    reader.read(text, Context.DAILY)
    assert time.perf_counter() - start < 1
