"""What is done to a text before it is read."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.text import DAMAGE, clean_text, is_clean

ANY_TEXT = st.text(st.characters() | st.sampled_from("\ud83d\ude37\udc00\ud800\x00\x1b\t\n\r\ufeff\ufffd\u200b"))
SOUND_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\n\r"))


def utf16_units(text):
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(ANY_TEXT)
@example("\ud83d")
@example("\ude37\ud83d")
@example("a\ud83d\ud83d\ude37b")
@example("\ufeff\ud800")
def test_any_text_can_be_stored_and_nothing_of_it_moves(text):
    clean = clean_text(text)
    clean.encode("utf-8")
    assert not [char for char in clean if unicodedata.category(char) == "Cc" and char not in "\t\n\r"]
    assert utf16_units(clean) == utf16_units(text)
    assert is_clean(clean)


@given(SOUND_TEXT)
def test_a_sound_text_stays_as_it_is(text):
    assert clean_text(text) == text
    assert is_clean(text)


@pytest.mark.parametrize(
    "text, clean",
    [
        ("\ud83d\ude37", "😷"),  # two halves that belong together
        ("\ud83dです", f"{DAMAGE}です"),
        ("熱\x0038", f"熱{DAMAGE}38"),
        ("\x85", DAMAGE),
        ("1行目\r\n2行目\t。", "1行目\r\n2行目\t。"),
    ],
)
def test_what_is_broken_shows_where_it_was(text, clean):
    assert clean_text(text) == clean
