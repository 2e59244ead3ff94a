"""The page of one conversation, and what a person can do there."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web

from bot.corrections.labels import INTENTS, PRIORITIES
from bot.domain.errors import InvalidInput, MimamoriError, Refused, StorageUnavailable
from bot.domain.sms import MAX_UNITS, sms_length
from bot.domain.states import CaseState, TextKind
from bot.engine.events import HandedBack, NumberConfirmed, ReleaseConfirmed
from bot.escalations.desk import CLOSE_OUTCOMES
from bot.storage.audit import note_action
from bot.storage.queue import queue_counts
from bot.storage.timeline import fingerprint
from bot.web.console.access import Once, Visit, told
from bot.web.console.dossier import Dossier, load_dossier
from bot.web.console.preview import Looks, Plan, Planned, bundle_of, plan

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from bot.engine.events import Event

log = structlog.get_logger(__name__)
_DONE_TWICE = ("この操作はもう済んでいます。", "This was done already.")


class ConversationViews:
    """Each action returns to the page; what texts people is shown first and done after a confirmation."""

    def __init__(self, once: Once) -> None:
        self._once = once

    async def show(self, visit: Visit) -> web.StreamResponse:
        """The page; that it was opened is noted."""
        conversation_id = visit.number("id")
        dossier = await load_dossier(visit, conversation_id, everything="all" in visit.request.query)
        await note_view(visit, conversation_id)
        return await self._page(visit, dossier)

    async def live(self, visit: Visit) -> web.StreamResponse:
        """What changes on the page; 304 where the browser has it already."""
        everything = "all" in visit.request.query
        async with visit.ports.database.read() as tx:
            counts = await queue_counts(tx, visit.ports.office.code)
            seen = await fingerprint(tx, visit.number("id"))
        minute = visit.now.replace(second=0, microsecond=0).isoformat()  # waiting times are told in minutes
        tag = f'"{sha256(repr((seen, counts, minute, visit.who.login)).encode()).hexdigest()[:20]}"'
        if visit.request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        dossier = await load_dossier(visit, visit.number("id"), everything=everything)
        answer = visit.fragment("conversation_live.html", counts=counts, **_values(visit, dossier))
        answer.headers["ETag"] = tag
        return answer

    async def take_over(self, visit: Visit) -> web.StreamResponse:
        done = visit.ports.desk.take_over(visit.number("id"), visit.who.login)
        return await self._do(visit, done, ("引き継ぎました。ボットは止まっています。", "The bot is silent now."))

    async def reply(self, visit: Visit) -> web.StreamResponse:
        """Show the text and to whom it goes; send it when that was confirmed."""
        text = visit.form.get("text", "").replace("\r\n", "\n").strip()
        typed = {"text": text}
        if not self._confirmed(visit):
            problem = _text_problem(text)
            if problem or "edit" in visit.form:
                return await self._again(visit, typed, problem)
            dossier = await load_dossier(visit, visit.number("id"))
            planned = _looks(visit, dossier).at(text, TextKind.STAFF)
            if planned.flaw:
                return await self._again(visit, typed, _road_problem(planned))
            return await self._confirm(visit, "reply", Plan([planned]), typed, dossier)
        if not self._once.use(visit.form.get("once", "")):
            return self._twice(visit)
        done = visit.ports.desk.reply(visit.number("id"), visit.who.login, text)
        return await self._do(visit, done, ("送信を受け付けました。", "Your text is on its way."), typed)

    async def hand_back(self, visit: Visit) -> web.StreamResponse:
        """Show what the bot would send at that step; hand back when that was confirmed."""
        step = visit.form.get("step", "")
        if not self._confirmed(visit):
            return await self._planned(visit, "hand-back", HandedBack(visit.who.login, step), {"step": step})
        if not self._once.use(visit.form.get("once", "")):
            return self._twice(visit)
        done = visit.ports.desk.hand_back(visit.number("id"), visit.who.login, step)
        return await self._do(visit, done, ("ボットに戻しました。", "The bot leads again."))

    async def confirm_release(self, visit: Visit) -> web.StreamResponse:
        """Show the notice; confirm the release when that was confirmed."""
        case = visit.form.get("case", "")
        case_id = int(case) if case.isdecimal() and len(case) <= 15 else 0
        if not self._confirmed(visit):
            event = ReleaseConfirmed(visit.who.login, case_id)
            return await self._planned(visit, "confirm-release", event, {"case": case})
        if not self._once.use(visit.form.get("once", "")):
            return self._twice(visit)
        done = visit.ports.desk.confirm_release(visit.number("id"), visit.who.login, case_id)
        return await self._do(visit, done, ("終了を確認しました。", "The release is confirmed."))

    async def confirm_number(self, visit: Visit) -> web.StreamResponse:
        """Show how consent will be asked; lift the quarantine when that was confirmed."""
        if not self._confirmed(visit):
            return await self._planned(visit, "confirm-number", NumberConfirmed(visit.who.login), {})
        if not self._once.use(visit.form.get("once", "")):
            return self._twice(visit)
        done = visit.ports.desk.confirm_number(visit.number("id"), visit.who.login)
        return await self._do(visit, done, ("番号を確認しました。", "The number is confirmed."))

    async def send_again(self, visit: Visit) -> web.StreamResponse:
        """Show a text of unknown fate and the road that a person chose; send it once more when that was confirmed."""
        text_id, road = visit.form.get("text_id", ""), visit.form.get("road", "")
        dossier = await load_dossier(visit, visit.number("id"), everything=True)
        text = dossier.unknown_text(text_id)
        if text is None or road not in visit.ports.roads.router.gateways:
            gone = Refused("このSMSは、もう送れたか分かりました。", "This text is not of unknown fate any more.")
            return await self._page(visit, dossier, message=told(gone), status=409)
        if not self._confirmed(visit):
            if "edit" in visit.form:
                return await self._page(visit, dossier)
            planned = _looks(visit, dossier, road).at(text, TextKind.STAFF)
            return await self._confirm(
                visit, "send-again", Plan([planned]), {"text_id": text_id, "road": road}, dossier
            )
        if not self._once.use(visit.form.get("once", "")):
            return self._twice(visit)
        done = visit.ports.desk.send_again(visit.number("id"), visit.who.login, int(text_id), road)
        return await self._do(visit, done, ("もう一度送ります。", "It is sent once more."))

    async def close(self, visit: Visit) -> web.StreamResponse:
        """End the care on this phone with an outcome; nothing is sent."""
        outcome = visit.form.get("outcome", "")
        if outcome not in CLOSE_OUTCOMES:
            problem = InvalidInput("結果を選んでください。", "Choose an outcome.", field="outcome")
            return await self._again(visit, {}, problem)
        done = visit.ports.desk.close(visit.number("id"), visit.who.login, outcome)
        return await self._do(visit, done, ("会話を終えました。", "Closed."))

    # -- how actions go ----------------------------------------------------------------------------------------------
    @staticmethod
    def _confirmed(visit: Visit) -> bool:
        return "confirmed" in visit.form

    async def _planned(self, visit: Visit, action: str, event: Event, typed: Mapping[str, str]) -> web.StreamResponse:
        """The confirmation page of an event that the engine would take."""
        dossier = await load_dossier(visit, visit.number("id"))
        if "edit" in visit.form:
            return await self._page(visit, dossier)
        try:
            bundle = bundle_of(visit.ports.library, dossier.conversation)
            looks = _looks(visit, dossier)
            planned = plan(bundle, dossier.conversation.session, event, visit.ports.office, looks)
        except MimamoriError as error:
            return await self._page(visit, dossier, message=told(error), status=409)
        return await self._confirm(visit, action, planned, typed, dossier)

    async def _confirm(
        self, visit: Visit, action: str, planned: Plan, typed: Mapping[str, str], dossier: Dossier | None = None
    ) -> web.StreamResponse:
        dossier = dossier or await load_dossier(visit, visit.number("id"))
        return await visit.page(
            "conversation_confirm.html", action=action, plan=planned, typed=typed, dossier=dossier, once=Once.token()
        )

    async def _do(
        self, visit: Visit, action: Awaitable[None], done: tuple[str, str], typed: Mapping[str, str] | None = None
    ) -> web.StreamResponse:
        try:
            await action
        except MimamoriError as error:
            return await self._again(visit, typed or {}, error)
        visit.say("good", *done)
        raise web.HTTPSeeOther(f"/console/conversations/{visit.number('id')}")

    async def _again(self, visit: Visit, typed: Mapping[str, str], error: MimamoriError | None) -> web.StreamResponse:
        """The page once more, with what was typed and what is wrong with it."""
        dossier = await load_dossier(visit, visit.number("id"))
        status = 200 if error is None else 503 if isinstance(error, StorageUnavailable) else 409
        message = told(error) if error else None
        return await self._page(visit, dossier, message=message, typed=typed, status=status)

    @staticmethod
    def _twice(visit: Visit) -> web.StreamResponse:
        visit.say("bad", *_DONE_TWICE)
        raise web.HTTPSeeOther(f"/console/conversations/{visit.number('id')}")

    async def _page(
        self,
        visit: Visit,
        dossier: Dossier,
        *,
        message: Mapping[str, str] | None = None,
        typed: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> web.StreamResponse:
        values = _values(visit, dossier)
        return await visit.page("conversation.html", status=status, message=message, typed=typed or {}, **values)


def _values(visit: Visit, dossier: Dossier) -> dict[str, Any]:
    session = dossier.conversation.session
    return {
        "dossier": dossier,
        "conversation": dossier.conversation,
        "session": session,
        "mine": dossier.mine(visit.who.login),
        "owner": dossier.staff.get(session.owner or "", session.owner or ""),
        "pending": [r for r in dossier.residents if r.state is CaseState.RELEASE_PENDING],
        "outcomes": CLOSE_OUTCOMES,
        "max_units": MAX_UNITS,
        "everything": "all" in visit.request.query,
        "priorities": PRIORITIES,
        "intents": INTENTS,
        "roads": list(visit.ports.roads.router.gateways),
    }


def _text_problem(text: str) -> InvalidInput | None:
    if not text:
        return InvalidInput("本文を入力してください。", "Write a text.", field="text")
    units = sms_length(text).units
    if units > MAX_UNITS:
        return InvalidInput(
            f"本文は{MAX_UNITS}文字までです(今は{units}文字)。",
            f"A text has {MAX_UNITS} characters at most (this one has {units}).",
            field="text",
        )
    return None


def _looks(visit: Visit, dossier: Dossier, road: str | None = None) -> Looks:
    ports, about = visit.ports, dossier.conversation
    return Looks(ports.roads.router, ports.office.code, about.phone, about.session, visit.now, road)


def _road_problem(planned: Planned) -> InvalidInput:
    """Why no road takes the text that a person wrote, in words that help to write it otherwise."""
    if planned.flaw == "characters":
        chars = "".join(planned.problems)
        return InvalidInput(
            f"SMSの経路で送れない文字があります: {chars} ほかの字かひらがなで書いてください。",
            f"No road carries these characters: {chars} Write them otherwise.", field="text",
        )  # fmt: skip
    if planned.flaw == "too_long":
        return InvalidInput("この文は、どの経路でも長すぎます。", "The text is too long for every road.", field="text")
    return InvalidInput(
        "この方へ送れる経路がありません。システム管理者に知らせてください。",
        "No road is set up for this resident. Tell an administrator.", field="text",
    )  # fmt: skip


async def note_view(visit: Visit, conversation_id: int) -> None:
    """Opening is audited; a database that takes no writes must not hide an emergency, so then the log keeps it."""
    try:
        async with visit.ports.database.write() as tx:
            await note_action(tx, visit.who.login, "viewed", conversation_id, visit.now)
    except StorageUnavailable:
        log.warning("console.view_not_audited", staff=visit.who.login, conversation=conversation_id)
