"""How members of a household may be called."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.names import given_names, spellings, without_shared

FAMILIES = st.sampled_from(["山田", "佐藤", "Nguyen", "王"])
GIVEN = st.text(st.sampled_from("太郎花子一二美咲Anhヴィン"), min_size=1, max_size=4)


@given(FAMILIES, st.lists(GIVEN, min_size=1, max_size=4, unique=True), st.sampled_from([" ", "\u3000"]))
def test_members_of_a_household_are_called_by_what_follows_the_space(family, given_parts, space):
    assert given_names([f"{family}{space}{part}" for part in given_parts]) == given_parts


@given(st.lists(st.text(st.sampled_from("山田太郎花子 \u3000A"), min_size=1).filter(str.strip), min_size=1, max_size=4))
def test_everybody_is_called_somehow(names):
    called = given_names(names)
    assert len(called) == len(names)
    assert all(name.strip() for name in called)


def test_two_of_the_same_name_are_called_in_full():
    assert given_names(["山田 太郎", "佐藤 太郎", "山田 花子"]) == ["山田 太郎", "佐藤 太郎", "花子"]


def test_names_without_a_space_lose_what_they_share():
    assert given_names(["山田太郎", "山田花子"]) == ["太郎", "花子"]
    assert given_names(["山田太郎"]) == ["山田太郎"]
    assert given_names(["山田", "山田花子"]) == ["山田", "花子"]


def test_a_member_may_be_called_in_kanji_and_in_both_kana():
    first = spellings("太郎", "山田 太郎", "ヤマダ タロウ")
    second = spellings("花子", "山田\u3000花子", "ヤマダ\u3000ハナコ")
    assert first == ("太郎", "山田太郎", "タロウ", "たろう")
    assert second == ("花子", "山田花子", "ハナコ", "はなこ")


@given(st.text(st.sampled_from("太郎 \u3000"), max_size=5), st.text(st.sampled_from("ァタヶー \u3000"), max_size=5))
def test_no_spelling_is_empty_or_told_twice(name, kana):
    found = spellings(name.strip(), name, kana)
    assert all(found)
    assert len(set(found)) == len(found)


def test_a_spelling_that_may_mean_two_means_nobody():
    assert without_shared([("太郎", "たろう"), ("太朗", "たろう"), ("花子",)]) == [("太郎",), ("太朗",), ("花子",)]
