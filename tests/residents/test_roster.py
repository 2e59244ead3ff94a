"""The roster: what a form may say, and what one enrolment makes."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.domain.states import Language
from bot.residents.roster import InvalidResident, NewResident, check_resident

TODAY = date(2022, 9, 10)
PROGRAMS = ("covid19-2022-09-07", "influenza")
REQUIRED = {"name": "山田 太郎", "kana": "ヤマダ タロウ", "phone": "090-1234-5678", "program": "influenza"}
ALL = {**REQUIRED, "birth_date": "1980-02-29", "language": "en", "onset_date": "2022-09-09", "at_risk": True}
FIELDS = sorted(ALL)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(list(ALL.values())),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=3,
)


def check(**fields):
    return check_resident(fields, PROGRAMS, TODAY)


def refused(**fields):
    """The names of the fields that cannot be used."""
    with pytest.raises(InvalidResident) as refusal:
        check(**fields)
    for field, error in refusal.value.fields.items():
        assert error.ja, field
        assert error.en, field
    return set(refusal.value.fields)


def test_the_first_three_and_the_program_are_enough():
    assert check(**REQUIRED) == NewResident("山田 太郎", "ヤマダ タロウ", "+819012345678", "influenza")


def test_everything_can_be_told():
    resident = check(**ALL)
    assert resident.birth_date == date(1980, 2, 29)
    assert resident.language is Language.EN
    assert resident.day0 == date(2022, 9, 9)
    assert resident.at_risk is True


def test_every_missing_field_is_named_at_once():
    assert refused() == set(REQUIRED)
    assert refused(**dict.fromkeys(ALL, "")) == set(REQUIRED)
    assert refused(**dict.fromkeys(REQUIRED, " \u3000")) == set(REQUIRED)


def test_every_wrong_field_is_named_at_once():
    assert refused(**dict.fromkeys(ALL, "???")) == {*FIELDS} - {"name"}
    for value in ([], {}, 1.5):
        assert refused(**dict.fromkeys(FIELDS, value)) == set(FIELDS)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES))
def test_whatever_is_sent_is_a_resident_or_a_list_of_faults(changes):
    try:
        resident = check(**{**ALL, **changes})
    except InvalidResident as refusal:
        faults = set(refusal.fields)
    else:
        faults = set()
        json.dumps([resident.name, resident.kana], ensure_ascii=False).encode("utf-8")
        assert "\x00" not in resident.name + resident.kana
    assert faults <= set(changes)


@pytest.mark.parametrize(
    "field, value",
    [
        ("name", "山" * 61),
        ("name", "山田\x00太郎"),
        ("name", "山田\ud800"),
        ("kana", "山田 太郎"),
        ("kana", "ヤマダ!"),
        ("phone", "03-1234-5678"),
        ("phone", "12345"),
        ("program", "measles"),
        ("birth_date", "1980-02-30"),
        ("birth_date", "2022-09-11"),
        ("birth_date", "1899-12-31"),
        ("birth_date", "昭和55年"),
        ("birth_date", "\ud800"),
        ("language", "fr"),
        ("onset_date", "2022-09-11"),
        ("onset_date", "20220909T"),
        ("at_risk", "maybe"),
        ("at_risk", 2),
    ],
)
def test_a_value_that_cannot_be_right_is_refused(field, value):
    assert refused(**{**ALL, field: value}) == {field}


@pytest.mark.parametrize(
    "field, value, kept",
    [
        ("name", " 山田\u3000太郎 ", "山田 太郎"),
        ("name", "ＳＭＩＴＨ　Ｊｏｈｎ", "SMITH John"),
        ("name", "葛\U000e0100城 𠮟", "葛\U000e0100城 𠮟"),
        ("kana", "やまだ たろう", "ヤマダ タロウ"),
        ("kana", "ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ タロウ"),
        ("kana", "O'Neil-Smith Jr.", "O'Neil-Smith Jr."),
        ("phone", "０９０−１２３４−５６７８", "+819012345678"),
        ("phone", "+81 90 1234 5678", "+819012345678"),
        ("birth_date", "2022-09-10", date(2022, 9, 10)),
        ("language", "ja-easy", Language.JA_EASY),
        ("at_risk", "on", True),
        ("at_risk", "false", False),
        ("at_risk", None, False),
    ],
)
def test_what_people_write_is_kept_in_one_form(field, value, kept):
    assert getattr(check(**{**ALL, field: value}), field) == kept


# -- enrolling -------------------------------------------------------------------------------------------------------


async def rows(house, table, *columns):
    async with house.service.database.read() as tx:
        found = tx.t.metadata.tables[table]
        return [tuple(row.values()) for row in await tx.all(select(*(found.c[name] for name in columns)))]


async def test_an_enrolment_is_a_case_and_the_event_that_starts_the_conversation(house):
    case = await house.service.roster.enrol(check(**ALL))
    columns = ("id", "name", "kana", "birth_date", "day0", "day0_assumed", "at_risk", "state")
    assert await rows(house, "cases", *columns) == [
        (case, "山田 太郎", "ヤマダ タロウ", "1980-02-29", date(2022, 9, 9), False, True, "enrolled"),
    ]
    assert await rows(house, "inbox", "kind", "state") == [("enrolled", "new")]
    assert house.carrier.messages == {}
    await house.rest()
    (text,) = house.carrier.messages["+819012345678"]
    assert "1" in text["text"]
    assert "Sakura" in text["text"], "in the resident's language"


async def test_a_day_that_is_not_told_is_assumed_to_be_today(house):
    await house.service.roster.enrol(check(**REQUIRED))
    assert await rows(house, "cases", "day0", "day0_assumed") == [(date(2022, 9, 10), True)]


async def test_the_same_resident_is_not_enrolled_twice_and_a_family_member_is(house):
    await house.service.roster.enrol(check(**REQUIRED))
    await house.rest()
    with pytest.raises(InvalidResident) as refusal:
        await house.service.roster.enrol(check(**ALL))
    assert set(refusal.value.fields) == {"phone"}
    await house.service.roster.enrol(check(**{**REQUIRED, "name": "山田 花子", "kana": "ヤマダ ハナコ"}))
    async with house.service.database.read() as tx:
        assert await tx.value(select(func.count()).select_from(tx.t.cases)) == 2
        assert await tx.value(select(func.count()).select_from(tx.t.conversations)) == 1


async def test_who_was_released_can_be_enrolled_again(house):
    await house.service.roster.enrol(check(**REQUIRED))
    await house.rest()
    await house.staff("close", "+819012345678", "recovered")
    await house.service.roster.enrol(check(**REQUIRED))
    await house.rest()
    assert await rows(house, "cases", "state") == [("closed",), ("enrolled",)]
    assert len(house.carrier.messages["+819012345678"]) == 2
