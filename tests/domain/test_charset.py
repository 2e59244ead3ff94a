"""Characters that a road would break: what is written instead survives, keeps every digit, and is told."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.charset import fit, units
from bot.domain.sms import is_gsm7

OLDER = ("shift_jis", "cp932", "iso-2022-jp", "gsm-7")
CODEC = {"shift_jis": "shift_jis", "cp932": "cp932", "iso-2022-jp": "iso2022_jp"}
JAPANESE = "あ漢ンー〜～髙﨑高崎①⑳㊿²½ｶﾞﾊﾟｱ㈱℃㎏－−—―・·¥￥\\~é𠮷😀👩🏽‍🚒🇯🇵1️⃣❤️ 0123456789０９.。\n"
texts = st.text(st.sampled_from(JAPANESE), max_size=30) | st.text(max_size=30)

CASES = [
    ("shift_jis", "9～12時、髙橋・山﨑さん", "9〜12時、高橋・山崎さん"),
    ("cp932", "9〜12時、髙橋①", "9～12時、髙橋①"),
    ("iso-2022-jp", "ｶﾞｽ①～②", "ガス(1)〜(2)"),
    ("shift_jis", "ﾊﾟﾝ", "ﾊﾟﾝ"),
    ("shift_jis", "お大事に😀", "お大事に"),
    ("shift_jis", "37😀5", "37 5"),
    ("shift_jis", "1️⃣37.5", "1 37.5"),
    ("shift_jis", "①37.5", "(1)37.5"),
    ("shift_jis", "３７．５", "３７．５"),
    ("gsm-7", "３７．５℃ – call", "37.5C - call"),
    ("shift_jis", "㈱さくら 2㎏", "(株)さくら 2kg"),
    ("shift_jis", "か\u3099", "が"),
    ("unicode", "～髙😀𠮷", "～髙😀𠮷"),
]


@pytest.mark.parametrize("table, text, written", CASES)
def test_a_text_is_written_so_that_it_survives(table, text, written):
    fitted = fit(text, table)
    assert fitted.text == written
    assert fitted.survives
    assert bool(fitted.changes) == (text != written)


@pytest.mark.parametrize(
    "table, text, problems",
    [
        ("shift_jis", "𠮷野 José さん", ("𠮷", "é")),
        ("cp932", "𠮷野 髙橋さん", ("𠮷",)),
        ("gsm-7", "こん", ("こ", "ん")),
    ],
)
def test_other_characters_of_a_name_are_never_rewritten(table, text, problems):
    fitted = fit(text, table)
    assert fitted.problems == problems
    assert not fitted.survives
    assert all(problem in fitted.text for problem in problems)


def test_a_text_of_which_nothing_is_left_does_not_survive():
    assert not fit("😀", "shift_jis").survives


@pytest.mark.parametrize("table", OLDER)
@given(text=texts)
def test_what_is_written_is_in_the_table(table, text):
    fitted = fit(text, table)
    if fitted.problems:
        return
    if table in CODEC:
        assert fitted.text.encode(CODEC[table]).decode(CODEC[table]) == fitted.text
    else:
        assert is_gsm7(fitted.text)


@pytest.mark.parametrize("table", OLDER)
@given(text=texts)
def test_a_text_that_is_in_the_table_stays_as_it_is_and_writing_twice_changes_nothing(table, text):
    once = fit(text, table)
    twice = fit(once.text, table)
    assert twice.text == once.text
    assert twice.changes == ()
    assert twice.problems == once.problems


@pytest.mark.parametrize("table", OLDER)
@given(text=st.text(st.sampled_from("0123456789.あー～髙😀❤️\ufe0f"), max_size=30))
def test_no_digit_changes_and_no_two_numbers_run_together(table, text):
    assert re.findall(r"[0-9]+", fit(text, table).text) == re.findall(r"[0-9]+", text)


@given(text=st.text(max_size=40))
def test_a_unicode_road_changes_nothing(text):
    assert fit(text, "unicode").text == text


@pytest.mark.parametrize("table, text, length", [("unicode", "あ😀", 3), ("shift_jis", "あ\nｱ", 3), ("gsm-7", "a€", 3)])
def test_a_text_is_as_long_as_its_road_counts(table, text, length):
    assert units(text, table) == length
