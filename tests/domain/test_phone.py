"""Telephone numbers, in every spelling that people use."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InvalidInput
from bot.domain.phone import national, parse_mobile, parse_phone

MOBILES = st.builds(
    "{}{}".format, st.sampled_from(["60", "70", "80", "90"]), st.from_regex(r"[1-9][0-9]{7}", fullmatch=True)
)
ALMOST_NUMBERS = st.text(st.sampled_from("0123456789+-() ./#*;=０１９ー－　;extタ電\u200b\x00\ud800"), max_size=30)
E164 = re.compile(r"\+[1-9][0-9]{1,14}")


def spellings(digits):
    """The ways in which ``90...`` (ten digits) is written."""
    short = f"0{digits}"
    dashed = f"{short[:3]}-{short[3:7]}-{short[7:]}"
    wide = short.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    return [
        short,
        dashed,
        dashed.replace("-", " "),
        dashed.replace("-", "－"),
        f"({short[:3]}){short[3:]}",
        wide,
        f"+81{digits}",
        f"+81 {digits[:2]}-{digits[2:6]}-{digits[6:]}",
        f"81{digits}",
        f"010 81{digits}",
        f" {short}\t",
    ]


@given(MOBILES)
def test_every_spelling_of_a_mobile_number_is_the_same_number(digits):
    assert {parse_mobile(spelling) for spelling in spellings(digits)} == {f"+81{digits}"}


@given(MOBILES)
def test_a_number_shown_to_people_can_be_typed_in_again(digits):
    shown = national(f"+81{digits}")
    assert re.fullmatch(r"0\d0-\d{4}-\d{4}", shown)
    assert parse_mobile(shown) == f"+81{digits}"


@given(st.one_of(ALMOST_NUMBERS, st.text()))
def test_whatever_is_typed_becomes_a_number_or_a_sentence(text):
    try:
        number = parse_phone(text)
    except InvalidInput:
        return
    assert E164.fullmatch(number)
    assert parse_phone(number) == number


@given(st.one_of(ALMOST_NUMBERS, st.builds("0{}".format, MOBILES.map(lambda digits: digits[:-1] + "９"))))
def test_what_can_be_enrolled_is_a_japanese_mobile(text):
    try:
        number = parse_mobile(text)
    except InvalidInput:
        return
    assert re.fullmatch(r"\+81[6789]0[0-9]{8}", number)


@pytest.mark.parametrize(
    "text",
    [
        "03-3456-7890",
        "0120-123-456",
        "050-5550-0100",
        "020-1234-5678",
        "090-1234-567",
        "090-1234-56789",
        "110",
        "+81 3 3456 7890",
        "100-1234-5678",
        "0800-123-4567",
        "+84 912 345 678",
        "",
        "でんわ",
        "+",
        "1" * 300,
    ],
)
def test_a_number_that_cannot_be_texted_is_refused_in_both_languages(text):
    with pytest.raises(InvalidInput) as refusal:
        parse_mobile(text)
    assert refusal.value.field == "phone"
    assert "090-1234-5678" in refusal.value.ja
    assert "090-1234-5678" in refusal.value.en


@pytest.mark.parametrize(
    "text, e164",
    [("03-3456-7890", "+81334567890"), ("+1 650 253 0000", "+16502530000"), ("050-5550-0100", "+815055500100")],
)
def test_a_text_may_come_from_any_telephone(text, e164):
    assert parse_phone(text) == e164
