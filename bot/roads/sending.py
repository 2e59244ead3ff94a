"""``mimamori gateway send-test``: one real text by one road, and what became of it, step by step."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import secrets
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import typer

from bot.domain.charset import fit
from bot.domain.clock import SystemClock
from bot.domain.errors import InvalidInput, Refused
from bot.domain.gateway import road_of
from bot.domain.messages import Outbound, Outcome, Reason, Submitted
from bot.domain.phone import parse_phone
from bot.domain.sms import sms_length
from bot.domain.states import OPEN_CASES, TextState
from bot.inbox.intake import Intake
from bot.roads import show
from bot.roads.folder import one_account
from bot.storage.audit import note_action
from bot.storage.bells import Bells
from bot.storage.conversations import find_conversation, load_conversations
from bot.storage.database import Database
from bot.storage.folder import only_process
from bot.storage.keys import Keyring
from bot.storage.migrate import migrate
from bot.storage.road_view import receipts_of
from bot.web.webhook.reception import Reception

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from bot.domain.gateway import Parsed
    from bot.gateways.base import BaseGateway
    from bot.settings import Settings
    from bot.storage.road_view import Said

    Say = Callable[["Submitted | Said | NoReceipt"], None]

_ENDS = {TextState.DELIVERED, TextState.UNDELIVERED, TextState.EXPIRED, TextState.REJECTED}
_LOOK_SECONDS = 0.5
_CONNECT_TRIES = 20


@dataclass(frozen=True, slots=True)
class Offer:
    """What a test would send; ``changes`` are the characters that the road makes us write otherwise."""

    text: str
    changes: tuple[tuple[str, str], ...]
    segments: int
    cost: Decimal
    currency: str


def offer(gateway: BaseGateway[Any], text: str) -> Offer:
    """Raises Refused where the road cannot carry it."""
    mine = gateway.mine
    if not gateway.abilities.sends:
        raise Refused("この経路からは送れません。", "Nothing can be sent by this road.", field="account")
    fitted = fit(text, mine.charset)
    if not fitted.survives or (fitted.changes and not mine.rewrite):
        raise Refused("この経路では送れない文字があります。", "The road does not carry its characters.", field="text")
    if gateway.length(fitted.text) > mine.longest:
        raise Refused(f"長すぎます({mine.longest}文字まで)。", f"Too long (at most {mine.longest}).", field="text")
    segments = sms_length(fitted.text).segments
    return Offer(fitted.text, fitted.changes, segments, mine.price * segments, mine.currency)


@dataclass(frozen=True, slots=True)
class NoReceipt:
    """Nothing says that the text arrived or did not, after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Trial:
    """What was asked for; ``number`` None is asked for, ``sure``: it is not asked for again, ``wait`` in seconds."""

    account: str
    number: str | None
    text: str
    wait: float
    staff: bool
    sure: bool


async def send(settings: Settings, folder: Path | None, test: Trial) -> bool:
    """One test from beginning to end; whether the text is known to have arrived, or taken where nobody tells more."""
    gateway, out = one_account(settings, folder, test.account), show.console()
    offered = offer(gateway, test.text)
    phone = parse_phone(test.number or typer.prompt("宛先の番号 / Number"))

    def say(told: Submitted | Said | NoReceipt) -> None:
        if isinstance(told, NoReceipt):
            out.print(show.no_receipt(told.seconds))
        else:
            out.print(show.submitted(told) if isinstance(told, Submitted) else show.said(told))

    async with Sending(settings, gateway).opened() as sending:
        await sending.check_number(phone, staff=test.staff)
        out.print(show.offered(offered, road_of(gateway)))
        if not test.sure:
            _confirm(phone)
        arrived = await sending.send(phone, offered.text, test.wait, say)
    if not arrived:
        typer.echo(
            "届いたとは確かめられませんでした。コードと docs/gateways.md を見てください。配信結果が来ないときは、"
            f"事業者に登録したアドレスを確かめてください: {gateway.mine.receipts_url}\n"
            "It is not known to have arrived. See the code and docs/gateways.md; where no receipt comes, look at the "
            "address that the provider has.",
            err=True,
        )
    return arrived


def _confirm(phone: str) -> None:
    again = typer.prompt("確かめるため、番号をもう一度 / The number once more, to confirm")
    try:
        same = parse_phone(again) == phone
    except InvalidInput:
        same = False
    if not same:
        raise Refused("番号が違います。何も送っていません。", "Another number. Nothing was sent.", field="number")


class Sending:
    """One test with the installation's database, which the receipts come into."""

    def __init__(self, settings: Settings, gateway: BaseGateway[Any]) -> None:
        self._settings = settings
        self._gateway = gateway
        self._clock = SystemClock()
        self._database = Database(settings.database, Keyring.load_or_create(settings.keys))

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[Sending]:
        """With the database migrated; everything is closed at the end."""
        try:
            await migrate(self._database)
            yield self
        finally:
            await self._gateway.close()
            await self._database.close()

    async def check_number(self, phone: str, *, staff: bool) -> None:
        """Raises Refused: only numbers on the roster and of staff are ever texted, and none after STOP."""
        async with self._database.read() as tx:
            found = await find_conversation(tx, self._settings.office.code, phone)
            session = (await load_conversations(tx, [found]))[found].session if found is not None else None
        if session is not None and (session.opted_out or session.quarantined):
            raise Refused(
                "この番号は配信停止(STOP)か宛先違いです。何も送れません。",
                "This number sent STOP or is a wrong one: nothing is sent.",
                field="number",
            )
        on_roster = session is not None and any(member.state in OPEN_CASES for member in session.members)
        if not (staff or on_roster or phone in self._settings.staff_numbers):
            raise Refused(
                "登録のない番号です。職員の電話なら --staff を付けるか、設定 staff_phones に書いてください。",
                "The number is not on the roster. If it is a phone of staff, add --staff or name it in the setting "
                "staff_phones.",
                field="number",
            )

    async def send(self, phone: str, text: str, wait: float, say: Say) -> bool:
        """Send, then wait for receipts; whether it is known to have arrived, or taken where the road gives none."""
        reference = f"test{secrets.token_hex(8)}"
        async with self._database.write() as tx:
            await note_action(tx, f"cli:{getpass.getuser()}"[:60], "gateway_tested", None, self._clock.now())
        async with self._standing():
            submitted = await self._submitted(Outbound(reference, phone, text))
            say(submitted)
            if submitted.outcome in {Outcome.REJECTED, Outcome.RETRY}:
                return False
            return await self._followed(reference, submitted, wait, say)

    async def _submitted(self, text: Outbound) -> Submitted:
        """A road with a connection of its own may still be connecting."""
        submitted = await self._gateway.send(text)
        tries = _CONNECT_TRIES if self._gateway.abilities.standing else 0
        while tries and submitted.outcome is Outcome.RETRY and submitted.reason is Reason.BUSY:
            await asyncio.sleep(_LOOK_SECONDS)
            submitted, tries = await self._gateway.send(text), tries - 1
        return submitted

    async def _followed(self, reference: str, submitted: Submitted, wait: float, say: Say) -> bool:
        ids = [name for name in (submitted.message_id, *submitted.also) if name]
        told = 0
        deadline = asyncio.get_running_loop().time() + wait
        while True:
            async with self._database.read() as tx:
                receipts = await receipts_of(tx, road_of(self._gateway), reference, ids)
            for receipt in receipts[told:]:
                say(receipt)
            told = len(receipts)
            ended = [receipt.state for receipt in receipts if receipt.state in _ENDS]
            if ended:
                return TextState.DELIVERED in ended
            if not self._gateway.abilities.receipts:
                return submitted.outcome is Outcome.ACCEPTED
            if asyncio.get_running_loop().time() >= deadline:
                say(NoReceipt(wait))
                return False
            await asyncio.sleep(_LOOK_SECONDS)

    @contextlib.asynccontextmanager
    async def _standing(self) -> AsyncIterator[None]:
        """A road that keeps a connection is kept here, and what it brings is committed as ever."""
        if not self._gateway.abilities.standing:
            yield
            return
        bells = Bells()
        intake = Intake(self._database, self._settings.office, self._clock, bells)
        reception = Reception(intake, self._database, self._clock, bells)

        async def deliver(parsed: Parsed) -> None:
            await reception.take(self._gateway, parsed)

        alone = only_process(self._settings.data_dir) if not self._database.is_postgres else contextlib.nullcontext()
        with alone:
            running = asyncio.create_task(self._gateway.run(deliver))
            try:
                yield
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
