"""Runs the relay: its folder held, its store read, its port open."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from bot.domain.clock import SystemClock
from bot.domain.errors import SettingsError
from bot.gateways.relay_seal import InsidePublic, RelayKey
from bot.relay.app import RelayApp
from bot.relay.store import RelayStore
from bot.storage.folder import only_process

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.relay.settings import RelaySettings

log = structlog.get_logger(__name__)


def make_store(settings: RelaySettings) -> RelayStore:
    """The store of these settings, not opened yet."""
    key, inside = RelayKey(settings.key.get_secret_value()), InsidePublic(settings.inside)
    return RelayStore(settings.folder, key, inside, most_bytes=settings.most_waiting_megabytes * 1_000_000)


async def run_relay(settings: RelaySettings, *, ready: Callable[[str], None]) -> None:
    """Take webhooks until the task is cancelled."""
    with only_process(settings.folder):
        store, key = make_store(settings), RelayKey(settings.key.get_secret_value())
        await asyncio.to_thread(store.open)
        app = RelayApp(settings, store, key, SystemClock()).app
        if settings.is_public or settings.plain_outside:
            log.warning("relay.without_tls")
        runner = web.AppRunner(app, access_log=None)  # an access log would hold numbers and texts (GET webhooks)
        await runner.setup()
        try:
            site = web.TCPSite(runner, settings.host, settings.port, ssl_context=_tls(settings))
            await _start(site, settings)
            ready(site.name if settings.port else _address(runner))
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()


def _address(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"


async def _start(site: web.TCPSite, settings: RelaySettings) -> None:
    try:
        await site.start()
    except OSError as error:
        raise SettingsError(
            f"設定 port: {settings.host}:{settings.port} で待ち受けできません({error.strerror})。",
            f"Setting port: cannot listen on {settings.host}:{settings.port} ({error.strerror}).", field="port",
        ) from None  # fmt: skip


def _tls(settings: RelaySettings) -> ssl.SSLContext | None:
    if settings.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.certificate, settings.certificate_key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"設定 certificate: 証明書を読めません({type(error).__name__})。",
            f"Setting certificate: it cannot be read ({type(error).__name__}).", field="certificate",
        ) from None  # fmt: skip
    return context


def status_lines(settings: RelaySettings) -> list[str]:
    """What waits in the folder, for a person; it can be asked while the relay runs."""
    files = sorted((settings.folder / "waiting").glob("*.sealed"))
    oldest = datetime.fromtimestamp(files[0].stat().st_mtime, UTC).isoformat(timespec="seconds") if files else "-"
    size = sum(path.stat().st_size for path in files)
    return [
        f"{settings.public_url}  {settings.folder}",
        f"待っている要求 waiting: {len(files)} ({size} bytes, 上限 most {settings.most_waiting_megabytes} MB)",
        f"いちばん古いもの oldest: {oldest}",
        *(f"受け口 address: {address.kind}/{address.account}" for address in settings.address),
    ]
