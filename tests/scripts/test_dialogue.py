"""Reading dialogue files, whatever they hold."""

from datetime import date, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.states import Language
from bot.scripts.dialogue import (
    DEFAULT_PROGRAM,
    TIMEZONE,
    Bot,
    Check,
    Enrol,
    Pass,
    Send,
    Staff,
    dialogue_files,
    parse_dialogue,
)

TARO = "resident: 山田 太郎 / ヤマダ タロウ / 090-1234-5678 / ja / onset 2022-09-08"
HANAKO = "resident: 鈴木 花子 / スズキ ハナコ / 080-1111-2222 / en / onset 2022-09-09 / born 1950-04-01 / at risk"
STRANGER = "+818099990000"


def parsed(text, program=None):
    dialogue, issues = parse_dialogue("common/dialogues/x.txt", text, program)
    assert issues == []
    return dialogue


def issue_lines(text, program=None):
    return [issue.line for issue in parse_dialogue("x.txt", text, program)[1]]


def test_a_dialogue_reads_like_a_conversation():
    dialogue = parsed(
        f"# 題名\n# 説明\nprogram: influenza\nstart: 2024-01-10 09:30\n{TARO}\nbot> 一行目\n  二行目\n\n  四行目\n"
        "住民> 1\n--- +1d2h\nstaff> reply 電話します\ncheck> step=daily no-call\n"
    )
    begin = datetime(2024, 1, 10, 9, 30, tzinfo=TIMEZONE)
    assert (dialogue.title, dialogue.program, dialogue.start) == ("題名", "influenza", begin)
    enrol, bot, send, passing, staff, check = dialogue.entries
    assert isinstance(enrol, Enrol)
    assert bot == Bot(6, "一行目\n二行目\n\n四行目", "+819012345678", 9)
    assert send == Send(10, "+819012345678", "1")
    assert passing == Pass(11, datetime(2024, 1, 11, 11, 30, tzinfo=TIMEZONE))
    assert staff == Staff(12, "reply", "電話します", "+819012345678")
    assert check == Check(13, ("step=daily", "no-call"), "+819012345678")


def test_a_resident_line_holds_all_that_is_needed_to_enrol():
    enrol = parsed(HANAKO).entries[0]
    resident = enrol.resident
    assert (resident.name, resident.first_name, resident.kana) == ("鈴木 花子", "花子", "スズキ ハナコ")
    assert (resident.phone, resident.language) == ("+818011112222", Language.EN)
    assert (resident.day0, resident.birth_date, resident.at_risk) == (date(2022, 9, 9), date(1950, 4, 1), True)


def test_who_has_a_phone_of_their_own_writes_from_it_and_everybody_else_from_the_first():
    entries = parsed(f"{TARO}\n{HANAKO}\n花子> a\n太郎> b\n住民> c\nunknown 080-9999-0000> d\n").entries
    assert [entry.phone for entry in entries[2:]] == ["+818011112222", "+819012345678", "+819012345678", STRANGER]


def test_the_bot_and_a_check_may_name_another_phone():
    entries = parsed(f"{TARO}\nbot to 080-9999-0000> はい\ncheck 080-9999-0000> no-call\n").entries
    assert [entry.phone for entry in entries[1:]] == [STRANGER, STRANGER]


@pytest.mark.parametrize("line", ["住民>", "住民> "])
def test_an_empty_text_is_a_text(line):
    assert parsed(f"{TARO}\n{line}\n").entries[1].text == ""


def test_a_long_text_is_written_short():
    assert parsed(f'{TARO}\n住民> {{"text": "あい", "repeat": 3}}\n').entries[1].text == "あいあいあい"


def test_a_dialogue_in_a_programs_folder_runs_on_that_program():
    assert parsed(TARO, "influenza").program == "influenza"
    assert parsed(TARO).program == DEFAULT_PROGRAM


@pytest.mark.parametrize(
    "text, line",
    [
        ("", 1),
        (f"{TARO}\nなにか\n", 2),
        ("住民> 1\n", 1),
        ("bot> はい\n", 1),
        (f"{TARO}\n--- yesterday\n", 2),
        (f"{TARO}\n--- +\n", 2),
        (f"{TARO}\n--- 2022-09-01 09:00\n", 2),
        (f"{TARO}\n--- 2022-02-30 09:00\n", 2),
        (f"{TARO}\nstaff> dance\n", 2),
        (f"{TARO}\nbot to everybody> はい\n", 2),
        (f"{TARO}\nprogram: influenza\n", 2),
        (f'{TARO}\n住民> {{"text": "あ", "repeat": 100000000}}\n', 2),
        (f'{TARO}\n住民> {{"text": "あ\n', 2),
        ("resident: 山田 太郎\n", 1),
        ("resident: 山田 太郎 / ヤマダ / 12 / ja / onset 2022-09-08\n", 1),
        ("resident: 山田 太郎 / ヤマダ / 090-1234-5678 / fr / onset 2022-09-08\n", 1),
        ("resident: 山田 太郎 / ヤマダ / 090-1234-5678 / ja / onset 2022-19-08\n", 1),
        ("resident: 山田 太郎 / ヤマダ / 090-1234-5678 / ja / born 2022-09-08\n", 1),
        (f"{TARO} / tall\n", 1),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text, line):
    assert line in issue_lines(text)


def test_a_dialogue_in_a_programs_folder_cannot_name_another():
    assert issue_lines(f"program: influenza\n{TARO}\n", "measles-contact") == [1]


LINES = st.one_of(
    st.sampled_from([
        TARO, HANAKO, "bot> はい", "住民> 1", "unknown 080-9999-0000> 1", "check> step=daily", "staff> close 1", "",
        "# 題", "--- +1h", "start: 2022-09-10 10:00", "program: influenza", "  つづき", "bot to 080-9999-0000> はい",
        '住民> {"text": "a", "repeat": 9}',
    ]),
    st.text(max_size=30),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=12).map("\n".join))
@example("--- +999d\n" * 3 + TARO)
@example("resident: " + "/" * 50)
@example("住民> " + "[" * 5000)
@example('住民> {"text"' + "[" * 5000)
def test_no_text_breaks_the_parser(text):
    dialogue, issues = parse_dialogue("x.txt", text)
    lines = text.split("\n")
    assert dialogue.lines == lines
    for issue in issues:
        assert 1 <= issue.line <= len(lines)
        assert issue.ja.endswith("。")
    moments = [entry.moment for entry in dialogue.entries if isinstance(entry, Pass)]
    assert moments == sorted(moments)


TEXT_LINES = st.text(st.characters(blacklist_categories=["C", "Z"]), min_size=1, max_size=12)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(TEXT_LINES, st.just("")), min_size=1, max_size=5))
def test_a_text_of_several_lines_comes_back_as_it_was(lines):
    text = "\n".join(lines).strip("\n")
    if not text or text.startswith("{"):
        return
    written = "\n".join("  " + line if line else "" for line in text.split("\n"))[2:]
    assert parsed(f"{TARO}\nbot> {written}\n住民> 1\n").entries[1].text == text


def test_dialogues_lie_in_the_common_folder_and_in_those_of_programs(folder):
    files = dialogue_files(folder.path, "influenza")
    assert {program for _, program in files} == {None, "influenza"}
    assert {path.parent.parent.name for path, _ in files} == {"common", "influenza"}
