"""Accounts: what administrators do with them."""

import pytest

from bot.domain.clock import FixedClock
from bot.domain.errors import InvalidInput
from bot.storage.accounts import Role
from bot.web.console.accounts import add_account, verify
from tests.support.house import START

GOOD = {"login": "suzuki", "name": "鈴木 一", "role": "staff", "password": "a long password"}


async def test_a_new_account_can_sign_in(demo, admin):
    page = await admin.post("/console/accounts", GOOD)
    assert page.path == "/console/accounts"
    assert "鈴木 一さんのアカウントを作りました" in page.text
    visitor = await demo.visitor()
    assert (await visitor.sign_in("Suzuki", "a long password")).path == "/console/"


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"login": "あ"}, "ログイン名は"),
        ({"login": "nurse"}, "もう使われています"),
        ({"name": ""}, "氏名を"),
        ({"role": "king"}, "権限は"),
        ({"password": "short"}, "10文字以上"),
    ],
)
async def test_a_wrong_field_of_a_new_account_is_told_and_the_others_are_kept(admin, wrong, words):
    page = await admin.post("/console/accounts", {**GOOD, **wrong})
    assert page.status == 409
    assert words in page.text
    assert "a long password" not in page.text


@pytest.mark.parametrize("change", [{"what": "active"}, {"what": "role", "role": "manager"},
                                    {"what": "password", "password": "another password"}])  # fmt: skip
async def test_a_changed_account_is_signed_out_everywhere(demo, admin, nurse, change):
    [account] = [row for row in await demo.rows("staff") if row["login"] == "nurse"]
    assert (await nurse.get("/console/")).path == "/console/"
    await admin.post(f"/console/accounts/{account['id']}", change)
    assert (await nurse.get("/console/")).path == "/console/login"
    assert (await nurse.get("/console/live")).status == 401


async def test_an_inactive_account_cannot_sign_in_until_it_is_active_again(demo, admin):
    [account] = [row for row in await demo.rows("staff") if row["login"] == "clerk"]
    await admin.post(f"/console/accounts/{account['id']}", {"what": "active"})
    assert (await (await demo.visitor()).sign_in("clerk")).status == 403
    await admin.post(f"/console/accounts/{account['id']}", {"what": "active"})
    assert (await (await demo.visitor()).sign_in("clerk")).path == "/console/"


@pytest.mark.parametrize("change", [{"what": "active"}, {"what": "role", "role": "staff"}])
async def test_the_last_administrator_stays(demo, admin, change):
    [account] = [row for row in await demo.rows("staff") if row["login"] == "admin"]
    page = await admin.post(f"/console/accounts/{account['id']}", change)
    assert page.status == 409
    assert "システム管理者がいなくなる" in page.text
    assert (await admin.get("/console/accounts")).status == 200


async def test_what_happens_to_accounts_is_audited(demo, admin):
    await admin.post("/console/accounts", GOOD)
    [account] = [row for row in await demo.rows("staff") if row["login"] == "suzuki"]
    await admin.post(f"/console/accounts/{account['id']}", {"what": "active"})
    actions = [(row["staff"], row["action"]) for row in await demo.rows("audit")]
    assert actions == [("admin", "signed_in"), ("admin", "account_added"), ("admin", "account_deactivated")]


async def test_accounts_are_added_and_verified_on_every_database(database):
    clock = FixedClock(START)
    await add_account(database, clock, " Sato ", "佐藤  花", "manager", "a long password")
    account = await verify(database, "sato", "a long password")
    assert account
    assert (account.login, account.name, account.role) == ("sato", "佐藤 花", Role.MANAGER)
    assert await verify(database, "sato", "a wrong password") is None
    with pytest.raises(InvalidInput, match="taken"):
        await add_account(database, clock, "SATO", "佐藤", "staff", "a long password")
