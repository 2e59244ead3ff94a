"""Builds the ports, starts the roles in order, stops them in reverse: the only place that knows everyone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import structlog
from aiohttp import web

from bot.corrections import Corrections, Examples
from bot.domain.errors import ScriptError, SettingsError, StorageUnavailable
from bot.domain.gateway import road_of
from bot.escalations.desk import Desk
from bot.gateways.registry import load_accounts
from bot.gateways.sandbox import SandboxGateway
from bot.inbox.intake import Intake
from bot.inbox.parts import PartsKeeper
from bot.inbox.worker import Worker
from bot.outbox.limits import Limits
from bot.outbox.router import Router
from bot.outbox.sender import Sender
from bot.reading.code import code_version
from bot.reading.reader import Reader
from bot.residents.roster import Roster
from bot.scripts.library import ScriptLibrary
from bot.storage.bells import Bells
from bot.storage.clock import DatabaseClock
from bot.storage.database import Database
from bot.storage.keys import Keyring
from bot.storage.migrate import migrate
from bot.storage.rates import Rates
from bot.storage.readings import keep_reading_version
from bot.storage.scripts import keep_version, used_versions
from bot.timers.ticker import Ticker
from bot.web.app import make_app
from bot.web.webhook import views as webhook
from bot.web.webhook.forwarded import Forwarded
from bot.web.webhook.lookback import LookBack
from bot.web.webhook.quarantine import Quarantine
from bot.web.webhook.reception import Reception
from bot.web.webhook.standing import keep_standing

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.clock import Clock
    from bot.gateways.base import BaseGateway
    from bot.scripts.library import Reloaded
    from bot.settings import Settings
    from bot.storage.wakeups import SharedBells

log = structlog.get_logger(__name__)
_REMEMBERED_RELOADS = 50
_SCRIPTS_LOOKED_AT_EVERY = 2.0
_RESTART_SECONDS = 1.0
_WARM_AFTER = 30.0

Gateways = Mapping[tuple[str, str], "BaseGateway[Any]"]
"""The accounts by (kind, account), in their order."""


@dataclass(frozen=True)
class Service:
    """The ports of one running installation."""

    settings: Settings
    clock: Clock
    database: Database
    bells: Bells
    library: ScriptLibrary
    reader: Reader
    intake: Intake
    reception: Reception
    quarantine: Quarantine
    roster: Roster
    desk: Desk
    corrections: Corrections
    gateways: Gateways
    app: web.Application
    reloaded: list[Reloaded] = field(default_factory=list)
    unkept: set[str] = field(default_factory=set)

    @property
    def gateway(self) -> BaseGateway[Any]:
        """The first of the gateways."""
        return next(iter(self.gateways.values()))

    @property
    def router(self) -> Router:
        """The roads that texts take."""
        return Router(self.gateways.values())

    async def take_scripts(self) -> list[Reloaded]:
        """Look at the scripts; keep the versions that were taken so that conversations can stay on them."""
        outcomes = await asyncio.to_thread(self.library.reload)
        self.reloaded.extend(outcomes)
        del self.reloaded[:-_REMEMBERED_RELOADS]
        for outcome in outcomes:
            if outcome.taken:
                self.unkept.add(outcome.program)
                log.info("scripts.taken", program=outcome.program, version=(outcome.version or "")[:12])
            else:
                places = [f"{issue.file}:{issue.line}" for issue in outcome.issues]
                log.error("scripts.refused", program=outcome.program, kept=outcome.version, issues=places)
        for program in sorted(self.unkept):  # again at the next look, where the database was away
            await self.keep_script(program)
            self.unkept.discard(program)
        return outcomes

    async def keep_script(self, program: str) -> None:
        """Store the current version of a program."""
        bundle = self.library.current(program)
        async with self.database.write() as tx:
            await keep_version(tx, bundle.program, bundle.version, bundle.sources, self.clock.now())

    async def keep_reader(self) -> None:
        """Store the files of the rules, so that what they read can be read again."""
        async with self.database.write() as tx:
            await keep_reading_version(tx, self.reader.version, self.reader.files, code_version(), self.clock.now())


def build(
    settings: Settings,
    clock: Clock,
    *,
    library: ScriptLibrary | None = None,
    reader: Reader | None = None,
    examples: Path | None = None,
) -> Service:
    """Make the ports; nothing is opened yet. ``library`` and ``reader`` can be shared by several services.

    ``examples`` is the folder for accepted examples of readings, where it is not that of the scripts.
    """
    database = Database(settings.database, Keyring.load_or_create(settings.keys))
    bells = _shared_bells(settings.redis_url) if settings.redis_url else Bells()
    office = settings.office
    reader = reader or Reader.load(settings.conversations / "reading")
    intake, gateways = Intake(database, office, clock, bells), gateways_of(settings)
    reception = Reception(intake, database, clock, bells)
    return Service(
        settings=settings, clock=clock, database=database, bells=bells,
        library=library or ScriptLibrary(settings.conversations),
        reader=reader,
        intake=intake,
        reception=reception,
        quarantine=Quarantine(database, gateways, reception, clock),
        roster=Roster(database, office, clock, bells),
        desk=Desk(database, clock, bells),
        corrections=Corrections.make(
            database, office, clock, bells, reader, Examples(settings.conversations, examples)
        ),
        gateways=gateways,
        app=make_app(settings.max_request_bytes),
    )  # fmt: skip


def gateways_of(settings: Settings) -> Gateways:
    """The accounts of the operator's folder, and the sandbox where its carrier is set; SettingsError names a fault."""
    found: list[BaseGateway[Any]] = []
    if settings.gateways is not None:
        if not settings.gateways.is_dir():
            raise SettingsError(
                f"設定 gateways: フォルダー {settings.gateways} がありません。",
                f"Setting gateways: there is no folder {settings.gateways}.",
                field="gateways",
            )
        found += load_accounts(settings.gateways)
    if settings.carrier_url:
        found.append(SandboxGateway.at(settings.carrier_url, settings.sender))
    gateways = {(gateway.name, gateway.account): gateway for gateway in found}
    if len(gateways) < len(found):
        raise SettingsError(
            "設定 gateways: 同じ kind と account のファイルが2つあります。",
            "Setting gateways: two files have the same kind and account.",
            field="gateways",
        )
    return gateways


def _shared_bells(url: str) -> Bells:
    from bot.storage.wakeups import SharedBells  # noqa: PLC0415  # the Redis client is loaded only where it is used

    return SharedBells(url)


def _shared_rates(url: str) -> Rates:
    from bot.storage.shared_rates import SharedRates  # noqa: PLC0415  # as above

    return SharedRates(url)


@contextlib.asynccontextmanager
async def opened(service: Service) -> AsyncIterator[Service]:
    """The database migrated, the scripts loaded, the doors mounted; closed again at the end."""
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(service.database.close)
        for gateway in service.gateways.values():
            stack.push_async_callback(gateway.close)
        await _wait_for_database(service)
        await _load_scripts(service)
        await service.keep_reader()
        ports = webhook.WebhookPorts(service.gateways, service.reception, service.clock, service.settings.proxies)
        webhook.setup(service.app, ports)
        yield service


async def _wait_for_database(service: Service) -> None:
    """A server that is not there yet is waited for; an embedded database that cannot be used is told of at once."""
    while True:
        try:
            await migrate(service.database)
        except StorageUnavailable as error:
            if not service.database.is_postgres:
                raise
            log.warning("service.database_away", error=error.en)
            await asyncio.sleep(_RESTART_SECONDS)
        else:
            return


async def _load_scripts(service: Service) -> None:
    async with service.database.read() as tx:
        for row in await used_versions(tx):
            service.library.add_stored(row["program"], row["version"], row["sources"])
    outcomes = await service.take_scripts()
    for program in service.library.programs():
        await service.keep_script(program)
    if service.settings.default_program not in service.library.programs():
        raise _no_script(service.settings.default_program, outcomes)


def _no_script(program: str, outcomes: list[Reloaded]) -> ScriptError:
    broken = next((issue for outcome in outcomes for issue in outcome.issues), None)
    where = f"{broken.file}:{broken.line} " if broken else ""
    return ScriptError(
        f"台本「{program}」を使えません: {where}{broken.ja if broken else '見つかりません'}",
        f"The script {program} cannot be used: {where}{broken.en if broken else 'not found'}",
    )


@contextlib.asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    """The movers at work; stopped in reverse order."""
    office = service.settings.office
    worker = Worker(
        service.database, service.library, service.reader, office, service.clock, service.bells,
        service.settings.default_program,
    )  # fmt: skip
    rates = _shared_rates(service.settings.redis_url) if service.settings.redis_url else Rates()
    sender = Sender(service.database, service.router, service.clock, service.bells, limits_of(service.settings), rates)
    ticker = Ticker(service.database, service.clock, service.bells)
    parts = PartsKeeper(service.database, service.reader, office, service.clock, service.bells)
    look_back = LookBack(service.gateways.values(), service.reception, service.database, service.clock)
    alone = not service.database.is_postgres
    roles: list[tuple[str, Callable[[], Awaitable[None]]]] = [
        ("worker", worker.run),
        ("sender", lambda: sender.run(only_process=alone)),
        ("ticker", ticker.run),
        ("parts", parts.run),
        ("lookback", look_back.run),
        ("scripts", lambda: _watch_scripts(service)),
        ("languages", lambda: _warm_reader(service)),
    ]
    standing = [gateway for gateway in service.gateways.values() if gateway.abilities.standing]
    receive = Forwarded(service.gateways, service.reception).receive
    roles += [
        (road_of(gateway), partial(keep_standing, gateway, service.reception, receive=receive)) for gateway in standing
    ]
    if isinstance(service.clock, DatabaseClock):
        await service.clock.set_by(service.database)
        roles.insert(0, ("clock", partial(service.clock.run, service.database)))
    if service.settings.redis_url:
        roles.insert(0, ("bells", cast("SharedBells", service.bells).run))
    tasks = [asyncio.create_task(_kept_running(name, role), name=name) for name, role in roles]
    try:
        yield
    finally:
        for task in reversed(tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await rates.close()


def limits_of(settings: Settings) -> Limits:
    """Who may be texted, how often and for how much."""
    office = settings.office
    return Limits(settings.texts_an_hour, settings.staff_numbers, settings.budget, office.timezone, office.quiet)


async def _kept_running(name: str, role: Callable[[], Awaitable[None]]) -> None:
    """A role that fails in a way that nobody foresaw is told of and started again."""
    while True:
        try:
            await role()
        except Exception as error:  # noqa: BLE001  # the other roles and the queue must live on
            log.error("service.role_failed", role=name, error=type(error).__name__)
            await asyncio.sleep(_RESTART_SECONDS)


async def _warm_reader(service: Service) -> None:
    """The rarer languages, once the doors are open and the first work is done."""
    await asyncio.sleep(_WARM_AFTER)
    await asyncio.to_thread(service.reader.warm)
    await asyncio.Event().wait()  # a role that ends is started again


async def _watch_scripts(service: Service) -> None:
    await asyncio.sleep(_SCRIPTS_LOOKED_AT_EVERY)
    while True:
        await service.take_scripts()
        await asyncio.sleep(_SCRIPTS_LOOKED_AT_EVERY)
