"""The SMSC of ``smsc.py`` as a process that can be killed and started again on the same ports and folder."""

import asyncio
import sys

import aiohttp

from tests.support.child import CHECKOUT, Child


class SmscProcess:
    """``port`` is where it speaks SMPP."""

    def __init__(self, reaper, folder, port, control):
        self.port = port
        self._reaper, self._folder, self._control = reaper, folder, control
        self._child = None

    async def start(self, **behaviour):
        command = [sys.executable, "-m", "tests.support.smsc", "--port", str(self.port)]
        command += ["--control", str(self._control), "--folder", self._folder]
        self._child = Child(command, self._reaper, cwd=CHECKOUT)
        await asyncio.to_thread(self._child.wait_for, "SMSC listening")
        await self.behave(**behaviour)

    def kill(self):
        self._child.kill()

    async def behave(self, **behaviour):
        await self._ask("POST", "/behave", behaviour)

    async def phones_send(self, replies):
        """``replies`` are (number, text)."""
        items = [{"from": phone, "to": "815012345678", "text": words} for phone, words in replies]
        await self._ask("POST", "/phone", items)

    async def release(self):
        await self._ask("POST", "/release", {})

    async def state(self):
        """``taken``, and how many deliveries are ``waiting``."""
        return await self._ask("GET", "/state")

    async def _ask(self, method, path, body=None):
        async with aiohttp.request(method, f"http://127.0.0.1:{self._control}{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()
