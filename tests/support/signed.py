"""A provider for tests of the core: signs the whole address and the body, brings texts and receipts in one request."""

import asyncio
import hashlib
import hmac
import json
from datetime import datetime, timedelta

from pydantic import SecretStr
from yarl import URL

from bot.domain.gateway import Abilities, Parsed
from bot.domain.messages import Inbound, Outcome, Part, Receipt, Submitted
from bot.domain.states import TextState
from bot.gateways.account import Account, Secret
from bot.gateways.base import BaseGateway, needed, read_object, refused

OUTSIDE = "https://sms.example.jp"
PATH = "/webhook/signed/main"
PHONE, OTHER = "+819012345678", "+819012345679"
_FRESH = timedelta(minutes=5)


class SignedAccount(Account):
    key: Secret


class SignedGateway(BaseGateway[SignedAccount]):
    """Its clock is in ``x-time``; ``brings`` is what it hands over when it is run or asked to look back."""

    settings = SignedAccount
    abilities = Abilities(can_look_back=True, standing=True)

    def __init__(self, account="main", key="k1", **given):
        data = {"kind": "signed", "account": account, "sender": "+815012345678", "public_url": OUTSIDE, **given}
        super().__init__(SignedAccount(key=SecretStr(key), **data))
        self.brings: asyncio.Queue = asyncio.Queue()
        self.list = Parsed()
        self.asked_since: list[datetime] = []

    async def verify(self, request, now):
        """401 without a user, 403 for the rest."""
        if request.header("x-user") == "stranger":
            raise refused("credentials")
        if request.header("x-crash"):
            raise ZeroDivisionError
        if not request.header("x-signature"):
            raise refused("unsigned")
        key = self.mine.key.get_secret_value()
        if not hmac.compare_digest(signature(key, request.url, request.body), request.header("x-signature")):
            raise refused("signature")
        if abs(now - datetime.fromisoformat(request.header("x-time"))) > _FRESH:
            raise refused("stale")

    async def parse(self, request):
        if request.method == "GET":
            query = URL(request.url, encoded=True).query
            return Parsed((Inbound(query["id"], query["from"], "", query["text"], request.url.encode()),))
        return parsed(read_object(request.body), request.body)

    def parse_inbound(self, request):
        raise NotImplementedError

    def parse_receipts(self, request):
        raise NotImplementedError

    async def send(self, text):
        return Submitted(Outcome.ACCEPTED, f"s{text.reference}")

    async def look_back(self, since):
        self.asked_since.append(since)
        return self.list() if callable(self.list) else self.list

    async def run(self, deliver):
        while True:
            brought = await self.brings.get()
            if isinstance(brought, Exception):
                raise brought
            await deliver(brought)


def parsed(data, raw=b""):
    """``{"texts": [{"id", "from", "to", "text", "part": [reference, number, total]}], "receipts", "ids"}``."""
    texts = [
        Inbound(
            item.get("id", ""), needed(item, "from"), item.get("to", ""), needed(item, "text"), raw,
            Part(*item["part"]) if "part" in item else None, damaged=item.get("damaged", False),
        )
        for item in data.get("texts", [])
    ]  # fmt: skip
    receipts = [Receipt(**{**item, "state": TextState(item["state"])}) for item in data.get("receipts", [])]
    return Parsed(tuple(texts), tuple(receipts), data.get("ids", {}))


def signature(key, url, body):
    return hmac.new(key.encode(), url.encode() + b"\n" + body, hashlib.sha256).hexdigest()


def join(house, gateway=None):
    """The provider's account among those of a house."""
    gateway = gateway or SignedGateway()
    house.service.gateways[gateway.name, gateway.account] = gateway
    return gateway


async def knock(house, data=None, *, path=PATH, key="k1", method="POST", headers=None, at=None):
    """A request of the provider; status, headers and body of the answer."""
    body = b"" if data is None else data if isinstance(data, bytes) else json.dumps(data).encode()
    told = {
        "X-Signature": signature(key, OUTSIDE + path, body),
        "X-Time": (at or house.clock.now()).isoformat(),
        **(headers or {}),
    }
    url = URL(house.url + path, encoded=True)
    async with house.http.request(method, url, data=body or None, headers=told) as answer:
        return answer.status, answer.headers, await answer.json()


def text(message_id, words="こんにちは", phone=PHONE, **more):
    return {"id": message_id, "from": phone, "to": "+815055500100", "text": words, **more}


async def inbox(house):
    """(phone, words) of each text in the inbox, in order."""
    async with house.service.database.read() as tx:
        return [(payload["text"], payload) for payload in await payloads(tx)]


async def payloads(tx):
    rows = await tx.all(tx.t.inbox.select().where(tx.t.inbox.c.kind == "reply").order_by(tx.t.inbox.c.id))
    return [json.loads(row["payload"]) for row in rows]


async def words(house):
    return [words for words, _ in await inbox(house)]
