import json

import pytest

from bot.domain.errors import NotFound
from bot.scripts.issue import ScriptUnusable
from bot.scripts.load import bundle_from_sources, load, load_bundle
from bot.scripts.source import MAX_FILE_BYTES, programs

PROGRAM = "covid19-2022-09-07"
SCRIPT = "common/script.yaml"
CARE = f"{PROGRAM}/program.yaml"


def found(folder, program=PROGRAM):
    return [(issue.code, issue.file, issue.line) for issue in load(folder.path, program).issues]


def test_every_shipped_program_is_listed_and_the_common_folders_are_none(folder):
    folder.file("_draft").mkdir()
    folder.file("not a program").mkdir()
    names = programs(folder.path)
    assert PROGRAM in names
    assert not {"common", "reading", "_draft", "not a program"} & set(names)


def test_a_folder_that_is_not_there_is_told_in_a_sentence(tmp_path):
    with pytest.raises(NotFound, match="nowhere"):
        programs(tmp_path / "nowhere")


def test_a_bundle_holds_steps_texts_words_and_the_line_of_each(folder):
    bundle = load_bundle(folder.path, PROGRAM)
    assert bundle.program == PROGRAM
    assert {"consent", "daily", "danger"} <= bundle.script.steps.keys()
    assert bundle.words["en"].symptoms["fever"] == "fever"
    assert bundle.place("step", "danger").line == folder.line(SCRIPT, "  danger:")
    assert bundle.place("text", "ja", "welcome").line == folder.line("common/texts/ja.yaml", "welcome:")
    assert bundle.place("text", "ja", "welcome", "body").line == folder.line("common/texts/ja.yaml", "welcome:") + 1


def test_a_bundle_is_rebuilt_from_its_sources_alone(folder):
    bundle = load_bundle(folder.path, PROGRAM)
    stored = json.loads(json.dumps(bundle.sources))
    again = bundle_from_sources(PROGRAM, stored)
    assert again.version == bundle.version
    assert again.script.steps == bundle.script.steps
    assert again.script.program == bundle.script.program
    assert again.texts == bundle.texts
    assert again.words == bundle.words


def test_the_version_changes_with_each_file_of_the_program_and_with_no_other(folder):
    first = load_bundle(folder.path, PROGRAM).version
    folder.append("influenza/program.yaml", "# a note\n")
    assert load_bundle(folder.path, PROGRAM).version == first
    folder.append("common/texts/en.yaml", "# a note\n")
    second = load_bundle(folder.path, PROGRAM).version
    assert second != first
    folder.append(CARE, "# a note\n")
    assert load_bundle(folder.path, PROGRAM).version not in {first, second}


def test_windows_line_ends_and_a_byte_order_mark_make_no_other_version(folder):
    first = load_bundle(folder.path, PROGRAM).version
    path = folder.file(SCRIPT)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_bundle(folder.path, PROGRAM).version == first


def test_a_program_replaces_single_steps_and_single_texts(folder):
    folder.write(f"{PROGRAM}/script.yaml", "steps:\n  resting:\n    ask: spo2\n")
    folder.append(f"{PROGRAM}/texts/ja.yaml", "welcome: ようこそ\n")
    bundle = load_bundle(folder.path, PROGRAM)
    assert bundle.script.steps["resting"].ask == "spo2"
    assert bundle.place("step", "resting").file == f"{PROGRAM}/script.yaml"
    assert bundle.script.steps["daily"].ask == "daily"
    assert bundle.texts["ja"]["welcome"] == "ようこそ"
    assert bundle.texts["en"]["welcome"] != "ようこそ"


@pytest.mark.parametrize(
    "old, new, below",
    [
        ("    say: daily_check\n", "    say: [daily_check\n", None),
        ("    say: daily_check\n", "\tsay: daily_check\n", 0),
        ("    say: daily_check\n", "    say: daily_check: again\n", 0),
        ("    say: daily_check\n", '    say: "daily_check\n', None),
        ("    ask: consent\n", "    ask: *nothing\n", None),
        ("  daily:", " daily:", None),
        ("    say: daily_check\n", "    say: \x00\n", 0),
    ],
)
def test_broken_yaml_is_an_issue_with_a_line_and_no_exception(folder, old, new, below):
    line = folder.change(SCRIPT, old, new)
    loaded = load(folder.path, PROGRAM)
    assert loaded.bundle is None
    (issue,) = [issue for issue in loaded.issues if issue.file == SCRIPT]
    assert issue.code == "yaml"
    assert issue.line >= 1
    if below is not None:
        assert issue.line == line + below
    assert issue.ja.endswith("。")
    assert issue.en.endswith(".")


def test_bytes_that_are_not_utf8_are_told_with_their_line(folder):
    path = folder.file("common/texts/ja.yaml")
    line = folder.line("common/texts/ja.yaml", "welcome:")
    path.write_bytes(path.read_bytes().replace(b"welcome:", b"welcome: " + "保健所".encode("shift_jis"), 1))
    assert ("encoding", "common/texts/ja.yaml", line) in found(folder)


def test_a_key_written_twice_is_told_where_it_is_written_again(folder):
    line = folder.append("common/texts/ja.yaml", "welcome: もう一度\n")
    assert found(folder) == [("duplicate-key", "common/texts/ja.yaml", line)]


@pytest.mark.parametrize(
    "file, old, new, code",
    [
        (SCRIPT, "    ask: consent\n", "    aks: consent\n", "unknown-key"),
        (SCRIPT, "    ask: consent\n", "    ask: concent\n", "wrong-value"),
        (SCRIPT, "escalate: urgent", "escalate: now", "wrong-value"),
        (SCRIPT, "record: consent_given", "record: consent", "wrong-value"),
        (SCRIPT, "after: 24h", "after: tomorrow", "wrong-value"),
        (SCRIPT, "after: 24h", "after: 1h", "wrong-value"),
        (SCRIPT, "      later: {say: later_consent}", "      maybe: {say: later_consent}", "unknown-key"),
        (SCRIPT, "{say: later_consent}", "later_consent", "wrong-type"),
        (SCRIPT, "call: no_consent", "call: 同意なし", "wrong-value"),
        (CARE, "valid: {from: 2022-09-07", "valid: {from: 2022-13-07", "wrong-value"),
        (CARE, "days: 7", "days: seven", "wrong-value"),
        (CARE, "days: 7", "days: 700", "wrong-value"),
        (CARE, "days: 7, ", "", "missing-key"),
        (CARE, 'hour: "09:00"', 'hour: "25:00"', "wrong-value"),
        (CARE, "timezone: Asia/Tokyo", "timezone: Asia/Edo", "wrong-value"),
        (CARE, "timezone: Asia/Tokyo", "timezone: ../../etc/passwd", "wrong-value"),
        (CARE, "confirm_by_staff: false", "confirm_by_staff: maybe", "wrong-value"),
        (CARE, "spo2_urgent: 95", "spo2_urgent: 9", "wrong-value"),
        (CARE, "day0: onset", "day0: birth", "wrong-value"),
        ("common/words/en.yaml", "  fever: fever", "  fiver: fever", "unknown-key"),
        ("common/words/en.yaml", "{value}%", "{value!r}%", "wrong-value"),
        ("common/words/en.yaml", "weekdays: [Mon, ", "weekdays: [", "wrong-value"),
    ],
)
def test_what_cannot_be_used_is_told_with_file_and_line(folder, file, old, new, code):
    line = folder.change(file, old, new)
    if code == "missing-key":
        line = folder.line(file, new or "release: {")
    assert (code, file, line) in found(folder)


def test_yes_and_no_need_no_quotation_marks(folder):
    folder.change(SCRIPT, '"yes": {', "yes: {")
    folder.change(SCRIPT, '"no": {', "no: {")
    assert {"yes", "no"} <= load_bundle(folder.path, PROGRAM).script.steps["consent"].answers.keys()


def test_a_step_needs_a_name_that_machines_can_keep(folder):
    line = folder.append(SCRIPT, "  もう一度:\n    say: welcome\n")
    assert ("wrong-value", SCRIPT) in [(code, file) for code, file, at in found(folder) if at in {line, line + 1}]


def test_a_missing_file_is_told_by_its_name(folder):
    folder.file("common/words/en.yaml").unlink()
    folder.file(CARE).unlink()
    assert ("missing-file", CARE, 1) in found(folder)
    assert ("missing-file", "common/words/en.yaml", 1) in found(folder)


def test_an_empty_file_and_a_file_of_another_shape_are_told(folder):
    folder.write(CARE, "")
    assert ("yaml", CARE, 1) in found(folder)
    folder.write(CARE, "- a\n- b\n")
    assert ("wrong-type", CARE, 1) in found(folder)


def test_a_huge_file_is_not_read(folder):
    folder.append(CARE, "#" * MAX_FILE_BYTES)
    assert ("file", CARE, 1) in found(folder)


def test_a_file_that_cannot_be_opened_is_told(folder):
    folder.file(CARE).unlink()
    folder.file(CARE).symlink_to(folder.file(CARE))
    assert [code for code, file, _ in found(folder) if file == CARE] == ["missing-file"]


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: &d [*c, *c]\n",
        "a: &a {b: *a}\n",
        "[" * 3000 + "]" * 3000,
        "? [a, b]\n: c\n",
        "--- a\n--- b\n",
    ],
    ids=["laughter", "circle", "depth", "list as key", "two documents"],
)
def test_tricks_of_yaml_do_no_harm(folder, bomb):
    folder.write(CARE, bomb)
    loaded = load(folder.path, PROGRAM)
    assert [issue for issue in loaded.issues if issue.file == CARE]


def test_a_program_folder_with_a_strange_name_is_told(folder):
    folder.file(PROGRAM).rename(folder.file("COVID 19"))
    assert ("program-name", "COVID 19/program.yaml", 1) in found(folder, "COVID 19")


def test_an_unusable_script_says_its_first_error_in_both_languages(folder):
    line = folder.change(CARE, "days: 7", "days: seven")
    with pytest.raises(ScriptUnusable) as caught:
        load_bundle(folder.path, PROGRAM)
    assert f"{line} 行目" in caught.value.ja
    assert f"line {line}" in caught.value.en
    assert caught.value.issues
