"""Each kind of issue is found, in the right line, by breaking a copy of the shipped conversations."""

import pytest

from bot.scripts.check import check_bundle
from bot.scripts.check.first_touch import health_words, says
from bot.scripts.check.folder import check_folder
from bot.scripts.issue import Severity
from bot.scripts.load import load

PROGRAM = "covid19-2022-09-07"
SCRIPT = "common/script.yaml"
CARE = f"{PROGRAM}/program.yaml"
JA = "common/texts/ja.yaml"
EXTRA = f"{PROGRAM}/script.yaml"


def check(folder, program=PROGRAM):
    return check_bundle(load(folder.path, program))


def places(issues, code):
    return [(issue.file, issue.line) for issue in issues if issue.code == code]


def extra_step(folder, body, name="extra"):
    """A step of the program's own, written as YAML below its name; the line of its name."""
    folder.write(EXTRA, f"steps:\n  {name}:\n" + "".join(f"    {line}\n" for line in body.strip().split("\n")))
    return 2


def say_in(folder, text, key="extra_text"):
    """A text of the program's own in every language; the line of its Japanese one."""
    for language in ("ja", "ja-easy", "en"):
        folder.append(f"{PROGRAM}/texts/{language}.yaml", f"{key}: |-\n  {text}\n")
    return folder.line(f"{PROGRAM}/texts/ja.yaml", f"{key}:")


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


def test_a_text_missing_in_one_language(folder):
    path = f"{PROGRAM}/texts/ja.yaml"
    line = folder.append(path, "extra_text: はい\n")
    folder.append(f"{PROGRAM}/texts/ja-easy.yaml", "extra_text: はい\n")
    folder.change(SCRIPT, "say: welcome,", "say: [welcome, extra_text],")
    (issue,) = [issue for issue in check(folder) if issue.code == "missing-text"]
    assert (issue.file, issue.line) == (path, line)
    assert f"{PROGRAM}/texts/en.yaml" in issue.en


def test_a_text_missing_in_every_language_is_told_where_it_is_said(folder):
    line = folder.change(SCRIPT, "say: welcome,", "say: wellcome,")
    assert places(check(folder), "missing-text") == [(SCRIPT, line)]


def test_a_text_of_the_engine_that_is_missing(folder):
    for language in ("ja", "ja-easy", "en"):
        folder.change(f"common/texts/{language}.yaml", "\nemergency: |-", "\nemergenci: |-")
    (issue,) = [issue for issue in check(folder) if issue.code == "missing-text"]
    assert "emergency" in issue.en
    assert issue.file == JA


def test_an_answer_to_a_frequent_question_that_is_not_written(folder):
    line = folder.line(CARE, "- topic: hours")
    folder.change(CARE, "say: faq_hours", "say: faq_ours")
    assert (CARE, line) in places(check(folder), "missing-text")


def test_a_text_that_nobody_says(folder):
    line = folder.append(f"{PROGRAM}/texts/ja.yaml", "forgotten: はい\n")
    (issue,) = check(folder)
    assert (issue.severity, issue.code, issue.line) == (Severity.WARNING, "unused-text", line)


def test_a_common_text_is_unused_only_when_no_program_says_it(folder):
    for language in ("ja", "ja-easy", "en"):
        folder.append(f"common/texts/{language}.yaml", "forgotten: はい\n")
    assert check(folder) == []
    assert {issue.code for issue in check_folder(folder.path)} == {"unused-text"}
    folder.change("influenza/program.yaml", "say: faq_hours", "say: forgotten")
    assert "forgotten" not in " ".join(issue.en for issue in check_folder(folder.path))


@pytest.mark.parametrize(
    "text, code, below",
    [
        ("{{ centre }}", "unknown-variable", 1),
        ("{{ options }}", "unknown-variable", 1),
        ("{{ center", "template-syntax", 1),
        ("{% if name %}はい", "template-syntax", 1),
        ("はい\n  {{ name.__class__ }}", "sandbox", 2),
        ("{% for a in names %}{{ name }}{% endfor %}", "sandbox", 1),
        ("{{ name * 9 }}", "sandbox", 1),
        ("{{ name | upper }}", "sandbox", 1),
        ("{% include 'x' %}", "sandbox", 1),
        ("{{ 1 - name }}", "sandbox", 0),
    ],
)
def test_a_template_that_is_not_allowed(folder, text, code, below):
    line = say_in(folder, text)
    folder.change(SCRIPT, "say: welcome,", "say: [welcome, extra_text],")
    found = [issue for issue in check(folder) if issue.file == f"{PROGRAM}/texts/ja.yaml"]
    assert [(issue.code, issue.line) for issue in found] == [(code, line + below)]


def test_a_text_that_carriers_do_not_take(folder):
    line = say_in(folder, "あ" * 661)
    folder.change(SCRIPT, "say: welcome,", "say: [welcome, extra_text],")
    found = check(folder)
    assert (f"{PROGRAM}/texts/ja.yaml", line) in places(found, "too-long")


def test_a_text_of_many_segments_is_a_warning(folder):
    say_in(folder, "あ" * 400)
    folder.change(SCRIPT, "say: welcome,", "say: [welcome, extra_text],")
    assert {(issue.severity, issue.code) for issue in check(folder)} == {(Severity.WARNING, "many-segments")}


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


@pytest.mark.parametrize("telling", ["熱", "新型コロナウイルス感染症", "{{ program }}", "{{ last_day }}", "陽性"])
def test_the_first_text_tells_nothing_of_health(folder, telling):
    folder.change(JA, "first_touch: |-\n", f"first_touch: |-\n  ようこそ。\n  {telling}\n")
    line = folder.line(JA, "first_touch: |-") + 2
    found = check(folder)
    assert {issue.code for issue in found} == {"first-touch"}
    assert {issue.line for issue in found} == {line}


def test_a_question_answered_before_consent_tells_nothing_of_health(folder):
    folder.change(CARE, "    say: faq_release", "    before_consent: true\n    say: faq_release")
    assert {issue.code for issue in check(folder)} == {"first-touch"}


def test_words_of_health_are_symptoms_and_what_the_title_says_but_no_dates(folder):
    bundle = load(folder.path, "measles-contact").bundle
    words = health_words(bundle, "ja")
    assert {"麻しん", "熱", "陽性"} <= set(words)
    english = load(folder.path, "covid19-2023-05-08").bundle
    assert not {"May", "from", "8"} & set(health_words(english, "en"))
    assert says("You have a Fever.", "fever")
    assert not says("a feverish hope", "fever")


@pytest.mark.parametrize(
    "old, new, at",
    [
        ("until: 2023-05-07", "until: 2022-05-07", None),
        ("spo2_emergency: 93", "spo2_emergency: 95", None),
        ("fever: 37.5", "fever: 39.5", None),
        ("days: 7,", "days: 7, fever_free_days_infant: 3,", None),
    ],
)
def test_rules_of_a_program_that_contradict_each_other(folder, old, new, at):
    del at
    line = folder.change(CARE, old, new)
    assert places(check(folder), "program") == [(CARE, line)]


def test_a_check_in_the_quiet_hours_is_a_warning(folder):
    line = folder.change(CARE, 'hour: "09:00"', 'hour: "07:30"')
    (issue,) = check(folder)
    assert (issue.severity, issue.code, issue.line) == (Severity.WARNING, "program", line)


def test_a_word_of_two_frequent_questions_and_a_word_too_short(folder):
    folder.append(CARE, "  - topic: other\n    words: [何時まで, 何]\n    say: faq_cost\n")
    line = folder.line(CARE, "- topic: other")
    found = [(issue.severity, issue.code, issue.line) for issue in check(folder)]
    assert sorted(found) == [(Severity.ERROR, "faq", line), (Severity.WARNING, "faq", line)]


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
