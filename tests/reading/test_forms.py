"""Every sign in every form of telling, denying and naming it: a small word must never turn one into another."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.domain.reading import RED_FLAGS, Context, Priority

DATA = Path(__file__).parent / "data"
FORMS = yaml.safe_load((DATA / "forms.yaml").read_text(encoding="utf-8"))
BESIDE = yaml.safe_load((DATA / "beside.yaml").read_text(encoding="utf-8"))


def groups(kind):
    return [
        pytest.param(group, id=f"{code}-{at}")
        for code, told in FORMS.items()
        for at, group in enumerate(told)
        if kind in group
    ]


def texts(group, kind):
    words = group.get(f"{kind}_words", group["words"])
    return [form.format(word) for form in group[kind] for word in words]


@pytest.fixture
def read(reader):
    return lambda text: reader.read(text, Context.DAILY)


def claims(reading):
    return reading.priority is Priority.EMERGENCY or bool(RED_FLAGS & set(reading.present))


@pytest.mark.parametrize("group", groups("told"))
def test_a_sign_that_is_told_alarms_however_softly_it_ends_and_whenever_it_began(read, group):
    assert [text for text in texts(group, "told") if read(text).priority is not Priority.EMERGENCY] == []


def beside(code, kind):
    """Each of ``kind`` with each everyday sentence, before it and behind it."""
    group = BESIDE[code]
    pairs = [(one, other) for one in group[kind] for other in group["beside"]]
    both = [*pairs, *(pair[::-1] for pair in pairs)]
    return [join.format(*two) for join in group["joined"] for two in both]


@pytest.mark.parametrize("code", BESIDE)
def test_an_everyday_sentence_beside_a_sign_takes_nothing_from_it(read, code):
    assert [text for text in beside(code, "signs") if read(text).priority is not Priority.EMERGENCY] == []


@pytest.mark.parametrize("code", BESIDE)
def test_an_everyday_sentence_beside_a_denial_makes_no_sign_of_it(read, code):
    assert [text for text in beside(code, "denied") if claims(read(text))] == []


def lost(read, texts):
    """Those of ``texts`` that claim a sign, or do not say that one is absent."""
    readings = ((text, read(text)) for text in texts)
    return [text for text, reading in readings if claims(reading) or not RED_FLAGS & set(reading.absent)]


@pytest.mark.parametrize("group", groups("denied"))
def test_a_sign_that_is_denied_is_absent_however_it_is_denied(read, group):
    assert lost(read, texts(group, "denied")) == []


@pytest.mark.parametrize("group", groups("gone"))
def test_a_sign_that_has_gone_is_absent_and_no_emergency(read, group):
    assert lost(read, texts(group, "gone")) == []


@pytest.mark.parametrize("group", groups("quiet"))
def test_a_sign_that_is_asked_about_or_a_strangers_is_not_claimed(read, group):
    assert [text for text in texts(group, "quiet") if claims(read(text))] == []
