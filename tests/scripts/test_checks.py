"""Issues of steps and folders: each kind is found, in the right line, in a broken copy of the shipped conversations."""

import pytest

from bot.scripts.check import check_bundle
from bot.scripts.check.folder import check_folder
from bot.scripts.issue import Severity
from bot.scripts.load import load

PROGRAM = "covid19-2022-09-07"
SCRIPT = "common/script.yaml"
CARE = f"{PROGRAM}/program.yaml"
EXTRA = f"{PROGRAM}/script.yaml"


def check(folder, program=PROGRAM):
    return check_bundle(load(folder.path, program))


def places(issues, code):
    return [(issue.file, issue.line) for issue in issues if issue.code == code]


def extra_step(folder, body, name="extra"):
    """A step of the program's own, written as YAML below its name; the line of its name."""
    folder.write(EXTRA, f"steps:\n  {name}:\n" + "".join(f"    {line}\n" for line in body.strip().split("\n")))
    return 2


SOUND = """\
say: [daily_check]
ask: daily
answers:
  report: {record: report, say: report_confirm, go: resting}
  urgent: {record: report, say: urgent_received, escalate: urgent}
  question: {escalate: routine}
  unclear: {go: danger}
silence:
  - {after: 1h, call: no_answer}
"""


def lead_to(folder, name="extra"):
    """Make a step reachable from the daily check."""
    folder.change(SCRIPT, "{say: daily_again}", "{say: daily_again, go: " + name + "}")


def test_the_shipped_conversations_have_no_issue(folder):
    assert check_folder(folder.path) == []


def test_a_step_that_nothing_leads_to(folder):
    line = extra_step(folder, SOUND)
    assert places(check(folder), "unreachable-step") == [(EXTRA, line)]


def test_a_step_that_something_leads_to_is_sound(folder):
    extra_step(folder, SOUND)
    lead_to(folder)
    assert check(folder) == []


def test_an_answer_that_leads_to_no_step(folder):
    line = folder.change(SCRIPT, "say: welcome, go: resting", "say: welcome, go: restign")
    assert (SCRIPT, line) in places(check(folder), "unknown-step")


def test_a_first_step_that_is_not_there(folder):
    line = folder.change(SCRIPT, "start: consent", "start: hello")
    assert places(check(folder), "unknown-step") == [(SCRIPT, line)]


@pytest.mark.parametrize("word", ["report", "urgent", "question", "unclear"])
def test_a_step_without_an_answer_for_what_can_always_come(folder, word):
    extra_step(folder, "\n".join(line for line in SOUND.split("\n") if not line.strip().startswith(word)))
    lead_to(folder)
    (issue,) = [issue for issue in check(folder) if issue.code == "missing-answer"]
    assert (issue.file, issue.line) == (EXTRA, folder.line(EXTRA, "answers:"))
    assert word in issue.en


@pytest.mark.parametrize("ask, word", [("consent", "yes"), ("consent", "no"), ("danger", "no")])
def test_a_question_of_yes_or_no_without_the_answer(folder, ask, word):
    extra_step(folder, SOUND.replace("ask: daily", f"ask: {ask}"))
    lead_to(folder)
    assert any(word in issue.en for issue in check(folder) if issue.code == "missing-answer")


def test_yes_to_the_danger_question_belongs_to_the_engine(folder):
    line = folder.line(SCRIPT, '      "no": {record: report')
    text = folder.text(SCRIPT).split("\n")
    text.insert(line - 1, '      "yes": {escalate: urgent}')
    folder.write(SCRIPT, "\n".join(text))
    issues = [issue for issue in check(folder) if issue.code == "engine-answer"]
    assert [(issue.severity, issue.line) for issue in issues] == [(Severity.WARNING, line)]


def test_a_reserved_step_that_is_missing(folder):
    text = folder.text(SCRIPT)
    start = text.index("  phone_only:")
    end = text.index("  released:")
    folder.write(SCRIPT, text[:start] + text[end:])
    found = check(folder)
    assert places(found, "reserved-step") == [(SCRIPT, folder.line(SCRIPT, "steps:"))]
    assert places(found, "unknown-step")


def test_a_reserved_step_that_asks_something_else(folder):
    line = folder.change(SCRIPT, "    ask: danger\n", "    ask: daily\n")
    assert (SCRIPT, line) in places(check(folder), "reserved-step")


def test_a_silence_that_does_not_wait(folder):
    line = folder.change(SCRIPT, "{after: 30m,", "{after: 0m,")
    assert places(check(folder), "loop") == [(SCRIPT, line)]


def test_silences_that_lead_in_a_circle(folder):
    extra_step(folder, SOUND.replace("{after: 1h, call: no_answer}", "{after: 1h, call: no_answer, go: extra}"))
    lead_to(folder)
    assert places(check(folder), "loop") == [(EXTRA, folder.line(EXTRA, "after: 1h"))]


def test_answers_that_bounce_between_two_steps(folder):
    extra_step(folder, SOUND.replace("unclear: {go: danger}", "unclear: {go: danger}\n  thanks: {go: daily}"))
    lead_to(folder)
    found = check(folder)
    assert {issue.code for issue in found} == {"loop"}
    assert (EXTRA, folder.line(EXTRA, "thanks:")) in places(found, "loop")
    assert any("daily → extra" in issue.en for issue in found)


def test_a_circle_that_a_person_hears_of_is_no_loop(folder):
    thanks = "unclear: {go: danger}\n  thanks: {go: daily, escalate: routine}"
    extra_step(folder, SOUND.replace("unclear: {go: danger}", thanks))
    lead_to(folder)
    assert check(folder) == []


def test_an_urgent_answer_that_reaches_nobody(folder):
    extra_step(folder, SOUND.replace("escalate: urgent", "escalate: routine"))
    lead_to(folder)
    assert places(check(folder), "missing-escalation") == [(EXTRA, folder.line(EXTRA, "urgent:"))]


def test_unclear_answers_that_never_lead_to_danger_or_staff(folder):
    extra_step(folder, SOUND.replace("unclear: {go: danger}", "unclear: {say: daily_again}"))
    lead_to(folder)
    assert places(check(folder), "missing-escalation") == [(EXTRA, folder.line(EXTRA, "unclear:"))]


def test_the_second_unclear_answer_may_be_the_one_that_staff_see(folder):
    unclear = "unclear: [{say: daily_again}, {escalate: routine}]"
    extra_step(folder, SOUND.replace("unclear: {go: danger}", unclear))
    lead_to(folder)
    assert check(folder) == []


def test_a_danger_question_whose_answers_nobody_sees(folder):
    line = folder.change(SCRIPT, "say: danger_no, escalate: routine", "say: danger_no")
    assert places(check(folder), "missing-escalation") == [(SCRIPT, line)]


def test_silence_that_nobody_hears_of(folder):
    extra_step(folder, SOUND.replace("{after: 1h, call: no_answer}", "{after: 1h, say: daily_reminder}"))
    lead_to(folder)
    assert places(check(folder), "unheard-silence") == [(EXTRA, folder.line(EXTRA, "silence:"))]


def test_a_question_without_any_word_on_silence(folder):
    extra_step(folder, SOUND.partition("silence:")[0])
    lead_to(folder)
    assert places(check(folder), "unheard-silence") == [(EXTRA, 2)]


def test_a_consent_that_is_not_written_down_is_an_error(folder):
    line = folder.change(SCRIPT, "{record: consent_given, say: welcome,", "{say: welcome,")
    (issue,) = check(folder)
    assert (issue.severity, issue.code, issue.line) == (Severity.ERROR, "missing-record", line)


def test_a_report_that_is_not_written_down_is_a_warning(folder):
    line = folder.change(SCRIPT, "report: {record: report, say: report_confirm}", "report: {say: report_confirm}")
    (issue,) = check(folder)
    assert (issue.severity, issue.code, issue.line) == (Severity.WARNING, "missing-record", line)


def test_while_a_file_cannot_be_read_nothing_else_is_told(folder):
    folder.write("common/texts/ja.yaml", "a: [")
    assert {issue.code for issue in check(folder)} == {"yaml"}


def test_a_dialogue_that_names_an_unknown_program_or_step(folder):
    folder.write(
        "common/dialogues/new.txt",
        "# 例\nprogram: plague\nresident: 山田 太郎 / ヤマダ タロウ / 090-1234-5678 / ja / onset 2022-09-08\n"
        "住民> はい\n",
    )
    folder.write(
        "influenza/dialogues/new.txt",
        "# 例\nresident: 山田 太郎 / ヤマダ タロウ / 090-1234-5678 / ja / onset 2022-09-08\n"
        "staff> hand-back dayly\ncheck> step=dayly weather=fine\n",
    )
    found = [(issue.file, issue.line) for issue in check_folder(folder.path) if issue.code == "dialogue"]
    assert found == [("common/dialogues/new.txt", 2), *[("influenza/dialogues/new.txt", line) for line in (3, 4, 4)]]


def test_issues_of_common_files_are_told_once_for_all_programs(folder):
    folder.change(SCRIPT, "say: welcome,", "say: wellcome,")
    assert len([issue for issue in check_folder(folder.path) if issue.code == "missing-text"]) == 1


def test_every_issue_is_one_sentence_in_each_language(folder):
    extra_step(folder, SOUND.replace("unclear: {go: danger}", "unclear: {say: nothing}"))
    for issue in check(folder):
        assert issue.ja.endswith("。")
        assert issue.en.endswith(".")
        assert str(issue).startswith(f"{issue.file}:{issue.line}: ")
