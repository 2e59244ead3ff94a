"""Who gets in, and what a session is good for."""

import re

import pytest

from bot.web.console import accounts
from bot.web.console.login import safe_target
from bot.web.session import CONTENT_SECURITY_POLICY

PAGES = {
    "/console/": "staff",
    "/console/live": "staff",
    "/console/calls": "staff",
    "/console/enrol": "staff",
    "/console/scripts": "manager",
    "/console/accounts": "admin",
}
RANK = ["staff", "manager", "admin"]


async def test_whoever_is_not_signed_in_is_led_to_the_login_and_back(demo):
    visitor = await demo.visitor()
    page = await visitor.get("/console/calls")
    assert page.path == "/console/login"
    assert 'value="/console/calls"' in page.html
    assert (await visitor.sign_in("nurse", target="/console/calls")).path == "/console/calls"


async def test_the_login_goes_on_to_pages_of_the_console_only(demo):
    visitor = await demo.visitor()
    assert (await visitor.sign_in("nurse", target="https://example.org/console/")).path == "/console/"


@pytest.mark.parametrize(
    "target",
    ["//example.org", "https://example.org", "/console//example.org", "/console/\\x", "/demo/", "/console/login", ""],
)
def test_no_other_place_is_a_target_after_the_login(target):
    assert safe_target(target) == "/console/"


@pytest.mark.parametrize("login, password", [("nurse", "wrong-password"), ("nobody", "mimamori-demo"), ("", "")])
async def test_a_wrong_login_and_a_wrong_password_look_the_same(demo, login, password):
    page = await (await demo.visitor()).sign_in(login, password)
    assert page.status == 403
    assert "ログイン名かパスワードが違います" in page.text


async def test_an_unknown_login_costs_as_much_work_as_a_known_one(demo, monkeypatch):
    hashed = []
    fits = accounts._fits
    monkeypatch.setattr(accounts, "_fits", lambda *both: hashed.append(both) or fits(*both))
    await (await demo.visitor()).sign_in("nobody", "whatever")
    assert len(hashed) == 1
    assert hashed[0][0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_passwords_are_kept_as_argon2id(demo):
    assert all(row["password_hash"].startswith("$argon2id$") for row in await demo.rows("staff"))


async def test_tries_again_and_again_must_wait_ever_longer_even_with_the_right_password(demo):
    visitor = await demo.visitor()
    for _ in range(4):
        assert (await visitor.sign_in("nurse", "wrong")).status == 403
    waits = []
    for _ in range(3):
        page = await visitor.sign_in("nurse")
        assert page.status == 429
        assert "お待ちください" in page.text
        waits.append(int(page.headers["Retry-After"]))
        await demo.advance(f"{waits[-1]}s")
        assert (await visitor.sign_in("nurse", "wrong")).status == 403
    assert waits == [2, 4, 8]
    await demo.advance("1m")
    assert (await visitor.sign_in("nurse")).path == "/console/"


async def test_the_tries_of_one_login_do_not_lock_another(demo):
    visitor = await demo.visitor()
    for _ in range(6):
        await visitor.sign_in("clerk", "wrong")
    assert (await visitor.sign_in("nurse")).path == "/console/"


async def test_a_form_without_the_sessions_token_does_nothing(demo, nurse):
    nurse.csrf = "made-up"
    page = await nurse.post("/console/logout")
    assert page.status == 403
    assert "フォームの有効期限が切れました" in page.text
    assert (await nurse.get("/console/")).status == 200


async def test_the_token_of_another_session_is_no_good(demo, nurse):
    clerk = await demo.signed_in("clerk")
    nurse.csrf = clerk.csrf
    assert (await nurse.post("/console/enrol", {"name": "x"})).status == 403


async def test_every_post_of_the_console_asks_for_the_token(demo, admin):
    admin.csrf = ""
    await demo.enrol("+819011110001")
    actions = ["take-over", "reply", "hand-back", "confirm-release", "confirm-number", "close"]
    paths = [f"/console/conversations/1/{action}" for action in actions]
    for path in [*paths, "/console/calls/1", "/console/enrol", "/console/accounts", "/console/accounts/1"]:
        assert (await admin.post(path)).status == 403, path


@pytest.mark.parametrize("login", ["nurse", "manager", "admin"])
async def test_each_role_sees_its_pages_and_no_others(demo, login):
    visitor = await demo.signed_in(login)
    role = {"nurse": "staff"}.get(login, login)
    home = (await visitor.get("/console/")).html
    for path, needed in PAGES.items():
        allowed = RANK.index(role) >= RANK.index(needed)
        assert (await visitor.get(path)).status == (200 if allowed else 403), path
        if not path.endswith("live"):
            assert (f'href="{path}"' in home) is allowed


async def test_a_page_that_one_may_not_open_says_so_in_words(nurse):
    page = await nurse.get("/console/accounts")
    assert page.status == 403
    assert "このページを開く権限がありません" in page.text


async def test_signing_out_ends_the_session_also_for_a_kept_cookie(demo, nurse):
    kept = next(cookie.value for cookie in nurse.http.cookie_jar if cookie.key == "mimamori")
    assert (await nurse.post("/console/logout")).path == "/console/login"
    assert (await nurse.get("/console/")).path == "/console/login"
    thief = await demo.visitor()
    assert (await thief.get("/console/", headers={"Cookie": f"mimamori={kept}"})).path == "/console/login"


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(demo):
    page = await (await demo.visitor()).get("/console/login")
    cookie = page.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))


@pytest.mark.parametrize("path", ["/console/", "/console/login", "/console/static/base.css", "/no/such/page", "/demo/"])
async def test_every_answer_carries_the_security_headers(nurse, path):
    headers = (await nurse.get(path)).headers
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"


async def test_pages_with_personal_data_are_kept_by_no_cache(demo, nurse):
    await demo.enrol("+819011110001")
    for path in ["/console/", "/console/live", "/console/conversations/1", "/console/calls"]:
        assert (await nurse.get(path)).headers["Cache-Control"] == "no-store"


async def test_no_page_holds_a_script_or_a_style_of_its_own(demo, admin):
    await demo.consented("+819011110001")
    await demo.text("+819011110001", "息が苦しい 38.2")
    for path in [*PAGES, "/console/conversations/1", "/console/login", "/demo/"]:
        html = (await admin.get(path)).html
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", html), path
