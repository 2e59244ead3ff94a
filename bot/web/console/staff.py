"""For administrators: accounts of staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from bot.domain.errors import InvalidInput, Refused
from bot.storage.accounts import Account, Role, all_accounts, change_account, find_account, other_active_admins
from bot.storage.audit import note_action
from bot.web.console.access import Visit, told
from bot.web.console.accounts import SHORTEST_PASSWORD, add_account, check_role, hash_password

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.errors import MimamoriError
    from bot.storage.database import Tx


async def show(visit: Visit) -> web.StreamResponse:
    """The list and the form for a new account."""
    return await _page(visit)


async def add(visit: Visit) -> web.StreamResponse:
    """A new account."""
    values = {name: visit.form.get(name, "") for name in ("login", "name", "role")}
    try:
        await add_account(
            visit.ports.database, visit.ports.clock, values["login"], values["name"], values["role"],
            visit.form.get("password", ""),
        )  # fmt: skip
    except InvalidInput as error:
        return await _page(visit, error, values)
    await _note(visit, "account_added")
    visit.say("good", f"{values['name']}さんのアカウントを作りました。", "The account was added.")
    raise web.HTTPSeeOther("/console/accounts")


async def change(visit: Visit) -> web.StreamResponse:
    """Change role, password or activity of one account; it is signed out everywhere."""
    async with visit.ports.database.read() as tx:
        account = await find_account(tx, visit.number("id"))
    if account is None:
        raise web.HTTPNotFound
    try:
        values, done = await _change(visit, account)
    except (InvalidInput, Refused) as error:
        return await _page(visit, error)
    async with visit.ports.database.write() as tx:
        refused = await _last_admin_would_go(tx, account, values)
        if not refused:
            await change_account(tx, account.id, **values)
            await note_action(tx, visit.who.login, f"account_{done}", None, visit.now)
    if refused:
        return await _page(visit, _LAST_ADMIN)
    changed = f"{account.name}さんのアカウントを変えました。ログインし直しが必要です。"
    visit.say("good", changed, "Changed; they must sign in again.")
    raise web.HTTPSeeOther("/console/accounts")


_LAST_ADMIN = Refused(
    "システム管理者がいなくなるため、変えられません。先にほかの方を管理者にしてください。",
    "There must be another administrator first.",
)


async def _change(visit: Visit, account: Account) -> tuple[dict[str, object], str]:
    """The new values, and the audit's word for them."""
    what = visit.form.get("what", "")
    if what == "role":
        return {"role": check_role(visit.form.get("role", ""))}, "role"
    if what == "password":
        return {"password_hash": await hash_password(visit.form.get("password", ""))}, "password"
    if what == "active":
        return {"active": not account.active}, "deactivated" if account.active else "activated"
    raise InvalidInput("操作を選んでください。", "Choose what to change.")


async def _last_admin_would_go(tx: Tx, account: Account, values: Mapping[str, object]) -> bool:
    stays = values.get("role", account.role) == Role.ADMIN and values.get("active", account.active)
    leads = account.role is Role.ADMIN and account.active
    return leads and not stays and await other_active_admins(tx, account.id) == 0


async def _note(visit: Visit, action: str) -> None:
    async with visit.ports.database.write() as tx:
        await note_action(tx, visit.who.login, action, None, visit.now)


async def _page(
    visit: Visit, error: MimamoriError | None = None, values: Mapping[str, str] | None = None
) -> web.StreamResponse:
    async with visit.ports.database.read() as tx:
        accounts = await all_accounts(tx)
    return await visit.page(
        "accounts.html", status=409 if error else 200, accounts=accounts, values=values or {"role": "staff"},
        error=told(error) if error else None, field=error.field if error else None, shortest=SHORTEST_PASSWORD,
    )  # fmt: skip
