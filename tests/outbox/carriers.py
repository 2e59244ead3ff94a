"""Several simulated providers on loopback, and a house that sends by all of them."""

import contextlib
from datetime import date

from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from bot.gateways.sandbox import SandboxAccount, SandboxGateway
from bot.outbox.limits import Limits
from bot.outbox.router import Router
from bot.outbox.sender import Sender
from bot.residents.roster import NewResident
from bot.storage.roads import road_states

PHONES = [f"+8190123456{number:02}" for number in range(12)]
PHONE = PHONES[0]


class Provider:
    """Answers each submission with ``answer``: a status, "hangs up" (it took the text), or the id of a taken text."""

    def __init__(self):
        self.answer = 200
        self.asked = 404
        self.took = []
        self.tries = 0

    async def take(self, request):
        data = await request.json()
        self.tries += 1
        if self.answer == "hangs up":
            self.took.append(data)
            request.transport.abort()
        elif self.answer == 200:
            self.took.append(data)
            return web.json_response({"id": f"m{len(self.took)}"})
        return web.Response(status=self.answer if isinstance(self.answer, int) else 500)

    async def tell(self, _request):
        return web.Response(status=self.asked)

    @property
    def texts(self):
        return [data["text"] for data in self.took]

    @property
    def phones(self):
        return [data["to"] for data in self.took]


class Mute(SandboxGateway):
    """A gateway whose provider cannot be asked about earlier texts."""

    async def ask(self, _text, _message_id):
        return None


@contextlib.asynccontextmanager
async def providers(house, *settings, kind=Mute, **limits):
    """Let the house send by as many providers as there are ``settings`` (of their accounts ``a``, ``b`` …)."""
    async with contextlib.AsyncExitStack() as stack:
        found, gateways = [], []
        for name, given in zip("abcd", settings, strict=False):
            provider, app = Provider(), web.Application()
            app.router.add_post("/messages", provider.take)
            app.router.add_get("/messages/{reference}", provider.tell)
            server = TestServer(app)
            await server.start_server()
            stack.push_async_callback(server.close)
            url = str(server.make_url("")).rstrip("/")
            about = {"kind": "sandbox", "account": name, "sender": "+815012345678", "url": url, "order": len(found)}
            gateway = kind(SandboxAccount(**{**about, "rate": 1000, "burst": 1000, **given}))
            stack.push_async_callback(gateway.close)
            found.append(provider)
            gateways.append(gateway)
        house.sender = sender_of(house, gateways, **limits)
        yield found


def sender_of(house, gateways, rates=None, **limits):
    service = house.service
    return Sender(service.database, Router(gateways), house.clock, service.bells, Limits(**limits), rates)


async def enrol(house, *phones):
    """Residents of whom each gets a first text; nothing moves yet."""
    for phone in phones:
        about = ("山田 太郎", "ヤマダ タロウ", phone, "covid19-2022-09-07")
        await house.service.roster.enrol(NewResident(*about, day0=date(2022, 9, 9)))
    await house.worker.step()


async def outbox(house, *columns):
    async with house.service.database.read() as tx:
        table = tx.t.outbox
        rows = await tx.all(select(*(table.c[name] for name in columns)).order_by(table.c.id))
    return [tuple(row.values()) if len(columns) > 1 else row[columns[0]] for row in rows]


async def life(house, number=0):
    """(state, road) of each event of a text, the oldest first."""
    async with house.service.database.read() as tx:
        texts = list((await tx.run(select(tx.t.outbox.c.id).order_by(tx.t.outbox.c.id))).scalars())
        events = tx.t.text_events
        rows = await tx.all(select(events).where(events.c.outbox_id == texts[number]).order_by(events.c.id))
    return [(row["state"], row["road"]) for row in rows]


async def roads(house):
    async with house.service.database.read() as tx:
        return await road_states(tx)
