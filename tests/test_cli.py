"""The command line: what a person can mend is told in a sentence with exit code 1, never with a traceback."""

import asyncio
import json
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text

from bot import cli
from bot.storage.database import Database
from bot.storage.keys import Keyring
from bot.storage.migrate import migrate
from tests.support.child import mimamori

DEMO = ("demo", "--port", "0", "--no-samples")


def run(*arguments, **how):
    """Exit code and what was said, of a command that is expected to end."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("MIMAMORI_")}
    env |= {"PYTHONUTF8": "1", **how.pop("env", {})}
    done = subprocess.run(
        mimamori(*arguments), capture_output=True, text=True, timeout=120, check=False, env=env,
        stdin=subprocess.DEVNULL, **how,
    )  # fmt: skip
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return done.returncode, done.stderr + done.stdout


def refused(code, told):
    """The two sentences of a refusal."""
    assert code == 1, told
    sentences = [line for line in told.splitlines() if line.startswith("mimamori: ")]
    assert len(sentences) == 2, told
    return told


@pytest.fixture
def refusal(monkeypatch, capfd):
    """The same of a command that is run in this process, which is quicker."""

    def main(*arguments, env=None):
        monkeypatch.setattr(sys, "argv", ["mimamori", *map(str, arguments)])
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as end:
            cli.main()
        told = capfd.readouterr()
        return refused(end.value.code, told.out + told.err)

    yield main
    structlog.reset_defaults()
    logging.getLogger("aiohttp").setLevel(logging.NOTSET)


def make_data(folder, *statements):
    """What a first start leaves behind, and what is done to it then."""

    async def make():
        database = Database(f"sqlite:///{folder / 'mimamori.sqlite3'}", Keyring.load_or_create(folder / "keys.json"))
        await migrate(database)
        async with database.write() as tx:
            for statement in statements:
                await tx.run(text(statement))
        await database.close()

    asyncio.run(make())


def test_the_version_is_told():
    code, told = run("--version")
    assert code == 0
    assert told.startswith("mimamori ")


def test_help_is_told_and_an_unknown_command_is_a_mistake():
    code, told = run("--help")
    assert code == 0
    for command in ("demo", "serve", "triage", "staff", "script"):
        assert command in told
    assert run("dance")[0] == 2


def test_a_port_in_use_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = refused(*run("demo", "--data", tmp_path, "--port", str(port)))
    assert str(port) in told
    assert "--port" in told


def test_a_second_process_on_a_folder_is_refused_and_the_first_goes_on(child, tmp_path):
    first = child(*DEMO, "--data", tmp_path, ready="Ready")
    assert str(tmp_path) in refused(*run(*DEMO, "--data", tmp_path))
    assert first.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_in_good_order_when_told_to(child, tmp_path, number):
    running = child(*DEMO, "--data", tmp_path, ready="Ready")
    running.send(number)
    assert running.wait(seconds=60) == 0
    assert "Traceback" not in running.output
    assert "stopped" in running.output


def test_a_folder_that_cannot_be_written_is_named(refusal, tmp_path):
    (tmp_path / "file").touch()
    assert "file" in refusal(*DEMO, "--data", tmp_path / "file" / "data")
    if os.geteuid() != 0:
        (tmp_path / "locked").mkdir(mode=0o500)
        assert "locked" in refusal(*DEMO, "--data", tmp_path / "locked" / "data")


def test_a_disk_that_is_full_at_the_start_is_told(tmp_path):
    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    refused(*run(*DEMO, "--data", tmp_path, preexec_fn=no_room))


def test_a_newer_database_is_refused(refusal, tmp_path):
    make_data(tmp_path, "UPDATE alembic_version SET version_num = '9999'")
    assert "9999" in refusal(*DEMO, "--data", tmp_path)


def test_a_key_file_of_another_database_is_refused(refusal, tmp_path):
    make_data(tmp_path)
    (tmp_path / "keys.json").unlink()
    assert "key file" in refusal(*DEMO, "--data", tmp_path)


def test_a_broken_key_file_is_named(refusal, tmp_path):
    (tmp_path / "keys.json").write_text("{}")
    assert "keys.json" in refusal(*DEMO, "--data", tmp_path)


def test_a_database_file_that_is_none_is_refused(refusal, tmp_path):
    (tmp_path / "mimamori.sqlite3").write_bytes(b"a letter " * 1000)
    assert "database" in refusal(*DEMO, "--data", tmp_path)


@pytest.mark.parametrize("name, value", [("MIMAMORI_PORT", "eighty"), ("MIMAMORI_PROT", "1")])
def test_a_wrong_setting_is_named(refusal, tmp_path, name, value):
    assert name in refusal(*DEMO, "--data", tmp_path, env={name: value})


def test_a_broken_settings_file_is_named(refusal, tmp_path):
    (tmp_path / "my.toml").write_text("port = ")
    assert "my.toml" in refusal("serve", "--config", tmp_path / "my.toml")


def test_a_broken_script_is_named_with_its_line(refusal, tmp_path):
    folder = tmp_path / "conversations"
    (folder / "covid19-2023-05-08").mkdir(parents=True)
    (folder / "covid19-2023-05-08" / "program.yaml").write_text("title: [", encoding="utf-8")
    (folder / "reading").symlink_to(Path(__file__).parents[1] / "conversations" / "reading")
    told = refusal(*DEMO, "--data", tmp_path / "data", env={"MIMAMORI_CONVERSATIONS": str(folder)})
    assert "program.yaml:1" in told


def test_a_folder_of_scripts_that_is_not_there_is_named(refusal, tmp_path):
    told = refusal(*DEMO, "--data", tmp_path, env={"MIMAMORI_CONVERSATIONS": str(tmp_path / "nowhere")})
    assert "nowhere" in told


SERVE = {"MIMAMORI_CARRIER_URL": "http://127.0.0.1:9", "MIMAMORI_PORT": "0"}


def test_an_installation_needs_a_carrier(refusal, tmp_path):
    assert "gateways" in refusal("serve", env={"MIMAMORI_DATA_DIR": str(tmp_path)})


def test_an_installation_without_a_road_says_that_it_cannot_send(child, tmp_path, free_port):
    (tmp_path / "gateways").mkdir()
    env = {"MIMAMORI_DATA_DIR": str(tmp_path / "data"), "MIMAMORI_GATEWAYS": str(tmp_path / "gateways")}
    running = child("serve", ready="Ready", env={**env, "MIMAMORI_PORT": str(free_port)})
    running.wait_for("No road can send texts yet", seconds=60)
    assert running.stop(seconds=60) == 0
    assert "docs/gateways.md" in running.output


def test_an_installation_waits_for_a_database_that_is_not_there_yet(child, tmp_path, free_port):
    url = f"postgresql+asyncpg://nobody@127.0.0.1:{free_port}/nothing"
    waiting = child(
        "serve", ready=None, env={**SERVE, "MIMAMORI_DATA_DIR": str(tmp_path), "MIMAMORI_DATABASE_URL": url}
    )
    waiting.wait_for("database_away", seconds=60)
    assert waiting.stop(seconds=60) == 0
    assert "Traceback" not in waiting.output


@pytest.mark.parametrize("wrong", ["no such database", "no such user", "no number as port"])
def test_a_database_that_can_never_be_used_is_told(refusal, tmp_path, postgres_url, wrong):
    url = {
        "no such database": postgres_url + "_not_there",
        "no such user": postgres_url.replace("mimamori@", "stranger@"),
        "no number as port": "postgresql+asyncpg://nobody@127.0.0.1:five/nothing",
    }[wrong]
    refusal("serve", env={**SERVE, "MIMAMORI_DATA_DIR": str(tmp_path), "MIMAMORI_DATABASE_URL": url})


def test_an_installation_whose_port_is_taken_says_so(refusal, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "port" in refusal("serve", env={**SERVE, "MIMAMORI_DATA_DIR": str(tmp_path), "MIMAMORI_PORT": port})


def test_logs_are_json_lines_without_anything_personal(child, tmp_path):
    running = child(*DEMO, "--data", tmp_path, ready="Ready")
    running.stop()
    logged = [json.loads(line) for line in running.lines if line.startswith("{")]
    assert {"event", "level", "timestamp"} <= set(logged[0])
    assert sys.executable not in running.output
