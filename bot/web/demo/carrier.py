"""The sandbox carrier: takes texts, "delivers" them to simulated phones, and keeps its own log of what it did.

It stands outside: it knows nothing of conversations, answers over HTTP only, and its log (sealed, one line an event) is
written before each answer, so it can judge whether anything was sent twice.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import errno
import json
import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import aiohttp
import structlog
from aiohttp import web

from bot.domain.sms import sms_length

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.clock import Clock
    from bot.storage.keys import Keyring

log = structlog.get_logger(__name__)

MODES = ("normal", "slow", "lossy", "down")
_SLOW_SECONDS = 3.0
_GATHER_SECONDS = 0.005
_RETRY_SECONDS = 0.5
_MOST_RECEIPTS = 200
_LOSE_EVERY, _DROP_ANSWER_EVERY = 4, 3


class Carrier:
    """``messages[phone]`` holds what reached the carrier for that phone, in order, each with its state."""

    def __init__(self, file: Path, keyring: Keyring, clock: Clock) -> None:
        self.mode = "normal"
        self.messages: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._by_reference: dict[str, dict[str, Any]] = {}
        self._by_id: dict[str, dict[str, Any]] = {}
        self._keyring = keyring
        self._clock = clock
        self._receipts: list[dict[str, Any]] = []
        self._some_receipts = asyncio.Event()
        self._taken = 0
        self._replay(file)
        self._file = file.open("ab", buffering=0)

    @property
    def pending(self) -> int:
        """Receipts that were not handed over yet."""
        return len(self._receipts)

    def setup(self, app: web.Application) -> None:
        app.router.add_post("/demo/carrier/messages", self._take)
        app.router.add_get("/demo/carrier/messages/{reference}", self._tell)

    async def deliver(self, receipts_url: str) -> None:
        """Hand receipts over for ever; those that were not taken are offered again."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
            while True:
                await self._some_receipts.wait()
                await asyncio.sleep(_GATHER_SECONDS)
                batch = self._receipts[:_MOST_RECEIPTS]
                if not await _handed_over(http, receipts_url, batch):
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                with contextlib.suppress(OSError):  # a full disk: after a restart they are handed over again
                    for receipt in batch:
                        self._write({"type": "receipt", **receipt})
                del self._receipts[: len(batch)]
                if not self._receipts:
                    self._some_receipts.clear()

    def close(self) -> None:
        self._file.close()

    async def _take(self, request: web.Request) -> web.Response:
        if self.mode == "down":
            raise web.HTTPServiceUnavailable(text="carrier is down")
        if self.mode == "slow":
            await asyncio.sleep(_SLOW_SECONDS)
        data = await request.json()
        message = self._accept(data)
        if self.mode == "lossy" and self._taken % _DROP_ANSWER_EVERY == 0 and request.transport:
            request.transport.abort()  # the answer is lost on its way back
        return web.json_response({"id": message["id"]})

    async def _tell(self, request: web.Request) -> web.Response:
        message = self._by_reference.get(request.match_info["reference"])
        if message is None:
            raise web.HTTPNotFound(text="never seen")
        return web.json_response({"id": message["id"]})

    def _accept(self, data: dict[str, Any]) -> dict[str, Any]:
        self._taken += 1
        lost = self.mode == "lossy" and self._taken % _LOSE_EVERY == 0
        message = {
            "type": "text", "id": f"c{len(self._by_id) + 1}", "reference": data["reference"], "to": data["to"],
            "text": data["text"], "at": self._clock.now().isoformat(), "segments": sms_length(data["text"]).segments,
            "state": "undelivered" if lost else "delivered",
        }  # fmt: skip
        self._write(message)
        self._keep(message)
        self._receipts.append({"id": message["id"], "status": message["state"]})
        self._some_receipts.set()
        return message

    def _keep(self, message: dict[str, Any]) -> None:
        self.messages[message["to"]].append(message)
        self._by_reference.setdefault(message["reference"], message)
        self._by_id[message["id"]] = message

    def _write(self, event: dict[str, Any]) -> None:
        """One whole line, or OSError and none of it: half a line would spoil the next one too."""
        line = base64.b64encode(self._keyring.seal(json.dumps(event))) + b"\n"
        end = self._file.seek(0, os.SEEK_END)
        written = 0
        try:
            written = self._file.write(line)
        finally:
            if written != len(line):
                self._file.truncate(end)
        if written != len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _replay(self, file: Path) -> None:
        if not file.exists():
            return
        told = set()
        whole, end, cut = file.read_bytes().rpartition(b"\n")
        if cut:  # by a crash, before its text was answered for
            os.truncate(file, len(whole + end))
        for line in whole.splitlines():
            with contextlib.suppress(ValueError):
                event = json.loads(self._keyring.open(base64.b64decode(line, validate=True)))
                if event["type"] == "text":
                    self._keep(event)
                else:
                    told.add(event["id"])
        waiting = [message for key, message in self._by_id.items() if key not in told]
        self._receipts = [{"id": message["id"], "status": message["state"]} for message in waiting]
        if waiting:
            self._some_receipts.set()


async def _handed_over(http: aiohttp.ClientSession, url: str, receipts: list[dict[str, Any]]) -> bool:
    try:
        async with http.post(url, json=receipts) as answer:
            return answer.ok
    except (aiohttp.ClientError, TimeoutError) as error:
        log.warning("carrier.receipts_not_taken", error=type(error).__name__)
        return False
