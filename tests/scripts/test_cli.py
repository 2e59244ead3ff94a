"""The commands, run as a manager runs them."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from bot.scripts.cli import app

PROGRAM = "influenza"


@pytest.fixture
def script(folder):
    def run(*arguments, stdin=None):
        return CliRunner().invoke(app, [*arguments, "--conversations", str(folder.path)], input=stdin)

    return run


def test_check_of_sound_scripts_says_so_and_ends_with_0(script):
    result = script("check")
    assert result.exit_code == 0
    assert "0 errors" in result.stdout


def test_check_of_a_broken_script_names_file_line_and_sentence_and_ends_with_1(script, folder):
    line = folder.change("common/script.yaml", "say: welcome,", "say: wellcome,")
    result = script("check")
    assert result.exit_code == 1
    assert f"common/script.yaml:{line}: エラー [missing-text]" in result.stdout
    assert "The text “wellcome” is written in no language." in result.stdout


def test_warnings_alone_end_with_0(script, folder):
    folder.append(f"{PROGRAM}/texts/ja.yaml", "forgotten: はい\n")
    result = script("check", PROGRAM)
    assert result.exit_code == 0
    assert "1 warnings" in result.stdout


def test_check_writes_json_for_programs(script, folder):
    line = folder.change(f"{PROGRAM}/program.yaml", "days: 5", "days: five")
    result = script("check", PROGRAM, "--json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (report["programs"], report["errors"]) == ([PROGRAM], 1)
    (issue,) = report["issues"]
    assert (issue["severity"], issue["code"], issue["line"]) == ("error", "wrong-value", line)
    assert issue["file"] == f"{PROGRAM}/program.yaml"
    assert issue["ja"]
    assert issue["en"]


def test_check_shows_how_long_texts_become(script):
    texts = json.loads(script("check", PROGRAM, "--json", "--segments").stdout)["texts"]
    (touch,) = [text for text in texts if (text["language"], text["key"]) == ("ja", "first_touch")]
    assert 1 < touch["segments"] <= 4
    assert touch["encoding"] == "UCS-2"
    assert "通分" in script("check", PROGRAM, "--segments").stdout


def test_an_unknown_program_or_folder_is_told_in_a_sentence(script):
    result = script("check", "plague")
    assert result.exit_code == 2
    assert "There is no program plague" in result.stderr
    result = CliRunner().invoke(app, ["check", "--conversations", "/nowhere"])
    assert result.exit_code == 2
    assert "/nowhere" in result.stderr


def test_the_folder_can_come_from_the_environment(folder):
    result = CliRunner().invoke(app, ["check", PROGRAM], env={"MIMAMORI_CONVERSATIONS": str(folder.path)})
    assert result.exit_code == 0
    result = CliRunner().invoke(app, ["check"], env={"MIMAMORI_CONVERSATIONS": "/nowhere"})
    assert result.exit_code == 2


def test_graph_prints_mermaid(script):
    result = script("graph", PROGRAM)
    assert result.exit_code == 0
    assert result.stdout.startswith("stateDiagram-v2\n")


def test_a_script_that_does_not_load_is_told_by_every_command(script, folder):
    line = folder.change(f"{PROGRAM}/program.yaml", "days: 5", "days: five")
    for command in ("graph", "chat"):
        result = script(command, PROGRAM)
        assert result.exit_code == 1
        assert f"{PROGRAM}/program.yaml:{line}" in result.stderr
        assert "Traceback" not in result.stderr


def test_chat_talks_through_a_pipe(folder):
    command = [sys.executable, "-c", "from bot.scripts.cli import app; app()", "chat", PROGRAM]
    where = ["--conversations", str(folder.path), "--start", "2022-09-10 10:00"]
    talk = b"1\n:wait 24h\n2 37.8\n" + b"\xff\xfe\n" + b":state\n"
    done = subprocess.run([*command, *where], input=talk, capture_output=True, check=True, timeout=60)
    shown = done.stdout.decode()
    assert "report=2022-09-11" in shown
    assert done.stderr == b""


def test_chat_refuses_a_start_that_is_no_moment(script):
    result = script("chat", PROGRAM, "--start", "tomorrow")
    assert result.exit_code == 2
    assert "--start" in result.stderr


def test_test_plays_the_dialogues_and_shows_the_first_difference(script, folder):
    for path in folder.path.glob("*/dialogues/*.txt"):
        path.unlink()
    name = f"{PROGRAM}/dialogues/new.txt"
    folder.write(
        name, "# 例\nresident: 山田 太郎 / ヤマダ タロウ / 090-1234-5678 / ja / onset 2022-09-08\nbot> こんにちは\n"
    )
    result = script("test", PROGRAM)
    assert result.exit_code == 1
    assert f"✗ {name}" in result.stdout
    assert f"{name}:3:" in result.stdout
    assert "  - bot> こんにちは" in result.stdout
    assert "  + bot> 【さくら市保健所】" in result.stdout
    assert "0 of 1 dialogues pass" in result.stdout
    assert script("test", PROGRAM, "--update").exit_code == 0
    result = script("test")
    assert result.exit_code == 0
    assert f"✓ {name}  例" in result.stdout
    assert "1 of 1 dialogues pass" in result.stdout
