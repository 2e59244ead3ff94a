"""Accounts of staff; a change of role, password or activity logs the account out everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select, update

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import RowMapping

    from bot.domain.clock import Clock
    from bot.storage.database import Database, Tx


class Role(StrEnum):
    """What an account may do; each role includes the ones before it."""

    STAFF = "staff"
    MANAGER = "manager"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        return ("staff", "manager", "admin").index(self.value)


@dataclass(frozen=True, slots=True)
class Account:
    """One account. ``session_epoch`` rises with every change that must end its sessions."""

    id: int
    login: str
    name: str
    role: Role
    password_hash: str
    active: bool
    session_epoch: int
    created_at: datetime

    def may(self, role: Role) -> bool:
        """Whether this account may do what that role may."""
        return self.role.rank >= role.rank


async def add_account(tx: Tx, login: str, name: str, role: Role, password_hash: str, now: datetime) -> int | None:
    """The id of the new account; None where the login is taken."""
    statement = (
        tx.insert(tx.t.staff)
        .values(
            login=login,
            name=name,
            role=role,
            password_hash=password_hash,
            active=True,
            session_epoch=0,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["login"])
        .returning(tx.t.staff.c.id)
    )
    added: int | None = (await tx.run(statement)).scalar()
    return added


async def find_by_login(tx: Tx, login: str) -> Account | None:
    staff = tx.t.staff
    row = await tx.one(select(staff).where(staff.c.login == login))
    return _account(row) if row else None


async def find_account(tx: Tx, account_id: int) -> Account | None:
    staff = tx.t.staff
    row = await tx.one(select(staff).where(staff.c.id == account_id))
    return _account(row) if row else None


async def all_accounts(tx: Tx) -> Sequence[Account]:
    """Active ones first, then by login."""
    staff = tx.t.staff
    return [_account(row) for row in await tx.all(select(staff).order_by(staff.c.active.desc(), staff.c.login))]


async def names_by_login(tx: Tx) -> dict[str, str]:
    """How each login's person is called; also of accounts that are no longer active."""
    staff = tx.t.staff
    return {row["login"]: row["name"] for row in await tx.all(select(staff.c.login, staff.c.name))}


async def other_active_admins(tx: Tx, account_id: int) -> int:
    """How many administrators there are besides this account."""
    staff = tx.t.staff
    query = select(func.count()).select_from(staff)
    query = query.where(staff.c.role == Role.ADMIN, staff.c.active, staff.c.id != account_id)
    return int(await tx.value(query))


async def change_account(tx: Tx, account_id: int, **values: object) -> None:
    """Change ``role``, ``active``, ``name`` or ``password_hash``; sessions of the account end."""
    staff = tx.t.staff
    statement = update(staff).where(staff.c.id == account_id)
    await tx.run(statement.values(**values, session_epoch=staff.c.session_epoch + 1))


async def rehash_password(tx: Tx, account_id: int, old_hash: str, new_hash: str) -> None:
    """The same password under newer hashing parameters; sessions live on."""
    staff = tx.t.staff
    unchanged = (staff.c.id == account_id, staff.c.password_hash == old_hash)
    await tx.run(update(staff).where(*unchanged).values(password_hash=new_hash))


def _account(row: RowMapping) -> Account:
    return Account(**{**row, "role": Role(row["role"])})


class DemoAccount(NamedTuple):
    """An account of the demo, which listens on loopback only."""

    login: str
    name: str
    role: Role


DEMO_PASSWORD = "mimamori-demo"  # noqa: S105  # the demo prints it
_DEMO_HASH = "$argon2id$v=19$m=19456,t=2,p=1$4cpwCC+q1ZN9mrA/RYnR+w$KAh3urGVMtcFNEZAcurAQyWA05VlO4VRyu9DeayhjBA"
DEMO_ACCOUNTS = (
    DemoAccount("nurse", "山口 みどり", Role.STAFF),
    DemoAccount("clerk", "大野 航", Role.STAFF),
    DemoAccount("manager", "三浦 恵", Role.MANAGER),
    DemoAccount("admin", "岡田 修", Role.ADMIN),
)


async def ensure_demo_accounts(database: Database, clock: Clock) -> None:
    """The demo's accounts, all with DEMO_PASSWORD; those that are there are left as they are."""
    async with database.write() as tx:
        for account in DEMO_ACCOUNTS:
            await add_account(tx, account.login, account.name, account.role, _DEMO_HASH, clock.now())
