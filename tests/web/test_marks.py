"""Marks in a reply."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.console.marks import pieces, reads


def reading(*spans, **facts):
    evidence = [{"start": start, "end": end, "rule": rule} for start, end, rule in spans]
    plain = {"intent": "report", "priority": "none", "understood": True, "present": [], "absent": [], "who": []}
    return {**plain, "evidence": evidence, **facts}


def test_the_graver_of_two_marks_shows():
    found = pieces("息が苦しい", [reading((0, 5, "symptom:fatigue"), (2, 4, "red_flag:dyspnea"))], {})
    assert [(piece.text, piece.tone) for piece in found] == [("息が", "blue"), ("苦し", "red"), ("い", "blue")]


def test_marks_of_two_readings_are_both_shown():
    found = pieces("太郎37 花子38", [reading((2, 4, "value:temperature")), reading((7, 9, "value:temperature"))], {})
    assert [piece.text for piece in found if piece.tone] == ["37", "38"]


@pytest.mark.parametrize(
    "rule, tone",
    [("gone:chest_pain", "amber"), ("home:dyspnea", "red"), ("gone:cough", "gray"), ("negated:chest_pain", "gray"),
     ("supposed:dyspnea", "gray"), ("urgent:worse", "amber"), ("danger:stroke", "red"), ("menu:1", "blue")],
)  # fmt: skip
def test_the_tone_of_a_mark_follows_what_the_words_are_worth(rule, tone):
    [piece] = pieces("ことば", [reading((0, 3, rule))], {})
    assert piece.tone == tone


def test_an_idiom_never_hides_what_was_found_in_its_words():
    found = [reading((0, 6, "idiom"), (0, 4, "intent:wrong_number"))]
    assert [(piece.text, piece.tone) for piece in pieces("番号違いです", found, {})] == [
        ("番号違い", "blue"),
        ("です", "gray"),
    ]
    assert [why.words for why in reads("番号違いです", found, {})[0].why] == ["番号違い"]


def test_a_reply_without_evidence_is_one_plain_piece():
    assert [(piece.text, piece.tone) for piece in pieces("ありがとう", [], {})] == [("ありがとう", "")]


def test_the_same_finding_within_a_longer_one_is_told_once():
    [read] = reads("息が苦しい", [reading((0, 4, "red_flag:dyspnea"), (2, 4, "red_flag:dyspnea"))], {})
    assert [why.words for why in read.why] == ["息が苦し"]


def test_what_the_classifier_raised_shows_the_reply_that_it_is_like():
    [read] = reads("胸ん中がもぞもぞする", [reading((0, 10, "like:ja-G0017:むねのへんがおかしい"))], {})
    assert [why.meaning for why in read.why] == ["緊急・至急の例に似ている「むねのへんがおかしい」"]


@given(
    st.text(max_size=30),
    st.lists(st.tuples(st.integers(-3, 40), st.integers(-3, 40), st.sampled_from(["red_flag:x", "menu:1", "gone:y"]))),
)
def test_whatever_the_marks_the_pieces_make_up_the_reply(text, spans):
    assert "".join(piece.text for piece in pieces(text, [reading(*spans)], {})) == text
    assert len(reads(text, [reading(*spans)], {})) == 1
