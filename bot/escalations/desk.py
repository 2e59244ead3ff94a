"""The desk: staff actions go in by the inbox like everything else, and the caller hears how they ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bot.domain.errors import InvalidInput, NotFound, Refused, StorageUnavailable
from bot.domain.sms import MAX_UNITS, sms_length
from bot.domain.text import is_clean
from bot.storage.audit import note_action
from bot.storage.bells import wait_for
from bot.storage.calls import close_call, find_call, note_attempt
from bot.storage.conversations import lock_conversation
from bot.storage.due import release_put_off, send_by
from bot.storage.inbox import add_for_conversation, state_of
from bot.storage.spending import lift

if TYPE_CHECKING:
    from datetime import date

    from bot.domain.clock import Clock
    from bot.storage.bells import Bells
    from bot.storage.database import Database

_PATIENCE_SECONDS = 10.0
_LOOK_EVERY_SECONDS = 0.25
CLOSE_OUTCOMES = ("recovered", "handled_by_phone", "hospitalised", "moved", "wrong_person", "other")
CALL_OUTCOMES = ("reached", "no_answer", "wrong_number", "call_again", "other")


class Desk:
    """Each action returns once the conversation has moved; raises Refused where its state does not allow it."""

    def __init__(self, database: Database, clock: Clock, bells: Bells) -> None:
        self._database = database
        self._clock = clock
        self._bells = bells

    async def take_over(self, conversation_id: int, staff: str) -> None:
        await self._act(conversation_id, staff, "taken_over", {})

    async def reply(self, conversation_id: int, staff: str, text: str) -> None:
        """Send a person's own text (660 units at most)."""
        if not text.strip():
            raise InvalidInput("本文を入力してください。", "Write a text.", field="text")
        if not is_clean(text):
            raise InvalidInput(
                "本文に使えない文字があります。", "The text holds characters that cannot be sent.", field="text"
            )
        if sms_length(text).units > MAX_UNITS:
            raise InvalidInput(
                f"本文は{MAX_UNITS}文字までです。", f"A text has {MAX_UNITS} characters at most.", field="text"
            )
        await self._act(conversation_id, staff, "staff_wrote", {"text": text})

    async def hand_back(self, conversation_id: int, staff: str, step: str) -> None:
        await self._act(conversation_id, staff, "handed_back", {"step": step})

    async def close(self, conversation_id: int, staff: str, outcome: str) -> None:
        if not outcome.strip() or not is_clean(outcome) or len(outcome) > 60:  # the column's width
            raise InvalidInput(
                "結果を60文字までで入力してください。", "Give an outcome of up to 60 characters.", field="outcome"
            )
        await self._act(conversation_id, staff, "closed", {"outcome": outcome})

    async def confirm_release(self, conversation_id: int, staff: str, case_id: int) -> None:
        await self._act(conversation_id, staff, "release_confirmed", {"case_id": case_id})

    async def confirm_number(self, conversation_id: int, staff: str) -> None:
        """Lift the quarantine of a number that was reported as wrong."""
        await self._act(conversation_id, staff, "number_confirmed", {})

    async def call_made(self, call_id: int, staff: str, outcome: str, note: str, *, finished: bool) -> None:
        """Write down one call; ``finished`` takes it off the list."""
        if outcome not in CALL_OUTCOMES:
            raise InvalidInput("結果を選んでください。", "Choose an outcome.", field="outcome")
        now = self._clock.now()
        async with self._database.write() as tx:
            call = await find_call(tx, call_id)
            if call is None:
                raise NotFound("その電話はありません。", "There is no such call.")
            await lock_conversation(tx, call["conversation_id"])
            call = await find_call(tx, call_id) or call  # what it is now that nobody else changes it
            await note_attempt(tx, call_id, staff, outcome, note, now)
            await note_action(tx, staff, f"call_{outcome}", call["conversation_id"], now)
            if finished and call["state"] == "open":
                await close_call(tx, call_id, outcome, now)
                event = {"staff": staff, "reason": call["reason"], "outcome": outcome, "case_id": call["case_id"]}
                await add_for_conversation(tx, call["conversation_id"], "call_finished", str(call_id), event, now)
        self._bells.ring("inbox")

    async def send_again(self, conversation_id: int, staff: str, text_id: int, road: str) -> None:
        """Send a text of which nobody knows whether it went out once more, by that road (``kind/account``).

        It may then arrive twice, which a person has weighed; the program itself never sends it by another road.
        """
        now = self._clock.now()
        async with self._database.write() as tx:
            await lock_conversation(tx, conversation_id)
            if not await send_by(tx, text_id, conversation_id, road, now):
                raise Refused(
                    "このSMSは、もう送れたか分かったか、送ってはいけないものです。画面を読み直してください。",
                    "This text is not of unknown fate any more, or must not be sent. Load the page again.",
                    field="text",
                )
            await note_action(tx, staff, "sent_again", conversation_id, now)
        self._bells.ring("outbox")
        self._bells.ring("live")

    async def lift_budget(self, office: str, day: date, staff: str) -> None:
        """Let an office's texts of that local day go whatever they cost; what waited for the budget is due now."""
        now = self._clock.now()
        async with self._database.write() as tx:
            await lift(tx, office, day, staff, now)
            await release_put_off(tx, office, "budget", now)
        self._bells.ring("outbox")

    async def _act(self, conversation_id: int, staff: str, kind: str, payload: dict[str, Any]) -> None:
        now = self._clock.now()
        with self._bells.listen("handled") as bell:
            async with self._database.write() as tx:
                event = {"staff": staff, **payload}
                inbox_id = await add_for_conversation(tx, conversation_id, kind, uuid4().hex, event, now)
                await note_action(tx, staff, kind, conversation_id, now)
            self._bells.ring("inbox")
            await self._handled(int(inbox_id or 0), bell)

    async def _handled(self, inbox_id: int, bell: asyncio.Event) -> None:
        deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            bell.clear()
            async with self._database.read() as tx:
                state, note = await state_of(tx, inbox_id)
            if state == "handled":
                return
            if state == "refused" and note:
                field, japanese, english = note.split("\n", 2)
                raise Refused(japanese, english, field=field or None)
            if state == "dead":
                break
            await wait_for(bell, _LOOK_EVERY_SECONDS)
        raise StorageUnavailable(
            "操作を受け付けましたが、まだ反映されていません。", "The action was received but has not taken effect yet."
        )
