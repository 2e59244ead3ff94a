"""No name and no number of the resident is left in a text for review; values of health are."""

import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.corrections.fold import fold
from bot.corrections.scrub import scrub

TARO = ("山田 太郎", "ヤマダ タロウ")
KEN = ("林 健", "ハヤシ ケン")
NGUYEN = ("NGUYEN VAN ANH", "グエン バン アイン")
YUKO = ("髙橋 裕子", "タカハシ ユウコ")
SHO = ("大野翔", "オオノ ショウ")
PHONE = "+819012345678"


def scrubbed(text, *people, phone=PHONE):
    return scrub(text, people, [phone]).text


@pytest.mark.parametrize(
    "text, left",
    [
        ("山田です。2 37.8 98%", "〇〇です。2 37.8 98%"),
        ("山田太郎です", "〇〇です"),
        ("山　田 太　郎 です", "〇〇 です"),
        ("太郎さんは元気", "〇〇さんは元気"),
        ("ﾔﾏﾀﾞ ﾀﾛｳです", "〇〇です"),
        ("やまだたろうより", "〇〇より"),
        ("たろーの熱は38.2", "〇〇の熱は38.2"),
        ("Taro Yamada, 37.8", "〇〇, 37.8"),
        ("YAMADA TAROU desu", "〇〇 desu"),
        ("yamada-san", "〇〇-san"),
        ("ｙａｍａｄａ", "〇〇"),
    ],
)
def test_a_name_is_taken_out_in_every_spelling(text, left):
    assert scrubbed(text, TARO) == left


@pytest.mark.parametrize(
    "person, text, left",
    [
        (KEN, "健は熱が38.2です", "〇〇は熱が38.2です"),
        (KEN, "林健です。健康観察は元気です", "〇〇です。健康観察は元気です"),
        (KEN, "保健所の健さん", "保健所の〇〇さん"),
        (KEN, "けんこうです。けんは元気", "けんこうです。〇〇は元気"),
        (KEN, "ken desu", "〇〇 desu"),
        (KEN, "weekend and taken", "weekend and taken"),
        (NGUYEN, "I am Nguyễn Văn Anh, fever 38", "I am 〇〇, fever 38"),
        (NGUYEN, "nguyen desu", "〇〇 desu"),
        (YUKO, "高橋です", "〇〇です"),
        (YUKO, "yuuko takahashi / ゆーこ", "〇〇 / 〇〇"),
        (SHO, "翔くんは元気", "〇〇くんは元気"),
        (SHO, "大野です。ohno sho", "〇〇です。〇〇"),
    ],
)
def test_short_foreign_and_old_fashioned_names_are_known_and_words_that_hold_them_stay(person, text, left):
    assert scrubbed(text, person) == left


@pytest.mark.parametrize(
    "number",
    [
        "090-1234-5678",
        "09012345678",
        "090 1234 5678",
        "(090)1234-5678",
        "090(1234)5678",
        "+81 90-1234-5678",
        "+819012345678",
        "０９０－１２３４－５６７８",
        "０９０ー１２３４ー５６７８",
        "〇九〇一二三四五六七八",
        "090・1234・5678",
        "090.1234.5678",
        "090の1234の5678",
        "090/1234/5678",
        "090\n1234\n5678",
        "0 9 0 1 2 3 4 5 6 7 8",
        "①②③④⑤⑥⑦⑧",
        "०९०१२३४५६७८",
        "9012345678",
        "1234-5678",
        "03-5550-1234",
        "0120-444-444",
        "+84 912 345 678",
    ],
)
def test_a_telephone_number_is_taken_out_in_every_notation(number):
    text = scrubbed(f"電話は{number}です。熱は37.8、酸素98%")
    assert not re.search(r"\d{3}", unicodedata.normalize("NFKC", text).replace("37.8", ""))
    assert text.endswith("です。熱は37.8、酸素98%")


@pytest.mark.parametrize(
    "text",
    [
        "2 37.8 98%",
        "SpO2 97% 36.9℃",
        "昨日38.5今日37.2",
        "36.5 36.8 37.1 98 97",
        "血圧120/80 脈72",
        "37.0-37.5くらい",
        "体温36-37度",
        "9月10日から熱",
        "毎日10:30に測定",
        "9/10 36.5 9/11 36.8",
        "36.5\n98\n120\n80",
        "３７．８度",
        "一日三回飲んだ",
        "1の36.5です",
        "1,2,3のどれ",
        "38度5分",
        "3番です",
        "熱が出て2週間",
        "３８．２",
        "酸素は九十八",
        "119に電話しました",
        "37.2 37.4 37.6 37.1 36.9 36.8",
    ],
)
def test_values_of_health_stay(text):
    assert scrubbed(text, TARO) == text


@pytest.mark.parametrize(
    "text, gone",
    [
        ("taro.y@example.co.jpまで", "example"),
        ("ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ｅｘａｍｐｌｅ"),
        ("https://example.com/a?b=1 見て", "example"),
        ("www.example.jp", "example"),
        ("example.comに書いた", "example"),
        ("LINE ID: taro_1", "taro"),
        ("〒150-0001です", "150"),
        ("東京都渋谷区神宮前1-2-3", "神宮前"),
        ("神宮前一丁目2番3号です", "神宮前"),
        ("さくら町1-2-3", "さくら町"),
        ("桜台2-14", "桜台"),
        ("303号室です", "303"),
        ("さくらハイツ203", "203"),
        ("12番地5号", "12番地"),
        ("昭和25年3月3日生まれ", "25年"),
        ("1950/3/3生まれ", "1950"),
        ("保険証の番号は12345678", "12345678"),
    ],
)
def test_addresses_pages_and_days_of_birth_are_taken_out(text, gone):
    assert gone not in scrubbed(text, TARO)


def test_the_marks_of_a_reading_move_with_its_words():
    text = "山田太郎です。090-1234-5678 息が苦しい 2022年9月1日から"
    start = text.index("息が苦しい")
    reading = {
        "priority": "emergency",
        "evidence": [
            {"start": start, "end": start + 5, "rule": "red_flag:dyspnea"},
            {"start": 0, "end": 4, "rule": "intent:x"},
        ],
    }
    clean = scrub(text, [TARO], [PHONE])
    (moved,) = clean.moved([reading])
    (mark,) = moved["evidence"]
    assert clean.text[mark["start"] : mark["end"]] == "息が苦しい"


FAMILIES = [
    ("山田", "ヤマダ"),
    ("佐々木", "ササキ"),
    ("髙橋", "タカハシ"),
    ("渡邊", "ワタナベ"),
    ("東", "アズマ"),
    ("勅使河原", "テシガワラ"),
    ("金城", "キンジョウ"),
    ("長谷川", "ハセガワ"),
]
GIVEN = [
    ("太郎", "タロウ"),
    ("優子", "ユウコ"),
    ("翔太", "ショウタ"),
    ("さくら", "サクラ"),
    ("純一郎", "ジュンイチロウ"),
    ("聡", "サトシ"),
    ("千鶴", "チヅル"),
    ("ケイト", "ケイト"),
]
ROMAJI = {
    "ヤマダ": ["yamada"],
    "ササキ": ["sasaki"],
    "タカハシ": ["takahashi", "takahasi"],
    "ワタナベ": ["watanabe"],
    "アズマ": ["azuma"],
    "テシガワラ": ["teshigawara", "tesigawara"],
    "キンジョウ": ["kinjo", "kinjou", "kinjoh", "kinzyou", "kinjō"],
    "ハセガワ": ["hasegawa"],
    "タロウ": ["taro", "tarou", "tarō", "taroh"],
    "ユウコ": ["yuko", "yuuko", "yūko"],
    "ショウタ": ["shota", "shouta", "syouta", "shōta"],
    "サクラ": ["sakura"],
    "ジュンイチロウ": ["junichiro", "jun'ichirou", "zyunitirou"],
    "サトシ": ["satoshi", "satosi"],
    "チヅル": ["chizuru", "tiduru", "chiduru"],
    "ケイト": ["keito"],
}
HALF = str.maketrans(
    {full: unicodedata.normalize("NFD", full) for full in "ガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポ"}
)
HALF_LETTERS = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)}


def half_width(katakana):
    return "".join(
        {"\u3099": "ﾞ", "\u309a": "ﾟ"}.get(char, HALF_LETTERS.get(char, char)) for char in katakana.translate(HALF)
    )


def hiragana(katakana):
    return "".join(chr(ord(char) - 0x60) if "ァ" <= char <= "ヶ" else char for char in katakana)


@st.composite
def spelt(draw, kanji, kana):
    latin = draw(st.sampled_from(ROMAJI[kana]))
    return draw(
        st.sampled_from(
            [kanji, " ".join(kanji), kana, hiragana(kana), half_width(kana), latin, latin.upper(), latin.title()]
        )
    )


BEFORE = st.sampled_from(["", "2 37.8 ", "こんにちは、", "娘の", "I am ", "今日の体調:", "\n", "「"])
AFTER = st.sampled_from(["", "です", "は熱が38.2", "さんは元気", " desu", " より", "、酸素98%", "\n37.2", "」", "様"])


@given(st.sampled_from(FAMILIES), st.sampled_from(GIVEN), st.data(), BEFORE, AFTER)
def test_whatever_the_spelling_nothing_of_the_name_is_left(family, given_name, data, before, after):
    names = [data.draw(spelt(*family)), data.draw(spelt(*given_name))]
    which = data.draw(st.sampled_from([names, names[::-1], names[:1], names[1:]]))
    between = data.draw(st.sampled_from(["", " ", "\u3000", "・"]))
    latin = [bool(re.search("[A-Za-z]", name)) for name in which]
    assume(between or len(set(latin)) == 1)  # kanji and Latin letters are not written as one word
    assume(len(which) == 1 or between or not any(latin))
    person = (f"{family[0]} {given_name[0]}", f"{family[1]} {given_name[1]}")
    text = scrubbed(f"{before}{between.join(which)}{after}", person)
    assert "〇〇" in text
    for name in which:
        assert fold(name).text.replace(" ", "") not in fold(text).text.replace(" ", "")


@st.composite
def telephone(draw):
    digits = draw(st.sampled_from(["090", "080", "070", "060", "050", "03", "0120"]))
    digits += "".join(draw(st.lists(st.sampled_from("0123456789"), min_size=8, max_size=8)))
    cuts = draw(st.sampled_from([(3, 7), (2, 6), (4, 7), (), (3,), (6,)]))
    joint = draw(st.sampled_from(["-", "−", "ー", " ", "\u3000", ".", "・", "の", "/", " - ", ")", "\n"]))
    parts = [digits[a:b] for a, b in zip((0, *cuts), (*cuts, len(digits)), strict=True)]
    way = draw(st.sampled_from([str, lambda text: text.translate(WIDE), lambda text: text.translate(KANJI)]))
    return digits, way(joint.join(parts))


WIDE = str.maketrans("0123456789-.", "０１２３４５６７８９－．")
KANJI = str.maketrans("0123456789", "〇一二三四五六七八九")
DIGITS = str.maketrans("〇一二三四五六七八九", "0123456789")


@given(telephone(), BEFORE, st.sampled_from(["", "です", "に電話して", " 37.8", "\n98%", "。熱は38.2"]))
def test_whatever_the_notation_no_four_digits_of_a_number_are_left(number, before, after):
    digits, written = number
    text = scrubbed(f"{before}{written}{after}", phone="+81312345678")
    left = unicodedata.normalize("NFKC", re.sub("〇〇〇(-〇〇〇〇)?", "|", text)).translate(DIGITS)
    left = re.sub(r"[^\d|]", "", left)
    parts = {digits[at : at + 4] for at in range(len(digits) - 3)}
    values = re.sub(r"\D", "", unicodedata.normalize("NFKC", before + after))
    assert not {part for part in parts if part in left and part not in values}, text


@given(st.text(max_size=80))
def test_no_text_breaks_it_and_what_has_nothing_to_hide_is_left_as_it_is(text):
    clean = scrub(text, [TARO], [PHONE])
    if not clean.places:
        assert clean.text == text
    assert len(clean.places) == len({place[:2] for place in clean.places})
