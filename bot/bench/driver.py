"""A running demo in a child process, driven over HTTP as a carrier and its phones would."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import aiohttp

_PATIENCE_SECONDS = 60.0
_CONNECTIONS = 64


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def phones(number: int, start: int = 0) -> list[str]:
    """As many Japanese mobile numbers (E.164)."""
    return [f"+8190{20_000_000 + start + index}" for index in range(number)]


@dataclass
class Demo:
    """``mimamori demo`` as a child process; ``start`` again after ``kill`` finds the same data."""

    folder: Path
    port: int = field(default_factory=free_port)
    start_seconds: float = 0.0
    _process: subprocess.Popen[bytes] | None = None
    _http: aiohttp.ClientSession | None = None
    _texts: int = 0

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
        self._http = aiohttp.ClientSession(f"http://127.0.0.1:{self.port}", connector=connector)
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.kill()
        if self._http:
            await self._http.close()

    async def start(self) -> None:
        """Start the process and wait until it answers."""
        command = [
            sys.executable,
            "-m",
            "bot",
            "demo",
            "--data",
            str(self.folder),
            "--port",
            str(self.port),
            "--no-samples",
        ]
        began = time.monotonic()
        self._process = subprocess.Popen(  # noqa: ASYNC220, S603  # our own command, started once
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        while time.monotonic() - began < _PATIENCE_SECONDS:
            with contextlib.suppress(aiohttp.ClientError):
                await self.get("/healthz")
                self.start_seconds = time.monotonic() - began
                return
            await asyncio.sleep(0.02)
        raise TimeoutError("the demo did not start")

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    @property
    def megabytes(self) -> float:
        """Resident memory of the process (0 where the system does not tell)."""
        pid = self._process.pid if self._process else 0
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) / 1024
        return 0.0

    async def get(self, path: str) -> Any:  # noqa: ANN401  # JSON is anything
        assert self._http  # noqa: S101  # for the type checker
        async with self._http.get(path) as answer:
            return await answer.json()

    async def post(self, path: str, data: dict[str, Any]) -> int:
        """The status of the answer."""
        assert self._http  # noqa: S101  # for the type checker
        async with self._http.post(path, json=data) as answer:
            await answer.read()
            return answer.status

    async def enrol(self, numbers: Iterable[str]) -> None:
        """Residents who have consented."""
        numbers = list(numbers)
        person = {"name": "負荷 太郎", "kana": "フカ タロウ", "program": "influenza", "birth_date": "1980-01-01"}
        await _gathered(self.post("/demo/api/residents", {**person, "phone": number}) for number in numbers)
        await self.settle()
        await _gathered(self.text(number, "1") for number in numbers)
        await self.settle()

    async def text(self, number: str, text: str, message_id: str | None = None) -> int:
        """One text from that phone; the webhook's status."""
        self._texts += 1
        message_id = message_id or f"{os.getpid()}-{time.monotonic_ns()}-{self._texts}"
        data = {"id": message_id, "from": number, "to": "+815000000000", "text": text}
        return await self.post("/webhook/sandbox/demo", data)

    async def settle(self) -> None:
        """Until everything has come to rest."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            assert self._http  # noqa: S101  # for the type checker
            async with self._http.post("/demo/api/settle") as answer:
                if json.loads(await answer.read())["settled"]:
                    return
        raise TimeoutError("the demo did not come to rest")

    async def ahead(self) -> float:
        """Seconds by which the demo's clock is ahead of this process's (to a millisecond or two)."""
        before = time.time()
        now = datetime.fromisoformat((await self.get("/demo/api/clock"))["now"]).timestamp()
        return now - (before + time.time()) / 2

    async def messages(self, number: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.get(f"/demo/api/phones/{number}/messages")
        return found


async def _gathered(calls: Iterable[Any]) -> None:
    await asyncio.gather(*calls)


@contextlib.asynccontextmanager
async def demo_in(folder: Path) -> AsyncIterator[Demo]:
    """A demo that ends with the block."""
    async with Demo(folder) as demo:
        yield demo
