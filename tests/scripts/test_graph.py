"""The state diagram of a small script as it was found readable; of the shipped ones, that it is whole."""

import re
from dataclasses import replace
from datetime import timedelta

from bot.domain.reading import Context, Priority
from bot.engine.script import Move, Nudge, Script, Step
from bot.scripts.graph import mermaid
from bot.scripts.load import load_bundle
from bot.scripts.source import programs

SMALL = """\
stateDiagram-v2
    direction TB
    state "同意の確認<br/>consent<br/>たずねる: 同意<br/>送る: first_touch\
<br/>・わからない返事(1回目) [again]" as consent
    state "毎日の健康観察<br/>daily<br/>たずねる: 体調<br/>送る: daily_check、hint\
<br/>・急ぐ体調 [職員へ(至急)]<br/>・返事なし90分 [reminder]\
<br/>・返事なし90分(リスクの高い方) [電話リスト(no_answer)]" as daily
    state "extra<br/>extra<br/>たずねる: なし" as extra
    [*] --> consent: 登録
    consent --> daily: はい [同意を記録]
    consent --> extra: わからない返事(2回目以降) [職員へ(通常)]
    state "もとの段階へもどる" as daily_back
    daily --> daily_back: いいえ
    daily --> extra: 返事なし8時間
"""

STEPS = (
    Step(
        "consent",
        ("first_touch",),
        Context.CONSENT,
        {
            "yes": (Move(go="daily", record=("consent_given",)),),
            "unclear": (Move(("again",)), Move(go="extra", escalate=Priority.ROUTINE)),
        },
    ),
    Step(
        "daily",
        ("daily_check", "hint"),
        Context.DAILY,
        {"no": (Move(go="back"),), "urgent": (Move(escalate=Priority.URGENT),)},
        (
            Nudge(timedelta(minutes=90), Move(("reminder",)), Move(call="no_answer")),
            Nudge(timedelta(hours=8), Move(go="extra")),
        ),
    ),
    Step("extra"),
)


def small(folder):
    program = load_bundle(folder.path, "influenza").script.program
    return Script(program, "1", {step.name: step for step in STEPS})


def test_a_script_is_drawn_with_what_each_answer_and_silence_leads_to(folder):
    assert mermaid(small(folder)) == SMALL


def test_what_the_engine_does_by_itself_is_drawn_where_its_steps_are_there(folder):
    script = small(folder)
    with_more = replace(script, steps={**script.steps, "resting": Step("resting"), "with_staff": Step("with_staff")})
    drawn = mermaid(with_more)
    assert "    resting --> daily: 毎日9時\n" in drawn
    assert "    daily --> with_staff: 緊急の返事(どの段階からも)\n" in drawn


def test_every_shipped_script_is_drawn_whole_and_no_label_breaks_mermaid(folder):
    for name in programs(folder.path):
        script = load_bundle(folder.path, name).script
        drawn = mermaid(script)
        for step in script.steps:
            assert f" as {step}\n" in drawn
        for line in drawn.split("\n"):
            label = re.sub(r"^    \S+ --> \S+: ", "", line) if "-->" in line else ""
            assert not re.search("[:;#]", label), line
