"""People who visit the demo, and programs that drive it."""

import contextlib
import itertools
import re
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
from axe_playwright_python.async_playwright import Axe
from sqlalchemy import select

from bot.settings import Settings
from bot.storage.accounts import DEMO_PASSWORD
from bot.storage.database import Database
from bot.storage.keys import Keyring

TARO, HANAKO, KEN = "+819011110001", "+819011110002", "+819011110003"
NAMES = {
    TARO: ("山田 太郎", "ヤマダ タロウ"),
    HANAKO: ("鈴木 花子", "スズキ ハナコ"),
    KEN: ("田中 健", "タナカ ケン"),
}
PROGRAM = "influenza"
PATIENCE = 4
"""Times that a busy machine is asked whether all has come to rest."""


@dataclass
class Answer:
    """What a visitor got; ``text`` is the page without its HTML entities."""

    status: int
    path: str
    html: str
    headers: Any

    @property
    def text(self) -> str:
        return unescape(self.html)


@dataclass
class Visitor:
    """A person with a browser that knows forms but no JavaScript."""

    url: str
    http: aiohttp.ClientSession
    csrf: str = ""

    async def get(self, path: str, **how: Any) -> Answer:
        async with self.http.get(self.url + path, **how) as answer:
            return await self._read(answer)

    async def post(self, path: str, fields: dict[str, str] | None = None, **how: Any) -> Answer:
        data = {"csrf": self.csrf, **(fields or {})}
        async with self.http.post(self.url + path, data=data, **how) as answer:
            return await self._read(answer)

    async def sign_in(self, login: str, password: str = DEMO_PASSWORD, target: str = "/console/") -> Answer:
        if not self.csrf:
            await self.get("/console/login")
        return await self.post("/console/login", {"login": login, "password": password, "next": target})

    async def confirm(self, path: str, fields: dict[str, str]) -> Answer:
        """Post a form, and then the confirmation that it leads to."""
        asked = await self.post(path, fields)
        assert asked.status == 200, asked.text
        return await self.post(path, {**fields, "once": once(asked), "confirmed": "1"})

    async def _read(self, answer: aiohttp.ClientResponse) -> Answer:
        html = await answer.text() if "text" in answer.content_type or "json" in answer.content_type else ""
        found = re.search(r'name="csrf" value="([^"]+)"', html)
        self.csrf = found[1] if found else self.csrf
        return Answer(answer.status, answer.url.path, html, answer.headers)


@dataclass
class Demo:
    """A running demo, driven as programs drive it."""

    url: str
    data: Path
    http: aiohttp.ClientSession
    stack: contextlib.AsyncExitStack
    ids: Any = field(default_factory=itertools.count)

    async def call(self, method: str, path: str, data: Any = None) -> Any:
        async with self.http.request(method, self.url + path, json=data) as answer:
            body = await answer.json()
            assert answer.ok, body
            return body

    async def enrol(self, phone: str, **fields: Any) -> None:
        name, kana = NAMES.get(phone, ("山田 花", "ヤマダ ハナ"))
        resident = {"name": name, "kana": kana, "phone": phone, "program": PROGRAM, **fields}
        await self.call("POST", "/demo/api/residents", resident)
        await self.settle()

    async def text(self, phone: str, text: str) -> None:
        data = {"id": f"t{next(self.ids)}", "from": phone, "to": "+815000000000", "text": text}
        await self.call("POST", "/webhook/sandbox/demo", data)
        await self.settle()

    async def consented(self, phone: str, **fields: Any) -> None:
        """A resident who is monitored."""
        await self.enrol(phone, **fields)
        await self.text(phone, "1")

    async def advance(self, by: str) -> None:
        await self.call("POST", "/demo/api/clock", {"advance": by})

    async def settle(self) -> None:
        answers = [await self.call("POST", "/demo/api/settle")]
        while not answers[-1]["settled"] and len(answers) < PATIENCE:  # each call waits ten seconds at most
            answers.append(await self.call("POST", "/demo/api/settle"))
        assert answers[-1]["settled"], answers[-1]["left"]

    async def staff(self, action: str, phone: str, **fields: str) -> None:
        await self.call("POST", f"/demo/api/staff/{action}", {"phone": phone, **fields})
        await self.settle()

    async def state(self, phone: str) -> Any:
        return await self.call("GET", f"/demo/api/conversations/{phone}")

    async def sent(self, phone: str) -> list[str]:
        """The texts that the phone got."""
        messages = await self.call("GET", f"/demo/api/phones/{phone}/messages")
        return [message["text"] for message in messages if message["direction"] == "out"]

    async def visitor(self) -> Visitor:
        jar = aiohttp.CookieJar(unsafe=True)  # of an address without a name
        return Visitor(self.url, await self.stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar)))

    async def signed_in(self, login: str = "nurse") -> Visitor:
        visitor = await self.visitor()
        assert (await visitor.sign_in(login)).path == "/console/"
        return visitor

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, opened with the demo's keys."""
        settings = Settings(data_dir=self.data)
        database = Database(settings.database, Keyring.load_or_create(settings.keys))
        try:
            async with database.read() as tx:
                return [dict(row) for row in await tx.all(select(getattr(tx.t, table)))]
        finally:
            await database.close()


def once(page: Answer) -> str:
    """The token of a confirmation page."""
    found = re.search(r'name="once" value="([^"]+)"', page.html)
    assert found, page.text
    return found[1]


def links(page: Answer) -> list[str]:
    """The conversations that a page leads to, in order."""
    return re.findall(r'class="queue-open"[^>]* href="([^"]+)"', page.html)


async def violations(page):
    """What axe finds, by rule and place."""
    found = await Axe().run(page)
    return [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found.response["violations"]]
