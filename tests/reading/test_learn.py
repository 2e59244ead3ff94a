"""Learning weights: deterministic, honest about what was unseen, and never below a rule."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InvalidInput, ScriptError
from bot.domain.reading import Context, Priority
from bot.reading.classifier import Classifier, Core, Limits, Weights, as_written, folded
from bot.reading.learn import FOLDS, Sample, folds, learn
from bot.reading.reader import Reader
from bot.reading.words import words_of

LEXICON = Path(__file__).parents[2] / "conversations" / "reading"

GRAVE = ["むねのへんがぎゅっとする", "ぜえぜえいいよる", "めのまえがまっくらや", "くちのいろがようない"]
QUIET = ["きょうはあめですね", "ごはんたべました", "はながずるずる", "ありがとさん"]


def sample(number, text, priority, language="ja"):
    return Sample(
        f"{language}-{number}",
        text,
        Core(f"{text}{number % 7}"),
        Context.DAILY,
        language,
        frozenset({priority}),
        light=True,
    )


@pytest.fixture(scope="module")
def samples():
    return [
        sample(number * 10 + place, text, priority, language)
        for language in ("ja", "en")
        for number in range(8)
        for texts, priority in ((GRAVE, Priority.EMERGENCY), (QUIET, Priority.NONE))
        for place, text in enumerate(texts)
    ]


@pytest.fixture(scope="module")
def learned(samples):
    return learn(samples)


def test_the_same_replies_give_the_same_weights(samples, learned):
    assert learn(samples).weights.to_bytes() == learned.weights.to_bytes()


def test_words_beside_a_grave_number_teach_nothing(samples, learned):
    beside = [
        replace(sample(900 + number, "けろっとしてあそんでる", Priority.URGENT), by_number=True) for number in range(20)
    ]
    taught = Classifier(learn([*samples, *beside]).weights)
    core = Core("けろっとしてあそんでる")
    before = Classifier(learned.weights).scores(core, Context.DAILY)
    assert taught.scores(core, Context.DAILY).grave <= before.grave + 0.5
    assert not any("けろっと" in example for example in taught.weights.examples)


@pytest.mark.parametrize(
    "text,by_number",
    [
        ("2 39.1 けろっとしてます", True),
        ("4 けろっとしてます", True),
        ("2 39.1 息が苦しい", False),
        ("2 けろっとしてます", False),
    ],
)
def test_a_sample_tells_whether_only_its_number_is_grave(text, by_number):
    row = {"id": "a", "text": text, "context": "daily", "priority": ["urgent"]}
    assert Reader.load(LEXICON).sample(row).by_number is by_number


def test_scores_tell_how_much_of_the_words_is_known(learned):
    classifier = Classifier(learned.weights)
    assert classifier.scores(Core("きょうはあめですね"), Context.DAILY).known > 0.5
    assert classifier.scores(Core("肝胆相照麒麟峻厳"), Context.DAILY).known < 0.1


def test_weights_survive_the_file(learned):
    assert Weights.from_bytes(learned.weights.to_bytes()) == learned.weights


def test_grave_words_score_above_quiet_ones(learned):
    classifier = Classifier(learned.weights)
    grave = [classifier.scores(Core(text), Context.DAILY).grave for text in GRAVE]
    quiet = [classifier.scores(Core(text), Context.DAILY).grave for text in QUIET]
    assert min(grave) > max(quiet)


def test_the_nearest_examples_share_its_words(learned):
    nearest = Classifier(learned.weights).nearest(Core("ぜえぜえいいよる"), Context.DAILY)
    assert nearest
    assert all("ぜえぜえいいよる" in example for example in nearest)


def test_each_reply_is_unseen_by_exactly_one_fold(samples, learned):
    assert sorted(number for _, numbers in learned.unseen for number in numbers) == list(range(len(samples)))
    for known, fresh in folds(samples):
        assert not set(known) & set(fresh)
    assert len(learned.unseen) == FOLDS


def test_too_few_replies_are_refused_with_their_number(samples):
    with pytest.raises(InvalidInput, match="at least 10"):
        learn([one for one in samples if one.language == "ja"])


@given(st.text(max_size=80), st.sampled_from(list(Context)))
def test_any_text_has_scores(text, context):
    core = Core(folded(text), words_of(as_written(text)))
    weights = Weights(
        ("l \0",),
        bytes(1),
        bytes(1),
        (1.0, 1.0),
        (0.5, -0.5),
        {"other": Limits(1, 1, 1, 0), "other?": Limits(1, 1, 1, 0)},
        (),
        (),
    )
    scores = Classifier(weights).scores(core, context)
    assert (scores.emergency, scores.grave) == (0.5, -0.5)


def test_words_are_alike_in_kana_and_kanji():
    assert words_of("息が苦しい") == words_of("息がくるしい")


def test_numbers_and_punctuation_say_nothing_to_the_classifier():
    assert folded("2 36.8 せき、") == folded("1  37 せき。") == "0 0 せき"


@pytest.mark.parametrize("damage", [b"", b"{}\nxx", b'{"format": 99}\n'])
def test_a_damaged_file_of_weights_names_the_way_out(tmp_path, damage):
    (tmp_path / "ja.yaml").write_bytes((LEXICON / "ja.yaml").read_bytes())
    (tmp_path / "weights.bin").write_bytes(damage)
    with pytest.raises(ScriptError, match="triage train"):
        Reader.load(tmp_path)


def test_a_sample_counts_as_grave_only_where_every_answer_is():
    both = replace(sample(1, "x", Priority.NONE), priorities=frozenset({Priority.URGENT, Priority.NONE}))
    assert not both.grave
    assert not both.quiet
