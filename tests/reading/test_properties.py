"""What must hold for any reply at all."""

from __future__ import annotations

import json
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.reading import Context, Intent, Priority

FOLDERS = (Path(__file__).parent / "data", Path(__file__).parents[2] / "conversations" / "reading" / "labelled")
REPLIES = [
    json.loads(line)
    for folder in FOLDERS
    for path in sorted(folder.glob("*.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]
RED_FLAGS = {
    "ja": [
        "息が苦しいです",
        "胸が痛いです",
        "唇が紫色です",
        "呼んでも返事がありません",
        "けいれんしています",
        "血を吐きました",
    ],
    "en": ["I can't breathe", "my chest hurts", "my lips are blue"],
    "zh-Hans": ["我喘不过气", "胸口很痛"],
    "zh-Hant": ["我喘不過氣", "胸口很痛"],
    "ko": ["숨쉬기 힘들어요", "가슴이 아파요"],
    "vi": ["tôi khó thở", "tôi đau ngực"],
    "pt": ["não consigo respirar", "dor no peito"],
    "es": ["no puedo respirar", "me duele el pecho"],
    "tl": ["hindi ako makahinga", "masakit ang dibdib ko"],
    "ne": ["सास फेर्न गाह्रो छ", "छाती दुख्यो"],
}
FILLERS = {
    "ja": ["よろしくお願いします", "。ありがとうございます", "\nお世話になっております"],
    "en": [" thank you", ". Thanks!"],
    "zh-Hans": ["，谢谢", "。谢谢！"],
    "zh-Hant": ["，謝謝", "。謝謝！"],
    "ko": [" 감사합니다", ". 감사합니다."],
    "vi": [" cảm ơn", ". Cảm ơn ạ"],
    "pt": [" obrigado", ". Muito obrigada!"],
    "es": [" gracias", ". Muchas gracias"],
    "tl": [" salamat po", ". Salamat"],
    "ne": [" धन्यवाद", "। धन्यवाद"],
}
FULL_WIDTH = str.maketrans("0123456789%", "０１２３４５６７８９％")
HALF_WIDTH = {
    unicodedata.normalize("NFKC", letter + mark): letter + mark
    for letter in map(chr, range(0xFF66, 0xFF9E))
    for mark in ("", "ﾞ", "ﾟ")
    if len(unicodedata.normalize("NFKC", letter + mark)) == 1
}
LONGEST_READING = 0.05
ROOM = 10
"""How many times longer a busy machine may take; `mimamori bench reading` measures."""
ALPHABET = "息いき胸痛苦しくないが、。 36.78度番noti 'cant breathe没不숨khongcho\n"

contexts = st.sampled_from(list(Context))
replies = st.sampled_from(REPLIES)
any_text = st.text(st.characters(), max_size=300) | st.text(st.sampled_from(ALPHABET), max_size=400)
relaxed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
thorough = settings(relaxed, max_examples=400)


def facts(reading):
    """Everything that a reading says, but for the places of the words."""
    return (
        reading.intent, reading.priority, reading.understood, reading.temperature, reading.spo2, reading.menu,
        set(reading.present), set(reading.absent),
    )  # fmt: skip


@relaxed
@given(text=any_text, context=contexts)
def test_no_text_raises_and_evidence_lies_inside_it(reader, text, context):
    reading = reader.read(text, context)
    assert all(0 <= mark.start <= mark.end <= len(text) for mark in reading.evidence)


@relaxed
@given(piece=st.text(st.sampled_from(ALPHABET), min_size=1, max_size=12), context=contexts)
def test_no_text_of_ten_thousand_characters_takes_long(reader, piece, context):
    text = (piece * (10_000 // len(piece) + 1))[:10_000]
    assert min(_seconds(reader, text, context) for _ in range(3)) < ROOM * LONGEST_READING


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
        "息" * 10_000,
        "36" * 5_000,
        "khong " * 1_600,
    ],
)
def test_strange_texts_are_read_in_time(reader, text):
    assert min(_seconds(reader, text, Context.DAILY) for _ in range(3)) < ROOM * LONGEST_READING


def _seconds(reader, text, context):
    start = time.process_time()
    reader.read(text, context)
    return time.process_time() - start


@thorough
@given(row=replies, data=st.data())
def test_a_red_flag_added_to_any_reply_never_lowers_its_priority(reader, row, data):
    flag = data.draw(st.sampled_from(RED_FLAGS[row["lang"]]))
    before = reader.read(row["text"], Context(row["context"]))
    after = reader.read(
        f"{row['text']}。{flag}" if row["lang"] == "ja" else f"{row['text']}. {flag}", Context(row["context"])
    )
    assert after.priority.rank >= before.priority.rank
    if row["lang"] == "ja" and before.intent not in (Intent.OPT_OUT, Intent.OPT_IN):
        assert after.priority is Priority.EMERGENCY


@thorough
@given(row=replies, data=st.data())
def test_courtesy_after_a_reply_that_says_something_changes_nothing(reader, row, data):
    plain = reader.read(row["text"], Context(row["context"]))
    polite = reader.read(row["text"] + data.draw(st.sampled_from(FILLERS[row["lang"]])), Context(row["context"]))
    assert polite.priority.rank >= plain.priority.rank
    if plain.intent not in (Intent.OTHER, Intent.THANKS):  # to a reply that says nothing, thanks are something
        assert facts(polite) == facts(plain)


@thorough
@given(row=replies, emoji=st.sampled_from(["😊", " 🙏🙏", "😷💦", "❤️"]))
def test_full_width_digits_half_width_kana_and_emoji_change_nothing(reader, row, emoji):
    text, context = row["text"], Context(row["context"])
    plain = facts(reader.read(text, context))
    assert facts(reader.read(text.translate(FULL_WIDTH), context)) == plain
    assert facts(reader.read("".join(HALF_WIDTH.get(letter, letter) for letter in text), context)) == plain
    assert facts(reader.read(text + emoji, context)) == plain
