"""Of several values in a reply, the one that counts is of the person looked after, and of now."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.domain.errors import ScriptError
from bot.domain.reading import Context
from bot.reading.reader import Reader

TOLD = yaml.safe_load((Path(__file__).parent / "data" / "values_told.yaml").read_text(encoding="utf-8"))
FIGURES = {
    Context.TEMPERATURE: [("36.8", "38.9"), ("39.2", "37.1")],
    Context.SPO2: [("97", "91"), ("90", "98")],
}


def replies(group, forms, word, context):
    """Each form with each word and each pair of figures, and the figure that counts."""
    return [
        (form.format(one=one, other=other, **{word: told}), float(one))
        for form in group[forms]
        for told in group[word]
        for one, other in FIGURES[context]
    ]


def misread(reader, context, told):
    kind = "temperature" if context is Context.TEMPERATURE else "spo2"
    return [text for text, value in told if getattr(reader.read(text, context), kind) != value]


@pytest.mark.parametrize("context", FIGURES)
@pytest.mark.parametrize("language", TOLD)
def test_the_value_of_now_counts_beside_one_of_before(reader, language, context):
    assert misread(reader, context, replies(TOLD[language], "frames", "was", context)) == []


@pytest.mark.parametrize("context", FIGURES)
@pytest.mark.parametrize("language", TOLD)
def test_the_own_value_counts_beside_somebody_elses(reader, language, context):
    assert misread(reader, context, replies(TOLD[language], "whose", "who", context)) == []


@pytest.mark.parametrize(
    "context,text,temperature,spo2",
    [
        ("spo2", "94 sorry, no 96", None, 96),
        ("spo2", "97, lúc đầu kẹp lỏng nó ra 91", None, 97),
        ("spo2", "90 ahorita, y eso que del hospital salí con 97", None, 90),
        ("spo2", "89... 아까 엄마가 재줬을 땐 96이라더니", None, 89),
        ("spo2", "입원했을 땐 88, 지금 구십둘이에요", None, 92),
        ("temperature", "三十六度六 隔壁屋那位三十九呢", 36.6, None),
        ("temperature", "san juu nana ten ichi", 37.1, None),
        ("temperature", "mi hijo tiene 39.5", 39.5, None),
        ("temperature", "nakita ko ang anak ko na 39.1", 39.1, None),
        ("daily", "我没事，可我媳妇儿也烧到38度5", None, None),
        ("daily", "my flatmate has 38.9, where does he go", None, None),
        ("daily", "Hi, oxygen says 88. Temp 36.8", 36.8, 88),
        ("daily", "sats dropping to 90. Temp 36.8", 36.8, 90),
        ("daily", "el oxígeno se me bajó a 88", None, 88),
        ("spo2", "娘は91です、私は看病中", None, 91),
        ("spo2", "roommate is 91, he is the patient", None, 91),
        ("daily", "mi hijo 39.5, yo estoy asustada", 39.5, None),
        ("daily", "39.5 昨日は吐いた。今は平気", 39.5, None),
        ("daily", "39.4 ayer vomité, ya no", 39.4, None),
        ("daily", "39.1 어제는 토했고 지금은 괜찮아요", 39.1, None),
        ("daily", "oxygen mask for 90 minutes yesterday", None, None),
    ],
)
def test_values_are_told_in_the_words_of_each_language(reader, context, text, temperature, spo2):
    reading = reader.read(text, Context(context))
    assert (reading.temperature, reading.spo2) == (temperature, spo2)


@pytest.mark.parametrize("values", ["{never: x}", "{was: '('}"])
def test_words_about_values_that_cannot_be_used_are_named(tmp_path, values):
    (tmp_path / "ja.yaml").write_text(f"language: ja\nletters: '[ぁ-ゟ]'\nvalues: {values}\n", encoding="utf-8")
    with pytest.raises(ScriptError, match=r"ja\.yaml"):
        Reader.load(tmp_path)
