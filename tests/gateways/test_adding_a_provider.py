"""Adding a provider means one file, one table test and one TOML example: done in a copy of the house, and counted.

In the copy nothing else is changed; then the registry, the command line, the webhook, the quarantine, the sender, the
sender's page and the tests of the documentation know the new provider.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("bot", "config", "docs", "tests", "pyproject.toml", "README.md", "CHANGELOG.md")

GATEWAY = '''"""Pigeon post: letters as JSON, a shared word as proof."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from pydantic import Field

from bot.domain.messages import Inbound, Outbound, Outcome, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.account import Account, Secret
from bot.gateways.base import BaseGateway, by_status, needed, needed_id, read_object, refused

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.gateway import WebRequest

_STATES = {"landed": TextState.DELIVERED, "flying": TextState.ACCEPTED}


class PigeonAccount(Account):
    loft: str = Field(pattern=r"^https?://", description="Address of the loft")
    word: Secret = Field(description="The word that the loft shows us")


class PigeonGateway(BaseGateway[PigeonAccount]):
    settings = PigeonAccount

    async def verify(self, request: WebRequest, now: datetime) -> None:
        if not hmac.compare_digest(request.header("x-word"), self.mine.word.get_secret_value()):
            raise refused("credentials")

    def parse_inbound(self, request: WebRequest) -> list[Inbound]:
        data = read_object(request.body)
        who, text = needed(data, "from"), needed(data, "text")
        return [Inbound(needed_id(data, "id"), who, self.mine.sender, text, request.body)]

    def parse_receipts(self, request: WebRequest) -> list[Receipt]:
        data = read_object(request.body)
        said = needed(data, "state")
        return [Receipt(needed_id(data, "id"), _STATES.get(said, TextState.UNKNOWN), said)]

    async def send(self, text: Outbound) -> Submitted:
        data = {"to": text.recipient, "letter": text.text, "mark": text.reference}
        return await self.submit(f"{self.mine.loft}/letters", _taken, json=data)


def _taken(status: int, body: bytes) -> Submitted:
    return Submitted(Outcome.ACCEPTED, str(read_object(body)["ring"])) if status == 200 else by_status(status)
'''
EXAMPLE = """\
# 伝書鳩の見本 / Pigeon post
kind = "pigeon" # 種類 / the gateway
sender = "+815099990000" # 差出人 / the sender
public_url = "https://sms.city.sakura.lg.jp" # この施設のアドレス / our address
loft = "http://127.0.0.1:1" # 鳩小屋のアドレス / address of the loft
word = "env:PIGEON_WORD" # 合言葉 / the shared word
"""
TABLE = """import pytest

from bot.domain.messages import Inbound, Receipt
from bot.domain.states import TextState
from tests.gateways.kit import Case, make_gateway, post

BODY = b'{"id": "p1", "from": "+819012345678", "text": "hello"}'
WORD = {"X-Word": "coo-coo-coo-coo"}
CASES = [
    Case("a text", post("/webhook/pigeon/main", BODY, WORD),
         texts=[Inbound("p1", "+819012345678", "+815012345678", "hello", BODY)]),
    Case("a receipt", post("/webhook/pigeon/main/receipts", b'{"id": "r1", "state": "landed"}', WORD),
         receipts=[Receipt("r1", TextState.DELIVERED, "landed")]),
    Case("without the word", post("/webhook/pigeon/main", BODY), refused="credentials"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_comes_in(case, monkeypatch):
    monkeypatch.setenv("PIGEON_WORD", "coo-coo-coo-coo")
    await case.check(make_gateway("pigeon", loft="http://127.0.0.1:1", word="env:PIGEON_WORD"))
"""
ADDED = {
    "bot/gateways/pigeon.py": GATEWAY,
    "config/gateways/pigeon.toml": EXAMPLE,
    "tests/gateways/test_pigeon.py": TABLE,
}
DRIVE = '''"""The whole way of a text: in by the webhook, out by the loft, its receipt, its pages."""

import asyncio
import sys
from pathlib import Path

import bot
from bot.storage.conversations import find_conversation
from bot.storage.refused import refused_summary
from bot.web.public.senders import senders_of
from sqlalchemy import select
from tests.gateways.kit import provider, says
from tests.support.house import open_house

HERE, FOLDER = Path.cwd(), Path(sys.argv[1])
assert Path(bot.__file__).is_relative_to(HERE), bot.__file__
LETTER = {"id": "p1", "from": "+819012345678", "text": "息ができない"}  # the one thing that strangers are answered
WORD = {"X-Word": "coo-coo-coo-coo"}


async def main():
    async with provider(says(200, b'{"ring": "ring-1"}')) as (loft, there):
        text = (HERE / "config" / "gateways" / "pigeon.toml").read_text(encoding="utf-8")
        (FOLDER / "main.toml").write_text(text.replace("http://127.0.0.1:1", loft) + "order = 1\\n", encoding="utf-8")
        async with open_house(f"sqlite:///{FOLDER}/house.db", FOLDER, gateways=FOLDER) as house:
            service = house.service
            async with house.http.post(f"{house.url}/webhook/pigeon/main", json=LETTER) as answer:
                assert answer.status in (401, 403), answer.status
            async with house.http.post(f"{house.url}/webhook/pigeon/main", json=LETTER, headers=WORD) as answer:
                assert answer.status == 200, await answer.text()
            await house.rest()
            assert there.seen, "nothing was sent"
            receipt = {"id": "ring-1", "state": "landed"}
            door = f"{house.url}/webhook/pigeon/main/receipts"
            async with house.http.post(door, json=receipt, headers=WORD) as answer:
                assert answer.status == 200, await answer.text()
            async with service.database.read() as tx:
                assert await find_conversation(tx, "main", "+819012345678") is not None
                (held,) = await refused_summary(tx)
                rows = await tx.all(select(tx.t.outbox))
            assert (held.gateway, held.account, held.codes) == ("pigeon", "main", {"credentials": 1})
            assert {(row["road"], row["state"]) for row in rows} == {("pigeon/main", "delivered")}
            shown = [item.sender for item in senders_of("main", service.gateways.values())]
            assert "050-9999-0000" in shown, shown


asyncio.run(main())
print("driven")
'''


def fingerprints(folder):
    """Every file of the copy by its path."""
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def copy(tmp_path):
    """The house without its history, and what it holds."""
    where = tmp_path / "house"
    where.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, where / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, where / name)
    (where / "conversations").symlink_to(ROOT / "conversations")
    return where


def run(copy, *arguments):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MIMAMORI_", "PYTHONPATH"))}
    env = {**kept, "PYTHONPATH": str(copy), "PIGEON_WORD": "coo-coo-coo-coo", "PYTHONUTF8": "1",
           "PYTHONDONTWRITEBYTECODE": "1", "MIMAMORI_DATA_DIR": str(copy.parent / "data")}  # fmt: skip
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=env, capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_new_provider_is_one_file_one_table_and_one_example(copy, tmp_path):
    before = fingerprints(copy)
    for path, text in ADDED.items():
        assert path not in before
        (copy / path).write_text(text, encoding="utf-8")

    accounts = tmp_path / "accounts"
    accounts.mkdir()
    shutil.copy(copy / "config" / "gateways" / "pigeon.toml", accounts / "main.toml")
    listed = run(copy, "-m", "bot", "gateway", "list", "--folder", str(accounts))
    assert "pigeon" in listed
    assert "https://sms.city.sakura.lg.jp/webhook/pigeon/main/receipts" in listed
    tried = run(copy, "-m", "bot", "gateway", "try", "main", "--folder", str(accounts), "--text", "coo")
    assert '"letter": "coo"' in tried
    assert "3 passed" in run(copy, "-m", "pytest", "-q", "tests/gateways/test_pigeon.py")
    assert "failed" not in run(copy, "-m", "pytest", "-q", "tests/test_docs.py", "-k", "pigeon")
    driver = tmp_path / "drive.py"
    driver.write_text(DRIVE, encoding="utf-8")
    assert "driven" in run(copy, str(driver), str(accounts))

    after = fingerprints(copy)
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    assert {path for path in changed if not path.startswith((".cache/", ".hypothesis/"))} == set(ADDED)


def test_no_other_file_names_the_providers():
    """Whoever adds one has no list to extend: outside their own files, kinds are named nowhere in the program."""
    from bot.gateways.registry import kinds

    own = {kind for kind in kinds() if kind not in {"sandbox", "relay", "generic"}}
    naming = {
        (path.relative_to(ROOT).as_posix(), kind)
        for path in (ROOT / "bot").rglob("*.py")
        for kind in own
        if not path.name.startswith(kind) and f'"{kind}"' in path.read_text(encoding="utf-8")
    }
    allowed = {"csvfolder"}  # its page in the console and its commands are its own files
    assert {(path, kind) for path, kind in naming if kind not in allowed} == set()
