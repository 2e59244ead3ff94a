"""A bind that is made again whenever it is lost, and the pace at which the SMSC wants its texts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from bot.gateways.smpp_answers import BIND_FAULTS, code_of
from bot.gateways.smpp_session import BindRefused, Lost, Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.gateways.smpp_account import SmppAccount
    from bot.gateways.smpp_pdu import Pdu

log = structlog.get_logger(__name__)

_MOST_DOUBLINGS = 16


class Link:
    """Keeps one bind. ``came`` is called for each deliver_sm.

    Of a bind that receives, ``back`` is called when it is there, ``lost`` with what the SMSC may send again.
    """

    def __init__(
        self,
        account: SmppAccount,
        kind: str,
        chance: Callable[[], float],
        came: Callable[[Session, Pdu], None],
        lost: Callable[[list[bytes]], None],
        back: Callable[[], None],
    ) -> None:
        self._mine = account
        self._kind = kind
        self._chance = chance
        self._came = came
        self._lost = lost
        self._back = back
        self._receives = kind != "transmitter"
        self._session: Session | None = None
        self._settled = asyncio.Event()
        self._stopped = False
        self.refused: int | None = None
        """Why the last bind was refused, where an operator must act; None otherwise."""

    @property
    def is_bound(self) -> bool:
        return self._session is not None

    async def session(self) -> Session | None:
        """The bound session; None where there is none just now. An attempt that is being made is waited for."""
        try:
            async with asyncio.timeout(self._mine.answer_seconds):
                await self._settled.wait()
        except TimeoutError:
            return None
        return self._session

    async def keep(self) -> None:
        """Bind, serve, and come back after a loss, ever more slowly, until cancelled."""
        tries, loop, self._stopped = 0, asyncio.get_running_loop(), False
        while not self._stopped:
            began = loop.time()
            why = await self._once()
            if loop.time() - began > self._mine.reconnect_to:
                tries = 0
            delay = self._delay(tries)
            log.warning("smpp.away", account=self._mine.account, bind=self._kind, why=why, seconds=round(delay, 1))
            tries += 1
            await asyncio.sleep(delay)

    def _delay(self, tries: int) -> float:
        """Doubled each time, up to the most, less a chance part; an account that is refused waits longest at once."""
        mine = self._mine
        doubled = mine.reconnect_from * 2 ** min(tries, _MOST_DOUBLINGS)
        most = mine.reconnect_to if self.refused is not None else min(mine.reconnect_to, doubled)
        return most * (0.5 + 0.5 * self._chance())

    async def _once(self) -> str:
        """One life of the connection; why it ended."""
        self._settled.clear()
        try:
            return await self._serve(await Session.open(self._mine, self._came))
        except (OSError, TimeoutError) as error:
            return type(error).__name__
        finally:
            self._session = None
            self._settled.set()

    async def _serve(self, session: Session) -> str:
        try:
            await session.bind(self._kind)
            self.refused = None
            self._session = session
            self._settled.set()
            if self._receives:
                self._back()
            log.info("smpp.bound", account=self._mine.account, bind=self._kind)
            return await session.serve()
        except BindRefused as error:
            self.refused = error.status if error.status in BIND_FAULTS else None
            return f"bind refused {code_of(error.status)}"
        except (Lost, TimeoutError) as error:
            return f"bind: {type(error).__name__}"
        finally:
            session.drop("ended")
            if self._receives:
                self._lost(session.unconfirmed())

    async def leave(self) -> None:
        """Unbind, and do not come back."""
        self._stopped = True
        if self._session is not None:
            await self._session.leave()


class Pace:
    """Slows down while the SMSC says that it is too much, and speeds up again as it takes texts.

    Between two texts lies a gap that doubles when the SMSC throttles (once for all that were under way then) and
    shrinks by a tenth with each text taken.
    """

    FIRST, MOST, PATIENCE = 0.05, 5.0, 15.0

    def __init__(self) -> None:
        self.gap = 0.0
        self._next = 0.0
        self._raised = 0.0

    async def turn(self) -> float | None:
        """Wait for a turn: the moment of it, or None where it would be too long to wait."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._next)
        if at - now > self.PATIENCE:
            return None
        self._next = at + self.gap
        await asyncio.sleep(at - now)
        return max(at, now)

    def throttled(self, turn: float) -> None:
        """The SMSC would not take the text of that turn for now."""
        now = asyncio.get_running_loop().time()
        if turn >= self._raised:
            self.gap = min(self.MOST, max(self.FIRST, self.gap * 2))
            self._raised = now
            self._next = max(self._next, now + self.gap)

    def taken(self) -> None:
        self.gap = self.gap * 0.9 if self.gap > self.FIRST / 10 else 0.0
