"""Talking to a script through a pipe."""

import io
from datetime import datetime

import pytest
from rich.console import Console

from bot.domain.states import Language
from bot.scripts.chat import Chat, sample_resident
from bot.scripts.dialogue import TIMEZONE
from bot.scripts.load import load_bundle

START = datetime(2022, 9, 10, 10, 0, tzinfo=TIMEZONE)


@pytest.fixture
def talk(folder, reader):
    def run(*lines, language="ja", at_risk=False):
        out = io.StringIO()
        bundle = load_bundle(folder.path, "influenza")
        resident = sample_resident(Language(language), START, at_risk=at_risk)
        chat = Chat(bundle, reader, Console(file=out, width=60), resident, START)
        chat.run([f"{line}\n" for line in lines], echo=True)
        return out.getvalue()

    return run


def test_the_first_text_is_shown_with_its_length(talk):
    shown = talk()
    assert "[2022-09-10 10:00]" in shown
    assert "通分" in shown
    assert "UCS-2" in shown
    assert "  │ 【さくら市保健所】" in shown


def test_the_language_is_the_residents(talk):
    assert "Sakura City" in talk(language="en")


def test_what_was_read_recorded_and_answered_is_shown(talk):
    shown = talk("1", ":wait 23h", "2 37.8")
    assert "> 2 37.8" in shown
    assert "読み取り: report/none  2 昨日と同じか軽い、37.8度" in shown
    assert "→ 記録 / report: 2022-09-11 none" in shown
    assert "→ 同意 / consent: given" in shown
    assert "── 2022-09-11 09:00 ──" in shown


def test_an_emergency_shows_the_words_that_decided(talk):
    shown = talk("息が苦しい")
    assert "「息が苦しい」red_flag:dyspnea" in shown
    assert "→ 職員へ / to staff: emergency red_flag「息が苦しい」" in shown.replace("red_flag 「", "red_flag「")


def test_silence_leads_to_the_call_list(talk):
    assert "→ 電話リスト / call list: no_answer" in talk("1", ":wait 2d", at_risk=True)


def test_staff_can_act(talk):
    shown = talk(":staff take-over", ":staff reply お電話します", ":state", ":staff hand-back nowhere")
    assert "  │ お電話します" in shown
    assert "control=human step=consent" in shown
    assert "No such step" in shown


def test_the_state_tells_tasks_calls_and_reports(talk):
    shown = talk("1", "3 39.5", "息が", ":state")
    assert "escalation=urgent:" in shown
    assert "escalation=emergency:red_flag" in shown
    assert "report=2022-09-10 emergency 39.5" in shown


@pytest.mark.parametrize("line", [":wait", ":wait long", ":wait 9999d", ":staff dance", ":dance"])
def test_what_is_no_command_is_told_and_changes_nothing(talk, line):
    assert "2022-09-10 10:00  090-1234-5678" in talk(line, ":state")


def test_a_text_that_could_not_be_decoded_reaches_staff(talk):
    assert "damaged_text" in talk("1", "1 \N{REPLACEMENT CHARACTER}")


def test_help_and_quit(talk):
    shown = talk(":help", ":quit", "1")
    assert ":wait 24h" in shown
    assert "> 1" not in shown


def test_an_empty_line_is_nothing_and_send_sends_even_an_empty_text(talk):
    assert "読み取れない" not in talk("")
    assert "読み取れない" in talk(":send")
    assert "「:」" not in talk(":send :state of things")
