from __future__ import annotations

import pytest

from bot.domain.reading import Context, Priority

MEMBERS = [["太郎", "タロウ", "たろう", "Taro"], ["花子", "ハナコ", "はなこ", "Hanako"]]


def told(reader, text, asked=None):
    parts = reader.read_for(text, Context.DAILY, MEMBERS, asked)
    return {part.who: (part.reading.menu, part.reading.temperature, part.reading.priority.value) for part in parts}


@pytest.mark.parametrize(
    "text",
    ["太郎は1、花子は2 37.8です", "たろうくん1 はなこちゃん2 37.8", "Taro 1, Hanako 2 37.8", "ﾀﾛｳ 1\nﾊﾅｺ 2 37.8"],
)
def test_each_named_member_has_a_part(reader, text):
    assert told(reader, text) == {(0,): (1, None, "none"), (1,): (2, 37.8, "none")}


@pytest.mark.parametrize(
    "text", ["2人とも元気です", "みんな1", "全員変わりなし", "both fine", "all of us are fine", "二人とも平熱です"]
)
def test_one_answer_for_all_is_everybodys(reader, text):
    assert list(told(reader, text)) == [(0, 1)]


def test_two_members_named_together_share_a_part(reader):
    assert told(reader, "太郎と花子は1") == {(0, 1): (1, None, "none")}


def test_a_reply_without_a_name_is_nobodys(reader):
    assert told(reader, "1 36.5", asked=1) == {(): (1, 36.5, "none")}


def test_what_stands_before_the_first_name_is_the_asked_members(reader):
    assert told(reader, "1 36.5、花子は2", asked=0) == {(0,): (1, 36.5, "none"), (1,): (2, None, "none")}


def test_one_member_has_the_whole_reply(reader):
    parts = reader.read_for("1 36.5", Context.DAILY, [["太郎"]], None)
    assert [part.who for part in parts] == [(0,)]


@pytest.mark.parametrize(
    "text",
    [
        "息が苦しい。太郎は1、花子は1",
        "太郎は1、花子は1、息が苦しい",
        "太郎は息が苦しいと言ってます。花子は1",
        "太郎が倒れた",
    ],
)
def test_a_danger_survives_the_split(reader, text):
    parts = reader.read_for(text, Context.DAILY, MEMBERS, 0)
    assert Priority.EMERGENCY in {part.reading.priority for part in parts}


def test_evidence_of_a_part_points_into_the_whole_reply(reader):
    text = "太郎は1、花子は　３７．８"
    parts = reader.read_for(text, Context.DAILY, MEMBERS, None)
    marks = [mark for part in parts for mark in part.reading.evidence if mark.rule == "value:temperature"]
    assert [text[mark.start : mark.end] for mark in marks] == ["３７．８"]
