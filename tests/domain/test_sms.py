"""How many segments a text takes, counted again from the bits that go over the air."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.sms import SmsLength, sms_length

# 3GPP TS 23.038, 6.2.1 and 6.2.1.1: what one septet, or an escape and one septet, can say.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmn"
    "opqrstuvwxyzäöñüà"
)
EXTENDED = "\f^{}\\[~]|€"
ESCAPE = 0x1B
GSM_TEXTS = st.text(st.sampled_from(BASIC + EXTENDED * 4), max_size=500)
TEXTS = st.text(
    st.one_of(st.sampled_from("体温三六度。aÉ€😷👩\u200d⚕️葛\U000e0100𠮟"), st.characters(exclude_categories=["Cs"])),
    max_size=300,
)


def parts(units, single, part, opens):
    """Cut ``units`` as a phone must: no part ends in a unit that ``opens`` a pair."""
    if len(units) <= single:
        return 1
    count, at = 0, 0
    while at < len(units):
        end = min(at + part, len(units))
        if end < len(units) and opens(units[end - 1]):
            end -= 1
        count, at = count + 1, end
    return count


def utf16_units(text):
    data = text.encode("utf-16-be")
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


@given(GSM_TEXTS)
@example("a" * 152 + "€" + "a" * 152)
@example("€" * 80)
@example("€" * 81)
def test_plain_latin_text_is_counted_in_septets(text):
    septets = [unit for char in text for unit in ([ESCAPE, 0] if char in EXTENDED else [BASIC.index(char) + 100])]
    expected = parts(septets, 160, 153, lambda unit: unit == ESCAPE)
    assert sms_length(text) == SmsLength("GSM-7", len(septets), expected)


@given(TEXTS.filter(lambda text: any(char not in BASIC + EXTENDED for char in text)))
@example("あ" * 66 + "😷" + "あ" * 67)
@example("😷" * 35)
@example("😷" * 36)
def test_other_text_is_counted_in_utf_16_and_no_pair_is_cut(text):
    units = utf16_units(text)
    expected = parts(units, 70, 67, lambda unit: 0xD800 <= unit < 0xDC00)
    assert sms_length(text) == SmsLength("UCS-2", len(units), expected)


@pytest.mark.parametrize(
    "text, encoding, units, segments",
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("あ" * 70, "UCS-2", 70, 1),
        ("あ" * 71, "UCS-2", 71, 2),
        ("あ" * 134, "UCS-2", 134, 2),
        ("あ" * 135, "UCS-2", 135, 3),
        ("あ" * 660, "UCS-2", 660, 10),
        ("ç", "UCS-2", 1, 1),  # only the capital is in the alphabet
        ("😷", "UCS-2", 2, 1),
    ],
)
def test_the_limits_are_those_of_the_standard(text, encoding, units, segments):
    assert sms_length(text) == SmsLength(encoding, units, segments)
