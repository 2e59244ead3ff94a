"""What must hold for any reply at all."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.reading import Context, Priority

REPLIES = [
    json.loads(line) for line in (Path(__file__).parent / "data" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
]
RED_FLAGS = [
    "息が苦しいです",
    "胸が痛いです",
    "唇が紫色です",
    "呼んでも返事がありません",
    "けいれんしています",
    "血を吐きました",
    "I can't breathe",
]
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
LONGEST_READING = 0.05
ALPHABET = "息いき胸痛苦しくないが、。 36.78度番noti 'cant breathe没不숨khongcho\n"

contexts = st.sampled_from(list(Context))
replies = st.sampled_from(REPLIES)
any_text = st.text(st.characters(), max_size=300) | st.text(st.sampled_from(ALPHABET), max_size=400)
relaxed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@relaxed
@given(text=any_text, context=contexts)
def test_no_text_raises_and_evidence_lies_inside_it(reader, text, context):
    reading = reader.read(text, context)
    assert all(0 <= mark.start <= mark.end <= len(text) for mark in reading.evidence)


@relaxed
@given(piece=st.text(st.sampled_from(ALPHABET), min_size=1, max_size=12), context=contexts)
def test_no_text_of_ten_thousand_characters_takes_long(reader, piece, context):
    text = (piece * (10_000 // len(piece) + 1))[:10_000]
    assert min(_seconds(reader, text, context) for _ in range(3)) < 3 * LONGEST_READING  # a busy machine is given room


@pytest.mark.parametrize(
    "text",
    [
        "\ud800",
        "\x00",
        "",
        " \n\t",
        "\u200d\ufe0f",
        "１" * 10_000,
        "胸が痛くない、" * 1_400,
        "no " * 3_300,
        "36.5、" * 2_000,
    ],
)
def test_strange_texts_are_read_in_time(reader, text):
    assert min(_seconds(reader, text, Context.DAILY) for _ in range(3)) < 3 * LONGEST_READING


def _seconds(reader, text, context):
    start = time.process_time()
    reader.read(text, context)
    return time.process_time() - start


@relaxed
@given(row=replies, flag=st.sampled_from(RED_FLAGS))
def test_a_red_flag_added_to_any_reply_makes_it_an_emergency(reader, row, flag):
    if row["intent"] in (["opt_out"], ["opt_in"]):
        return
    assert reader.read(f"{row['text']}。{flag}", Context(row["context"])).priority is Priority.EMERGENCY


@relaxed
@given(
    row=replies,
    filler=st.sampled_from(["", " よろしくお願いします", "。ありがとうございます"]),
    emoji=st.sampled_from(["", "😊", "🙏🙏"]),
)
def test_courtesy_full_width_digits_and_emoji_change_nothing(reader, row, filler, emoji):
    if row["lang"] != "ja" and filler:
        filler = ""
    plain = reader.read(row["text"], Context(row["context"]))
    dressed = reader.read(row["text"].translate(FULL_WIDTH) + filler + emoji, Context(row["context"]))
    assert dressed.priority is plain.priority
    if plain.understood and not (filler and plain.intent.value == "other"):
        assert dressed.intent is plain.intent
    assert (dressed.temperature, dressed.spo2) == (plain.temperature, plain.spo2)
