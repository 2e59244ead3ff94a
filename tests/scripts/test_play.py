"""Playing dialogues on the simulation: what differs is told, and ``update`` writes down what really came."""

import asyncio

import pytest

from bot.scripts.dialogue import parse_dialogue
from bot.scripts.load import load_bundle
from bot.scripts.play import play, play_async
from bot.scripts.rehearsal import rehearse
from bot.scripts.simulate import Simulation

PROGRAM = "influenza"
TARO = "resident: 山田 太郎 / ヤマダ タロウ / 090-1234-5678 / ja / onset 2022-09-08"
HANAKO = "resident: 山田 花子 / ヤマダ ハナコ / 090-1234-5678 / ja / onset 2022-09-09"
SAID = (
    "first_touch", "welcome", "declined", "daily_check", "report_confirm", "danger_question", "emergency",
    "stopped",
)  # fmt: skip


@pytest.fixture
def bundles(folder):
    loaded = {}
    for key in SAID:
        path = f"{PROGRAM}/texts/ja.yaml"
        if f"\n{key}:" not in folder.text(path):
            folder.append(path, f"{key}: <{key}{{% if name %}} {{{{ name }}}}{{% endif %}}>\n")

    def bundle(program):
        if program not in loaded:
            loaded[program] = load_bundle(folder.path, program)
        return loaded[program]

    return bundle


@pytest.fixture
def played(bundles, reader):
    def play_text(text):
        dialogue, issues = parse_dialogue("x.txt", text, PROGRAM)
        assert issues == []
        return play(dialogue, Simulation(bundles, PROGRAM, reader, dialogue.start))

    return play_text


GOOD = f"""\
# 同意して体調を送る
start: 2022-09-10 10:00
{TARO}
bot> <first_touch>
住民> 1
bot> <welcome>
check> step=resting consent=given case=monitoring no-escalation no-call no-report
--- 2022-09-11 09:00
bot> <daily_check>
住民> 2 37.8
bot> <report_confirm>
check> report=2022-09-11:none report=2022-09-11:none:37.8 step=resting control=bot
"""


def test_a_dialogue_that_is_true_passes_and_is_left_as_it_is(played):
    outcome = played(GOOD)
    assert outcome.difference is None
    assert outcome.updated == GOOD


@pytest.mark.parametrize(
    "old, new, line, expected, actual",
    [
        ("bot> <welcome>", "bot> ようこそ", 6, ("bot> ようこそ",), ("bot> <welcome>",)),
        ("bot> <welcome>\n", "", 6, (), ("bot> <welcome>",)),
        ("bot> <welcome>\n", "bot> <welcome>\nbot> <welcome>\n", 7, ("bot> <welcome>",), ()),
        ("step=resting consent", "step=daily consent", 7, (), ()),
        ("no-call", "call=no_answer", 7, (), ()),
        ("none:37.8", "urgent:37.8", 12, (), ()),
        ("none:37.8", "none:37.9", 12, (), ()),
        ("control=bot", "control=human", 12, (), ()),
        ("no-escalation", "escalation=urgent", 7, (), ()),
        ("case=monitoring", "case=released", 7, (), ()),
        ("no-report", "no-text", 7, (), ()),
        ("no-report", "sunshine", 7, (), ()),
        ("no-report", "refused", 7, (), ()),
    ],
)
def test_the_first_difference_is_told_with_its_line(played, old, new, line, expected, actual):
    difference = played(GOOD.replace(old, new)).difference
    assert (difference.line, difference.expected, difference.actual) == (line, expected, actual)
    assert difference.ja.endswith("。")
    assert difference.en.endswith(".")


def test_texts_at_the_end_that_are_not_written_are_told(played):
    assert played(GOOD + "住民> 1\n").difference.actual == ("bot> <report_confirm>",)


def test_update_writes_what_really_came_and_keeps_all_else(played):
    bare = "\n".join(line for line in GOOD.split("\n") if not line.startswith("bot>"))
    assert played(bare).updated == GOOD
    wrong = GOOD.replace("bot> <welcome>", "bot> ちがう\n  文\nbot> もう一つ")
    assert played(wrong).updated == GOOD


def test_texts_of_several_lines_are_written_indented(played, folder):
    folder.change(f"{PROGRAM}/texts/ja.yaml", "welcome: <welcome", "welcome: |-\n  一\n\n  三\nunused: <x")
    updated = played(GOOD.replace("bot> <welcome>\n", "")).updated
    assert "bot> 一\n\n  三\ncheck>" in updated
    assert played(updated).difference is None


def test_residents_who_are_enrolled_together_stand_together(played):
    text = (
        f"{TARO}\n{HANAKO}\nbot> <first_touch>\n住民> 1\nbot> <welcome>\n"
        "--- 2022-09-11 09:00\nbot> <daily_check 太郎>\n"
    )
    outcome = played(text)
    assert outcome.difference is None
    assert outcome.updated == text


def test_a_household_is_checked_by_name(played):
    text = (
        f"{TARO}\n{HANAKO}\nbot> <first_touch>\n住民> 1\nbot> <welcome>\n住民> 太郎 1\nbot> <report_confirm 太郎>\n"
        "check> report=太郎:2022-09-10:none case=太郎:monitoring case=monitoring\n"
    )
    assert played(text).difference is None
    wrong = played(text.replace("report=太郎", "report=花子")).difference
    assert "太郎:2022-09-10:none:36.5" in wrong.en


def test_texts_sent_one_right_after_another_may_be_answered_together(played):
    text = f"{TARO}\nbot> <first_touch>\n住民> 1\n住民> 1\nbot> <welcome>\nbot> <report_confirm>\n"
    assert played(text).difference is None


def test_another_phone_is_written_with_its_number(played):
    text = f"{TARO}\nbot> <first_touch>\nunknown 080-9999-0000> 息が苦しい\nbot to 080-9999-0000> <emergency>\n"
    outcome = played(text)
    assert outcome.difference is None
    assert outcome.updated == text
    assert played(text.replace("苦しい\n", "苦しい\ncheck 080-9999-0000> no-escalation\n")).difference


def test_a_refused_action_of_staff_is_a_difference_unless_it_is_expected(played):
    text = f"{TARO}\nbot> <first_touch>\nstaff> reply こんにちは\n"
    assert "断られました" in played(text).difference.ja
    assert played(text + "check> refused\n").difference is None
    taken = text.replace("staff> reply", "staff> take-over\nstaff> reply") + "bot> こんにちは\ncheck> control=human\n"
    assert played(taken).difference is None


def test_a_call_that_staff_finished_is_off_the_list(played):
    text = f"{TARO}\nbot> <first_touch>\n住民> 2\nbot> <declined>\ncheck> call=no_consent\n"
    assert played(text + "staff> finish-call no_consent reached\ncheck> no-call\n").difference is None
    assert played(text + "staff> finish-call no_answer reached\ncheck> refused\n").difference is None


EARLY = f"start: 2022-09-10 07:30\n{TARO}\n"


def test_quiet_hours_hold_back_what_the_program_sends_by_itself_until_eight(played):
    text = "check> no-text\n--- +29m\ncheck> no-text\n--- +1m\nbot> <first_touch>\n"
    assert played(EARLY + text).difference is None


def test_what_waits_for_the_morning_is_not_sent_after_a_takeover(played):
    assert played(EARLY + "staff> take-over\n--- +2h\ncheck> control=human no-text\n").difference is None


def test_what_waits_for_the_morning_is_not_sent_after_stop(played):
    text = "住民> STOP\nbot> <stopped>\n--- 2022-09-11 09:00\ncheck> consent=withdrawn\n"
    assert played(EARLY + text).difference is None


def test_a_dialogue_plays_on_an_asynchronous_stage_too(bundles, reader):
    dialogue, _ = parse_dialogue("x.txt", GOOD, PROGRAM)
    world = Simulation(bundles, PROGRAM, reader, dialogue.start)

    class Later:
        def __getattr__(self, name):
            async def call(*arguments):
                await asyncio.sleep(0)
                return getattr(world, name)(*arguments)

            return call

    assert asyncio.run(play_async(dialogue, Later())).difference is None


def test_a_folder_of_dialogues_is_rehearsed_and_updated(folder, bundles, reader):
    bundles(PROGRAM)
    for path in folder.path.glob("*/dialogues/*.txt"):
        path.unlink()
    name = f"{PROGRAM}/dialogues/new.txt"
    folder.write(name, GOOD.replace("bot> <welcome>\n", ""))
    folder.write(f"{PROGRAM}/dialogues/broken.txt", "なにか\n")
    broken, new = rehearse(folder.path, reader, PROGRAM)
    assert (broken.passed, new.passed, new.difference.line) == (False, False, 6)
    broken, new = rehearse(folder.path, reader, PROGRAM, update=True)
    assert (broken.passed, new.passed, new.rewritten) == (False, True, True)
    assert folder.text(name) == GOOD


def test_a_dialogue_that_breaks_the_engine_does_not_hide_the_others(folder, bundles):
    class Broken:
        def read_for(self, *_):
            raise ZeroDivisionError

    bundles(PROGRAM)
    outcomes = list(rehearse(folder.path, Broken(), PROGRAM))
    assert outcomes
    assert all("ZeroDivisionError" in outcome.issues[0].en for outcome in outcomes if outcome.issues)
