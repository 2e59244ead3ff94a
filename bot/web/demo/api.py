"""The demo for programs: JSON under ``/demo/api`` (docs/demo-api.md has the names and shapes)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.domain.errors import InvalidInput, NotFound
from bot.domain.phone import parse_phone
from bot.domain.sms import sms_length
from bot.domain.states import CaseState
from bot.residents.roster import check_resident
from bot.storage import overview
from bot.storage.calls import call_list
from bot.storage.conversations import find_conversation, load_conversations
from bot.web.demo.carrier import MODES
from bot.web.demo.clockwork import parse_duration

if TYPE_CHECKING:
    from bot.domain.office import Office
    from bot.escalations.desk import Desk
    from bot.residents.roster import Roster
    from bot.scripts.library import ScriptLibrary
    from bot.storage.conversations import Conversation
    from bot.storage.database import Database
    from bot.web.demo.carrier import Carrier
    from bot.web.demo.clock import DemoClock
    from bot.web.demo.clockwork import Clockwork

DEMO_NURSE = "nurse"


@dataclass(frozen=True, slots=True)
class DemoPorts:
    """What the demo's doors reach."""

    database: Database
    desk: Desk
    roster: Roster
    library: ScriptLibrary
    office: Office
    clock: DemoClock
    clockwork: Clockwork
    carrier: Carrier


def setup(app: web.Application, ports: DemoPorts) -> None:
    """Add the routes of ``/demo/api``."""
    api = _Api(ports)
    router = app.router
    router.add_post("/demo/api/residents", api.enrol)
    router.add_get("/demo/api/phones", api.phones)
    router.add_get("/demo/api/phones/{phone}/messages", api.messages)
    router.add_get("/demo/api/conversations/{phone}", api.conversation)
    router.add_get("/demo/api/escalations", api.escalations)
    router.add_get("/demo/api/calls", api.calls)
    router.add_get("/demo/api/clock", api.tell_clock)
    router.add_post("/demo/api/clock", api.move_clock)
    router.add_get("/demo/api/carrier", api.tell_carrier)
    router.add_post("/demo/api/carrier", api.switch_carrier)
    router.add_post("/demo/api/staff/{action}", api.staff)
    router.add_post("/demo/api/settle", api.settle)


class _Api:
    def __init__(self, ports: DemoPorts) -> None:
        self._ports = ports

    async def enrol(self, request: web.Request) -> web.Response:
        ports = self._ports
        today = ports.clock.now().astimezone(ZoneInfo(ports.office.timezone)).date()
        resident = check_resident(await _json(request), ports.library.programs(), today)
        return web.json_response({"id": await ports.roster.enrol(resident)}, status=201)

    async def phones(self, _request: web.Request) -> web.Response:
        names: dict[str, list[str]] = {}
        steps: dict[str, str] = {}
        async with self._ports.database.read() as tx:
            for row in await overview.phones(tx, self._ports.office.code):
                names.setdefault(row["phone"], []).append(row["name"] or "")
                steps[row["phone"]] = row["step"] or row["control"]
        rows = [
            {"phone": phone, "name": "・".join(filter(None, found)), "label": steps[phone]}
            for phone, found in names.items()
        ]
        return web.json_response(rows)

    async def messages(self, request: web.Request) -> web.Response:
        """What the phone sent and got; texts that never reached the carrier are not on it."""
        phone = _phone(request.match_info["phone"])
        received: list[dict[str, Any]] = []
        states: dict[str, str] = {}
        async with self._ports.database.read() as tx:
            conversation_id = await find_conversation(tx, self._ports.office.code, phone)
            if conversation_id is not None:
                received = await overview.received_texts(tx, conversation_id)
                states = await overview.states_of_texts(tx, conversation_id)
        sent = [
            {"direction": "out", "text": text["text"], "at": text["at"], "segments": text["segments"],
             "status": states.get(text["reference"], "unknown")}
            for text in self._ports.carrier.messages.get(phone, [])
        ]  # fmt: skip
        return web.json_response(
            sorted([*map(_inbound, received), *sent], key=lambda text: (text["at"], text["direction"]))
        )

    async def conversation(self, request: web.Request) -> web.Response:
        async with self._ports.database.read() as tx:
            conversation = await self._find(tx, request.match_info["phone"])
            reports = await overview.reports_of(tx, conversation.id)
        session = conversation.session
        return web.json_response({
            "control": session.control,
            "step": session.step,
            "case_state": _case_state(conversation),
            "consent": session.consent,
            "reports": [
                {"date": row["local_date"].isoformat(), "resident": row["case_id"], "temperature": row["temperature"],
                 "spo2": row["spo2"], "present": row["present"], "absent": row["absent"], "priority": row["priority"]}
                for row in reports
            ],
        })  # fmt: skip

    async def escalations(self, request: web.Request) -> web.Response:
        phone = request.query.get("phone")
        async with self._ports.database.read() as tx:
            conversation_id = None
            if phone is not None:
                conversation_id = await find_conversation(tx, self._ports.office.code, _phone(phone)) or -1
            rows = await overview.escalations_of(tx, self._ports.office.code, conversation_id)
        names = ("priority", "state", "reason", "evidence", "phone", "outcome")
        return web.json_response(
            [{**{n: row[n] for n in names}, "opened_at": row["opened_at"].isoformat()} for row in rows]
        )

    async def calls(self, _request: web.Request) -> web.Response:
        async with self._ports.database.read() as tx:
            rows = await call_list(tx, self._ports.office.code)
        names = ("phone", "reason", "state", "high")
        return web.json_response([{**{n: row[n] for n in names}, "due_at": row["due_at"].isoformat()} for row in rows])

    async def tell_clock(self, _request: web.Request) -> web.Response:
        return web.json_response({"now": self._ports.clock.now().isoformat()})

    async def move_clock(self, request: web.Request) -> web.Response:
        by = parse_duration((await _json(request)).get("advance"))
        now = await self._ports.clockwork.advance(by)
        return web.json_response({"now": now.isoformat()})

    async def tell_carrier(self, _request: web.Request) -> web.Response:
        return web.json_response({"mode": self._ports.carrier.mode})

    async def switch_carrier(self, request: web.Request) -> web.Response:
        mode = (await _json(request)).get("mode")
        if mode not in MODES:
            listed = ", ".join(MODES)
            raise InvalidInput(f"次から選んでください: {listed}", f"Choose one of: {listed}", field="mode")
        self._ports.carrier.mode = str(mode)
        return await self.tell_carrier(request)

    async def staff(self, request: web.Request) -> web.Response:
        """Act as the demo nurse."""
        data = await _json(request)
        async with self._ports.database.read() as tx:
            conversation = await self._find(tx, data.get("phone"))
        await self._act(request.match_info["action"], conversation, data)
        return web.json_response({"status": "done"})

    async def _act(self, action: str, conversation: Conversation, data: dict[str, Any]) -> None:
        desk, about = self._ports.desk, conversation.id
        match action:
            case "take-over":
                await desk.take_over(about, DEMO_NURSE)
            case "reply":
                await desk.reply(about, DEMO_NURSE, _text(data, "text"))
            case "hand-back":
                await desk.hand_back(about, DEMO_NURSE, _text(data, "step", default="resting"))
            case "close":
                await desk.close(about, DEMO_NURSE, _text(data, "outcome", default="other"))
            case "confirm-release":
                for member in conversation.session.in_state(CaseState.RELEASE_PENDING):
                    await desk.confirm_release(about, DEMO_NURSE, member.case_id)
            case "confirm-number":
                await desk.confirm_number(about, DEMO_NURSE)
            case _:
                raise NotFound(
                    "操作は take-over, reply, hand-back, close, confirm-release, confirm-number です。",
                    "The actions are take-over, reply, hand-back, close, confirm-release and confirm-number.",
                )

    async def settle(self, _request: web.Request) -> web.Response:
        left = await self._ports.clockwork.settle()
        return web.json_response({"settled": not any(left.values()), "left": left})

    async def _find(self, tx: Any, phone: object) -> Conversation:  # noqa: ANN401  # bot.storage.database.Tx
        conversation_id = await find_conversation(tx, self._ports.office.code, _phone(phone))
        if conversation_id is None:
            raise NotFound(
                "その番号との会話はありません。", "There is no conversation with that number.", field="phone"
            )
        return (await load_conversations(tx, [conversation_id]))[conversation_id]


def _inbound(row: dict[str, Any]) -> dict[str, Any]:
    status = "received" if row["state"] in {"new", "handled"} else row["state"]
    at = row["received_at"].isoformat()
    return {
        "direction": "in",
        "text": row["text"],
        "at": at,
        "status": status,
        "segments": sms_length(row["text"]).segments,
    }


def _case_state(conversation: Conversation) -> str | None:
    """The state of the case; of a household the one that is least far."""
    order = list(CaseState)
    states = [member.state for member in conversation.session.members]
    return min(states, key=order.index) if states else None


def _phone(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidInput("phoneは必須の文字列です。", "phone is required and must be a string.", field="phone")
    plus_lost = value.startswith(" ")  # an unescaped plus in a query is a space
    return parse_phone("+" + value.strip() if plus_lost else value)


def _text(data: dict[str, Any], field: str, default: str | None = None) -> str:
    value = data.get(field, default)
    if not isinstance(value, str):
        raise InvalidInput(f"{field}は必須の文字列です。", f"{field} is required and must be a string.", field=field)
    return value


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        data = json.loads(await request.read())
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise InvalidInput("JSONのオブジェクトを送ってください。", "Send a JSON object.", field="body")
    return data
