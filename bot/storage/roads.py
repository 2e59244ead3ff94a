"""The state of each road, as those who send by it tell it: the same for every process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from bot.domain.roads import PROBE, RoadState, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.engine import RowMapping

    from bot.storage.database import Tx


async def road_states(tx: Tx) -> dict[str, RoadState]:
    """Every road that something was sent by, or tried to."""
    return {row["road"]: _state(row) for row in await tx.all(select(tx.t.roads))}


async def lock_roads(tx: Tx, names: Iterable[str], now: datetime) -> dict[str, RoadState]:
    """These roads, made where they are new; nobody else changes them until the transaction ends."""
    roads, names = tx.t.roads, sorted(set(names))
    new = [{"road": name, "state": Standing.UP, "since": now, "code": "", "failures": 0} for name in names]
    if new:
        await tx.run(tx.insert(roads).on_conflict_do_nothing(), new)
    rows = await tx.all(select(roads).where(roads.c.road.in_(names)).order_by(roads.c.road).with_for_update())
    return {row["road"]: _state(row) for row in rows}


async def save_road(tx: Tx, state: RoadState) -> None:
    """What is known of a road now."""
    roads = tx.t.roads
    values = {
        "state": state.state, "since": state.since, "code": state.code[:60], "failures": state.failures,
        "sent_at": state.sent_at, "probe_at": state.probe_at,
    }  # fmt: skip
    await tx.run(update(roads).where(roads.c.road == state.road).values(**values))


async def begin_probe(tx: Tx, road: str, now: datetime) -> bool:
    """Whether this process is the one that tries a road that is down."""
    roads = tx.t.roads
    due = roads.c.road == road, roads.c.state != Standing.UP, roads.c.probe_at <= now
    done = await tx.run(update(roads).where(*due).values(state=Standing.PROBING, probe_at=now + PROBE))
    return bool(done.rowcount)


def _state(row: RowMapping) -> RoadState:
    return RoadState(
        row["road"], Standing(row["state"]), row["since"], row["code"], row["failures"], row["sent_at"], row["probe_at"]
    )
