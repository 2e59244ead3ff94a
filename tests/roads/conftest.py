"""A folder of accounts, and the command line run in this process."""

import pytest
from typer.testing import CliRunner

from bot.cli import app

KEY = "0123456789abcdef0123"
KANNEL = {
    "kind": "kannel", "sender": "+815055550100", "public_url": "https://sms.city.sakura.lg.jp",
    "sendsms_url": "http://127.0.0.1:1/cgi-bin/sendsms", "username": "mimamori", "password": "env:ROAD_PASSWORD",
    "key": "env:ROAD_KEY",
}  # fmt: skip


def toml(values):
    """A TOML file of texts and numbers."""
    shown = {name: f'"{value}"' if isinstance(value, str) else value for name, value in values.items()}
    return "".join(f"{name} = {value}\n" for name, value in shown.items())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of accounts; their secrets are in the environment, which has no settings of ours."""
    monkeypatch.setenv("ROAD_PASSWORD", "opensesame-1")
    monkeypatch.setenv("ROAD_KEY", KEY)
    for name in ("MIMAMORI_CONFIG", "MIMAMORI_GATEWAYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MIMAMORI_DATA_DIR", str(tmp_path / "data"))
    where = tmp_path / "gateways"
    where.mkdir()
    return where


@pytest.fixture
def put(folder):
    """Writes an account's file: Kannel's with what is given changed."""

    def write(name, **given):
        values = given if "kind" in given else {**KANNEL, **given}
        (folder / f"{name}.toml").write_text(toml(values), encoding="utf-8")

    return write


@pytest.fixture
def gateway(folder):
    """Runs ``mimamori gateway …`` on that folder: exit code and all that was said."""

    def run(*arguments, input=None):  # noqa: A002  # as CliRunner calls it
        done = CliRunner().invoke(app, ["gateway", *arguments, "--folder", str(folder)], input=input)
        problem = done.exception if not isinstance(done.exception, SystemExit) else None
        return (1 if problem else done.exit_code), f"{done.output}{problem or ''}"

    return run
