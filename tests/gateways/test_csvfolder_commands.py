"""``mimamori gateway take`` and ``check-file``, run as an operator runs them."""

import asyncio
import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from typer.testing import CliRunner

from bot.cli import app as command_line
from bot.domain.errors import InvalidInput, MimamoriError
from bot.domain.messages import Outbound
from bot.gateways.csvfolder_sign import manifest_of
from bot.gateways.registry import load_account
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.keys import Keyring

ACCOUNT = 'kind = "csvfolder"\nsender = "+815000000000"\nkey = "env:CSV_KEY"\n'
REPLIES = "返信元番号,返信本文,返信日時\r\n09012345678,はい,2026/11/20 12:31\r\n09012345678,x\r\n"


@pytest.fixture
def roads(tmp_path, monkeypatch):
    """A folder of accounts with one hand-off, and an installation's data folder."""
    monkeypatch.setenv("CSV_KEY", "a secret of the center")
    monkeypatch.setenv("MIMAMORI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("MIMAMORI_GATEWAYS", str(tmp_path / "roads"))
    (tmp_path / "roads").mkdir()
    (tmp_path / "roads" / "vendor.toml").write_text(f'{ACCOUNT}folder = "{tmp_path / "handoff"}"\n')
    (tmp_path / "replies.csv").write_bytes(REPLIES.encode("cp932"))
    return tmp_path


def run(*arguments, said=""):
    return CliRunner().invoke(command_line, ["gateway", *map(str, arguments)], input=said)


def inbox(folder):
    async def rows():
        settings = Settings(data_dir=folder / "data")
        database = Database(settings.database, Keyring.load_or_create(settings.keys))
        try:
            async with database.read() as tx:
                return [json.loads(row["payload"])["text"] for row in await tx.all(select(tx.t.inbox))]
        finally:
            await database.close()

    return asyncio.run(rows())


def test_an_export_is_shown_and_then_taken_once(roads):
    told = run("take", roads / "replies.csv", "--account", "vendor", said="y\n")
    assert told.exit_code == 0, told.output
    assert "new 1" in told.output
    assert "line 3" in told.output
    assert "はい" not in told.output
    assert "1 replies (0 of them known)" in told.output
    told = run("take", roads / "replies.csv", "--account", "vendor", "--yes")
    assert "known 1" in told.output
    assert inbox(roads) == ["はい"]
    assert (roads / "replies.csv").exists()


def test_nothing_is_taken_without_a_yes(roads):
    told = run("take", roads / "replies.csv", "--account", "vendor", said="n\n")
    assert told.exit_code == 1
    assert load_account(roads / "roads" / "vendor.toml").inbox.waiting() == []


def test_a_file_that_is_no_export_and_another_account_are_told(roads):
    (roads / "other.csv").write_text("a,b\n1,2\n")
    for arguments in (
        ("take", roads / "other.csv", "--account", "vendor"),
        ("take", roads / "nothing.csv", "--account", "vendor"),
        ("take", roads / "replies.csv", "--account", "other"),
    ):
        assert isinstance(run(*arguments, "--yes").exception, MimamoriError)


@pytest.mark.parametrize("signed_by", ["hmac", "ed25519"])
def test_a_file_to_carry_is_checked(roads, monkeypatch, signed_by):
    file = roads / "roads" / "vendor.toml"
    if signed_by == "ed25519":
        private = base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()
        monkeypatch.setenv("CSV_SIGN", private)
        file.write_text(file.read_text() + 'signing_key = "env:CSV_SIGN"\n')
    road = load_account(file)
    asyncio.run(road.send(Outbound("ref1", "+819012345678", "はい")))
    asyncio.run(road.make_files(at_once=True))
    (made,) = road.spool.out.glob("*.csv")
    for more in ([], ["--public-key", road.signer.public_key] if road.signer.public_key else []):
        told = run("check-file", made, *more)
        assert (told.exit_code, "1 rows" in told.output) == (0, True), told.output
    made.write_bytes(made.read_bytes() + b" ")
    assert isinstance(run("check-file", made).exception, InvalidInput)
    manifest_of(made).unlink()
    assert isinstance(run("check-file", made).exception, InvalidInput)
