"""Issues of texts and rules: each kind is found, in the right line, in a broken copy of the shipped conversations."""

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


def check(folder, program=PROGRAM):
    return check_bundle(load(folder.path, program))


def places(issues, code):
    return [(issue.file, issue.line) for issue in issues if issue.code == code]


def say_in(folder, text, key="extra_text"):
    """A text of the program's own in every language; the line of its Japanese one."""
    for language in ("ja", "ja-easy", "en"):
        folder.append(f"{PROGRAM}/texts/{language}.yaml", f"{key}: |-\n  {text}\n")
    return folder.line(f"{PROGRAM}/texts/ja.yaml", f"{key}:")


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


def test_a_character_that_a_road_of_shift_jis_would_break_is_a_warning(folder):
    line = say_in(folder, "𠮷野保健師より～😀①")
    folder.change(SCRIPT, "say: welcome,", "say: [welcome, extra_text],")
    found = check(folder)
    assert {(issue.severity, issue.code) for issue in found} == {(Severity.WARNING, "characters")}
    assert (f"{PROGRAM}/texts/ja.yaml", line) in places(found, "characters")
    assert "𠮷" in found[0].ja
    assert "～" not in found[0].ja, "what survives by being rewritten is no issue"


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


@pytest.mark.parametrize(
    "old, new",
    [
        ("spo2_emergency: 93", "spo2_emergency: 80"),
        ("temperature_urgent: 39.0", "temperature_urgent: 42.9"),
        ("spo2_urgent: 95", "spo2_urgent: 90"),
        ("temperature_low: 35.0", "temperature_low: 33.0"),
    ],
)
def test_a_program_cannot_be_less_careful_than_the_limits_for_all(folder, old, new):
    line = folder.change(CARE, old, new)
    assert places(check(folder), "wrong-value") == [(CARE, line)]


def test_an_emergency_text_without_119_and_an_empty_farewell(folder):
    text = "common/texts/ja.yaml"
    source = (folder.path / text).read_text(encoding="utf-8")
    start = source.index("\nemergency:")
    end = source.index("\n\n", start)
    (folder.path / text).write_text(source[:start] + "\nemergency: こまりましたね。" + source[end:], encoding="utf-8")
    assert places(check(folder), "must-say") == [(text, folder.line(text, "emergency: こまりました"))]


def test_a_check_in_the_quiet_hours_is_a_warning(folder):
    line = folder.change(CARE, 'hour: "09:00"', 'hour: "07:30"')
    (issue,) = check(folder)
    assert (issue.severity, issue.code, issue.line) == (Severity.WARNING, "program", line)


def test_a_word_of_two_frequent_questions_and_a_word_too_short(folder):
    folder.append(CARE, "  - topic: other\n    words: [何時まで, 何]\n    say: faq_cost\n")
    line = folder.line(CARE, "- topic: other")
    found = [(issue.severity, issue.code, issue.line) for issue in check(folder)]
    assert sorted(found) == [(Severity.ERROR, "faq", line), (Severity.WARNING, "faq", line)]
