"""Passwords and accounts of staff (Argon2id; parameters as OWASP's password storage cheat sheet recommends)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.domain.errors import InvalidInput
from bot.storage import accounts as rows
from bot.storage.accounts import Account, Role

if TYPE_CHECKING:
    from bot.domain.clock import Clock
    from bot.storage.database import Database

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
_LONGEST_NAME = 40
_LOGIN = re.compile(r"^[a-z0-9][a-z0-9._-]{1,39}$")

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")  # each hash takes 19 MB
_T = TypeVar("_T")
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$3oX3soLTZ7CyfMnL9bxYmw$0TbMF2+Yeq2cXLLjs3c7b3VbtZ86PG9BX1Oha5WvdYI"
"""Hash of no password: a login that does not exist takes as long as one that does."""


async def verify(database: Database, login: str, password: str) -> Account | None:
    """The active account with that login and password; None otherwise, after the same work."""
    account = None
    if _LOGIN.match(login):
        async with database.read() as tx:
            account = await rows.find_by_login(tx, login)
    stored = account.password_hash if account else _NOBODY
    fits = await _in_thread(_fits, stored, password[:LONGEST_PASSWORD])
    if account is None or not fits or not account.active:
        return None
    if _hasher.check_needs_rehash(stored):
        fresh = await _in_thread(_hasher.hash, password)
        async with database.write() as tx:
            await rows.rehash_password(tx, account.id, stored, fresh)
    return account


async def add_account(  # the fields of an account
    database: Database, clock: Clock, login: str, name: str, role: str, password: str
) -> int:
    """Add an account; its id. Raises InvalidInput, whose ``field`` is login, name, role or password."""
    login, name = check_login(login), check_name(name)
    checked_role, password_hash = check_role(role), await hash_password(password)
    async with database.write() as tx:
        added = await rows.add_account(tx, login, name, checked_role, password_hash, clock.now())
    if added is None:
        raise InvalidInput("そのログイン名はもう使われています。", "This login is taken.", field="login")
    return added


async def hash_password(password: str) -> str:
    """Raises InvalidInput for a password that is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise InvalidInput(
            f"パスワードは{SHORTEST_PASSWORD}文字以上、{LONGEST_PASSWORD}文字までにしてください。",
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.",
            field="password",
        )
    return await _in_thread(_hasher.hash, password)


def check_login(login: str) -> str:
    """As it is stored (small letters)."""
    login = login.strip().lower()
    if not _LOGIN.match(login):
        raise InvalidInput(
            "ログイン名は半角の英小文字・数字・. _ - で2〜40文字にしてください。",
            "A login has 2 to 40 small letters, digits, dots, hyphens or underscores.",
            field="login",
        )
    return login


def check_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidInput(
            f"氏名を{_LONGEST_NAME}文字までで入力してください。",
            f"Give a name of up to {_LONGEST_NAME} characters.",
            field="name",
        )
    return name


def check_role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        listed = ", ".join(Role)
        raise InvalidInput(f"権限は {listed} から選んでください。", f"Choose a role: {listed}.", field="role") from None


def _fits(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


async def _in_thread(work: Callable[..., _T], *arguments: str) -> _T:
    """Off the event loop, two at a time."""
    return await asyncio.get_running_loop().run_in_executor(_threads, work, *arguments)
