"""Every sign in every form of saying that it is there, and that it is not: a small word must never turn one around."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.domain.reading import RED_FLAGS, Context, Priority

FORMS = yaml.safe_load((Path(__file__).parent / "data" / "forms.yaml").read_text(encoding="utf-8"))
GROUPS = [pytest.param(group, id=f"{code}-{at}") for code, groups in FORMS.items() for at, group in enumerate(groups)]


def texts(forms, words):
    return [form.format(word) for form in forms for word in words]


@pytest.mark.parametrize("group", GROUPS)
def test_a_sign_that_is_told_alarms_however_softly_it_ends(reader, group):
    told = texts(group["told"], group.get("told_words", group["words"]))
    quiet = [text for text in told if reader.read(text, Context.DAILY).priority is not Priority.EMERGENCY]
    assert told
    assert quiet == []


@pytest.mark.parametrize("group", [group for group in GROUPS if group.values[0]["denied"]])
def test_a_sign_that_is_denied_is_absent_however_it_is_denied(reader, group):
    wrong = []
    for text in texts(group["denied"], group["words"]):
        reading = reader.read(text, Context.DAILY)
        claimed = RED_FLAGS & set(reading.present)
        if claimed or reading.priority is Priority.EMERGENCY or not RED_FLAGS & set(reading.absent):
            wrong.append(text)
    assert wrong == []
