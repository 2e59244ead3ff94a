"""The relay and its inside: what comes is kept sealed, fetched in order, committed once, and what is odd is told."""

import asyncio
import base64
import contextlib
import json
import os
import resource
import shutil
import signal
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from bot.cli import app as command_line
from bot.domain.clock import FixedClock
from bot.domain.errors import InvalidInput, MimamoriError, NotFound, SettingsError, StorageUnavailable
from bot.domain.gateway import RefusedRequest, WebRequest
from bot.domain.messages import Outbound, Outcome
from bot.gateways.registry import gateway_class, load_account
from bot.gateways.relay_seal import InsideKeys, InsidePublic, Kept, new_keys, pack, unpack
from bot.gateways.relay_wire import FETCH, NONCE_HEADER, SIGNATURE_HEADER, Ack, question
from bot.relay.run import run_relay
from bot.relay.settings import load_relay
from bot.settings import shipped
from bot.web.webhook.forwarded import Forwarded
from tests.gateways.kit import NOW, post
from tests.relay.outside import PUBLIC
from tests.support.child import Child, mimamori
from tests.support.wait import until_async

PHONE, WORDS = "+819012345678", "息が苦しいです"
PATH = "/webhook/sandbox/demo"


def text(number, words=WORDS):
    return json.dumps({"id": f"m{number}", "from": PHONE, "to": "+815055500100", "text": words}, ensure_ascii=False)


async def posted(url, body=b"x", **how):
    """Status and body of the relay's answer."""
    async with (
        aiohttp.ClientSession() as http,
        http.request(how.pop("method", "POST"), url, data=body, **how) as answer,
    ):
        return answer.status, await answer.read()


async def filled(outside, *bodies):
    for body in bodies:
        assert (await posted(outside.url + PATH, body))[0] == 200


def noticed(inside):
    file = inside.mine.folder / "state.json"
    return [notice[1:] for notice in json.loads(file.read_bytes())["notices"]] if file.exists() else []


# -- the box ---------------------------------------------------------------------------------------------------------
def test_only_the_inside_opens_what_is_sealed_for_it():
    ours, others = InsideKeys(new_keys()["inside.key"]), InsideKeys(new_keys()["inside.key"])
    box = InsidePublic(ours.public).seal(b"secret")
    assert ours.open(box) == b"secret"
    assert box != InsidePublic(ours.public).seal(b"secret")
    for spoilt in (box[:-1], b"\x02" + box[1:], box[:40] + bytes([box[40] ^ 1]) + box[41:], b"", box[:20]):
        with pytest.raises(InvalidInput):
            ours.open(spoilt)
    with pytest.raises(InvalidInput):
        others.open(box)


def test_a_request_comes_out_as_it_went_in_and_its_length_tells_little():
    request = WebRequest("POST", f"{PUBLIC}/x?a=%20&b=é", {"x-sig": "é"}, bytes(range(256)), "203.0.113.7")
    kept = Kept("twilio", "main", NOW, request)
    assert unpack(pack(kept)) == kept
    short, long = (len(pack(Kept("a", "b", NOW, WebRequest("POST", "u", {}, b"x" * size)))) for size in (1, 300))
    assert short == long == 1024


# -- the way through -------------------------------------------------------------------------------------------------
async def test_a_request_goes_through_as_it_came_with_the_moment_at_which_the_relay_got_it(outside, kept):
    async with outside.served(FixedClock(NOW)):
        status, _ = await posted(f"{outside.url}{PATH}/receipts?b=%E3%81%82&a=1", b"\xff\x00", headers={"X-Sig": "s"})
        assert status == 200
        assert await outside.inside().step(kept) == 0
        ((kind, account, request),) = kept.requests
        assert (kind, account, kept.moments) == ("sandbox", "demo", [NOW])
        assert request.url == f"{PUBLIC}{PATH}/receipts?b=%E3%81%82&a=1"
        assert (request.method, request.body, request.header("x-sig"), request.peer) == ("POST", b"\xff\x00", "s",
                                                                                         "127.0.0.1")  # fmt: skip
        assert outside.waiting == []


async def test_many_requests_come_in_the_order_in_which_they_came(outside, kept):
    async with outside.served():
        await asyncio.gather(*(filled(outside, str(number)) for number in range(250)))
        inside = outside.inside()
        while outside.waiting:
            await inside.step(kept)
        assert sorted(map(int, kept.bodies)) == list(range(250))
        assert kept.moments == sorted(kept.moments)
        assert noticed(inside) == []


async def test_nothing_is_acknowledged_before_it_is_committed(outside, kept):
    async with outside.served():
        await filled(outside, "1", "2")
        inside = outside.inside()
        kept.away = StorageUnavailable("", "")
        assert await inside.step(kept) == 2
        assert len(outside.waiting) == 2
        kept.away = None
        await inside.step(kept)
        assert kept.bodies == [b"1", b"2"]
        assert (outside.waiting, noticed(inside)) == ([], [])


async def test_what_was_committed_but_not_acknowledged_is_committed_once(outside, kept):
    async with outside.served() as store:
        await filled(outside, "1")
        inside, acknowledge = outside.inside(), store.acknowledge
        store.acknowledge = lambda _acks: 1 / 0  # the relay fails just then
        with pytest.raises(MimamoriError):
            await inside.step(kept)
        store.acknowledge = acknowledge
        again = outside.inside()  # as another process
        await again.step(kept)
        assert (kept.bodies, outside.waiting, noticed(again)) == ([b"1"], [], [])


async def test_a_question_waits_until_something_comes(outside, kept):
    async with outside.served():
        inside = outside.inside()
        waiting = asyncio.create_task(inside.step(kept, wait=60))
        await until_async(lambda: inside._nonce, "the inside has asked")
        await filled(outside, "1")
        await waiting
        assert kept.bodies == [b"1"]


async def test_the_inside_goes_on_by_itself_when_the_relay_comes_back(outside, kept):
    inside = outside.inside(url="http://127.0.0.1:9", wait_seconds=0)
    role = asyncio.create_task(inside.fetch(kept))
    try:
        async with outside.served():
            inside.mine.__dict__["url"] = outside.url  # the relay is there now
            await filled(outside, "1")
            await until_async(lambda: kept.bodies, "it was fetched")
    finally:
        role.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await role
        await inside.close()


async def test_two_insides_fetch_at_once_and_neither_misses_anything(outside, kept):
    async with outside.served():
        insides = [outside.inside("one"), outside.inside("two")]
        for beginning in range(0, 60, 20):
            await asyncio.gather(*(filled(outside, str(number)) for number in range(beginning, beginning + 20)))
            while outside.waiting:
                await asyncio.gather(*(inside.step(kept) for inside in insides))
        for inside in insides:
            await inside.step(kept)
        assert {int(body) for body in kept.bodies} == set(range(60))
        assert [noticed(inside) for inside in insides] == [[], []]


async def test_two_processes_with_one_folder_take_turns(outside, kept):
    async with outside.served():
        await filled(outside, "1")
        one, two = outside.inside(), outside.inside()
        await asyncio.gather(one.step(kept), two.step(kept))
        assert (kept.bodies, noticed(one)) == ([b"1"], [])


async def test_a_new_inside_at_an_old_relay_begins_where_it_stands(outside, kept):
    async with outside.served():
        await filled(outside, "1", "2")
        await outside.inside("old").step(kept)
        await filled(outside, "3")
        new = outside.inside("new")
        await new.step(kept)
        assert (kept.bodies, noticed(new)) == ([b"1", b"2", b"3"], [])


# -- what is odd -----------------------------------------------------------------------------------------------------
async def looked(outside, kept, spoil, **served):
    """Five requests, of which the first is taken; then something happens to the files, and the inside looks."""
    inside = outside.inside
    async with outside.served(**served):
        await filled(outside, "1")
        await inside().step(kept)
        await filled(outside, "2", "3", "4", "5")
    spoil(outside.waiting)
    async with outside.served(**served):
        await inside().step(kept)
        await inside().step(kept)
        assert outside.waiting == []
        assert noticed(inside()) == noticed(inside())
        return noticed(inside())


async def test_a_dropped_file_is_noticed(outside, kept):
    assert await looked(outside, kept, lambda files: files[1].unlink()) == [["missing", 3, 3]]
    assert kept.bodies == [b"1", b"2", b"4", b"5"]
    assert "number 3" in (await outside.inside().check())[-1]


async def test_disorder_is_a_trouble_of_the_road_for_seven_days(outside, kept):
    await looked(outside, kept, lambda files: files[1].unlink())
    inside = outside.inside()
    (trouble,) = await inside.troubles()
    assert "3" in trouble.ja
    assert trouble.en.startswith("A request that the relay kept is gone.")
    inside.clock = FixedClock(trouble.at + timedelta(days=7, seconds=1))
    assert await inside.troubles() == []


async def test_a_relay_that_cannot_be_reached_is_a_trouble_after_a_minute_until_it_can(outside, kept):
    inside, now = outside.inside(url="http://127.0.0.1:9", wait_seconds=0), datetime(2026, 11, 20, tzinfo=UTC)
    inside.clock = FixedClock(now)
    role = asyncio.create_task(inside.fetch(kept))
    try:
        await until_async(lambda: inside._away_since, "it was tried")
        assert await inside.troubles() == []
        inside.clock.set(now + timedelta(minutes=1))
        (trouble,) = await inside.troubles()
        assert (trouble.at, "cannot be reached" in trouble.en) == (now, True)
        async with outside.served():
            inside.mine.__dict__["url"] = outside.url  # the relay is there now
            await until_async(lambda: inside._away_since is None, "it was reached")
        assert await inside.troubles() == []
    finally:
        role.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await role


async def test_a_dropped_file_is_noticed_also_where_it_was_the_last(outside, kept):
    assert await looked(outside, kept, lambda files: [file.unlink() for file in files[2:]]) == [["missing", 4, 5]]
    async with outside.served():
        await filled(outside, "6")
        await outside.inside().step(kept)
    assert kept.bodies == [b"1", b"2", b"3", b"6"]


async def test_dropped_files_are_noticed_at_the_first_fetch_too(outside, kept):
    async with outside.served():
        await filled(outside, "1", "2", "3")
        outside.waiting[0].unlink()
        await outside.inside().step(kept)
        assert noticed(outside.inside()) == [["missing", 1, 1]]


@pytest.mark.parametrize("at", [0, 100, -1])
async def test_a_changed_file_is_noticed_and_put_aside(outside, kept, at):
    def change(files):
        data = bytearray(files[1].read_bytes())
        data[at] ^= 1
        files[1].write_bytes(data)

    assert ["tampered", 3, 3] in await looked(outside, kept, change)
    assert kept.bodies == [b"1", b"2", b"4", b"5"]
    assert len(list((outside.folder / "inside" / "aside").glob("*.sealed"))) == 1


async def test_a_cut_or_empty_file_is_noticed_and_stops_nothing(outside, kept):
    def cut(files):
        files[0].write_bytes(files[0].read_bytes()[:50])
        files[2].write_bytes(b"")

    assert await looked(outside, kept, cut) == [["tampered", 2, 2], ["tampered", 4, 4]]
    assert kept.bodies == [b"1", b"3", b"5"]


async def test_exchanged_files_are_noticed_and_taken_in_their_order(outside, kept):
    def exchange(files):
        first, second = files[1].read_bytes(), files[2].read_bytes()
        files[1].write_bytes(second)
        files[2].write_bytes(first)

    assert sorted(await looked(outside, kept, exchange)) == [["reordered", 3, 3], ["reordered", 4, 4]]
    assert kept.bodies == [b"1", b"2", b"3", b"4", b"5"]


@pytest.mark.parametrize("number, told", [(1, []), (3, [["reordered", 1, 1], ["missing", 3, 3]])])
async def test_a_file_that_comes_back_is_not_taken_twice(outside, kept, number, told):
    async with outside.served():
        await filled(outside, "1")
        saved = outside.waiting[0].read_bytes()
        await outside.inside().step(kept)
        await filled(outside, "2")
        (outside.waiting[0].parent / f"{number:015}.sealed").write_bytes(saved)
    async with outside.served():
        await outside.inside().step(kept)
        assert (kept.bodies, noticed(outside.inside()), outside.waiting) == ([b"1", b"2"], told, [])


async def test_a_relay_put_back_to_an_older_state_loses_nothing_and_is_noticed(outside, kept):
    async with outside.served():
        await filled(outside, "1")
    shutil.copytree(outside.folder / "relay", outside.folder / "backup")
    async with outside.served():
        await filled(outside, "2", "3")
        await outside.inside().step(kept)
    shutil.rmtree(outside.folder / "relay")
    (outside.folder / "backup").rename(outside.folder / "relay")
    async with outside.served():
        await filled(outside, "4")  # under a number that was used
        await outside.inside().step(kept)
        assert b"4" in kept.bodies
        assert {notice[0] for notice in noticed(outside.inside())} == {"returned"}


async def test_a_new_folder_of_the_relay_is_told_and_goes_on(outside, kept):
    async with outside.served():
        await filled(outside, "1", "2")
        await outside.inside().step(kept)
    shutil.rmtree(outside.folder / "relay")
    async with outside.served():
        await filled(outside, "3")
        await outside.inside().step(kept)
        await outside.inside().step(kept)
    assert (kept.bodies, noticed(outside.inside())) == ([b"1", b"2", b"3"], [["new_store", 0, 0]])


async def test_a_relay_that_lost_its_name_loses_no_request(outside, kept):
    async with outside.served():
        await filled(outside, "1")
    (outside.folder / "relay" / "store").unlink()
    (outside.folder / "relay" / "head.json").write_text("{")
    async with outside.served():
        await filled(outside, "2")
        await outside.inside().step(kept)
        assert (kept.bodies, outside.waiting) == ([b"1", b"2"], [])


async def test_what_was_sealed_for_another_key_is_put_aside_and_told(outside, kept):
    other = new_keys()
    inside = InsideKeys(outside.keys["inside.key"])
    async with outside.served():
        box = InsidePublic(other["inside.pub"]).seal(b"x")
        assert inside.public != other["inside.pub"]
        settings = load_relay(outside.folder / "relay.toml")
        assert settings.inside == inside.public
    async with outside.served() as store:
        await store.put(NOW, box)
        await outside.inside().step(kept)
        assert noticed(outside.inside()) == [["unreadable", 1, 1]]


async def test_a_request_for_an_account_that_is_not_there_is_taken_once_it_is(outside, kept):
    async with outside.served():
        await filled(outside, "1")
        kept.away = NotFound("", "")
        await outside.inside().step(kept)
        assert (outside.waiting, noticed(outside.inside())) == ([], [["unknown_account", 1, 1]])
        kept.away = None
        await outside.inside().retry_aside(kept)
        assert kept.bodies == [b"1"]
        assert list((outside.folder / "inside" / "aside").glob("*")) == []


async def test_a_request_that_nobody_can_take_stops_no_other(outside):
    got = []

    async def receive(_kind, _account, request, _at):
        if request.body == b"1":
            raise ZeroDivisionError
        got.append(request.body)

    async with outside.served():
        await filled(outside, "1", "2")
        inside = outside.inside()
        for _ in range(10):
            await inside.step(receive)
        assert (got, outside.waiting, noticed(inside)) == ([b"2"], [], [["failed", 1, 1]])


# -- who may ask -----------------------------------------------------------------------------------------------------
async def test_only_the_inside_may_fetch_or_remove(outside, kept):
    async with outside.served():
        await filled(outside, "1")
        outside.monkeypatch.setenv("INSIDE_KEY", new_keys()["inside.key"])
        stranger = outside.inside("stranger")
        with pytest.raises(InvalidInput, match=r"inside\.pub"):
            await stranger.step(kept)
        assert "inside.pub" in (await stranger.check())[0]
        assert (kept.bodies, len(outside.waiting)) == ([], 1)


async def test_another_relay_is_not_believed(outside, kept):
    async with outside.served():
        await filled(outside, "1")
        fooled = outside.inside(relay=new_keys()["relay.pub"])
        with pytest.raises(InvalidInput, match="public key"):
            await fooled.step(kept)
        assert (kept.bodies, len(outside.waiting)) == ([], 1)


async def test_a_question_that_was_overheard_is_not_answered_again(outside):
    body = json.dumps({"after": 0, "wait": 0, "nonce": "n"}).encode()
    async with outside.served(), aiohttp.ClientSession() as http:
        async with http.post(outside.url + FETCH, data=body) as answer:
            assert answer.status == 401
            nonce = answer.headers[NONCE_HEADER]
        signature = InsideKeys(outside.keys["inside.key"]).sign(question(FETCH, nonce, body))
        for status in (200, 401):
            headers = {NONCE_HEADER: nonce, SIGNATURE_HEADER: signature}
            async with http.post(outside.url + FETCH, data=body, headers=headers) as answer:
                assert answer.status == status
        for nonce in ("", "1.2.3", "99999999999.aa.bb"):
            signature = InsideKeys(outside.keys["inside.key"]).sign(question(FETCH, nonce, body))
            headers = {NONCE_HEADER: nonce, SIGNATURE_HEADER: signature}
            async with http.post(outside.url + FETCH, data=body, headers=headers) as answer:
                assert answer.status == 401


async def test_an_acknowledgement_with_another_hash_removes_nothing(outside):
    async with outside.served() as store:
        await filled(outside, "1")
        keys = InsideKeys(outside.keys["inside.key"])
        wrong = [Ack.make(keys, store.id, 1, "0" * 64), Ack.make(keys, "other", 1, "0" * 64), Ack(1, "0" * 64, "x")]
        assert store.acknowledge(wrong) == 0
        assert len(outside.waiting) == 1


# -- the door of the providers ---------------------------------------------------------------------------------------
ADDRESSES = """
[[address]]
kind = "sandbox"
account = "demo"
secret = "env:PATH_SECRET"
[[address]]
kind = "jasmin"
account = "main"
[[address]]
kind = "twilio"
account = "main"
[[address]]
kind = "generic"
account = "vendor"
answer = { status = 202, body = "<ok/>", content_type = "text/xml" }
"""


async def test_each_provider_gets_its_own_fixed_answer(outside, monkeypatch):
    monkeypatch.setenv("PATH_SECRET", "not-to-be-guessed-1")
    async with outside.served(addresses=ADDRESSES):
        assert await posted(f"{outside.url}/webhook/jasmin/main") == (200, b"ACK/Jasmin")
        status, body = await posted(f"{outside.url}/webhook/twilio/main")
        assert (status, b"<Response" in body) == (200, True)
        assert await posted(f"{outside.url}/webhook/generic/vendor/anything") == (202, b"<ok/>")


async def test_a_secret_part_of_the_address_is_needed(outside, monkeypatch, kept):
    monkeypatch.setenv("PATH_SECRET", "not-to-be-guessed-1")
    async with outside.served(addresses=ADDRESSES):
        for path in (PATH, f"/in/wrong{PATH}", f"/in{PATH}", f"/in/not-to-be-guessed-1/x{PATH}", "/", "/%00", "/in/"):
            assert (await posted(outside.url + path))[0] == 404, path
        assert (await posted(f"{outside.url}/in/not-to-be-guessed-1{PATH}"))[0] == 200
        await outside.inside().step(kept)
        assert [request.url for _, _, request in kept.requests] == [f"{PUBLIC}/in/not-to-be-guessed-1{PATH}"]


async def test_doors_and_methods_are_those_of_the_gateway(outside):
    async with outside.served():
        assert (await posted(outside.url + PATH, method="GET"))[0] == 405
        assert (await posted(outside.url + PATH + "/elsewhere"))[0] == 404
        assert (await posted(outside.url + PATH + "/receipts"))[0] == 200


async def test_what_is_too_large_or_too_much_is_not_kept(outside):
    async with outside.served(most_bytes="2000", rate="0.01", burst="3"):
        assert (await posted(outside.url + PATH, b"x" * 2001))[0] == 413
        assert (await posted(outside.url + PATH, b"x" * 2000))[0] == 200
        assert (await posted(outside.url + PATH))[0] == 200
        assert (await posted(outside.url + PATH))[0] == 429
        assert len(outside.waiting) == 2


async def test_when_too_much_is_waiting_the_provider_must_come_again(outside, kept):
    async with outside.served() as store:
        store._most = 4000
        statuses = [(await posted(outside.url + PATH, str(number)))[0] for number in range(5)]
        assert statuses[0] == 200
        assert statuses[-1] == 503
        await outside.inside().step(kept)
        assert (await posted(outside.url + PATH))[0] == 200


async def test_the_address_of_the_sender_is_the_proxys_word_where_there_is_one(outside, kept):
    async with outside.served(behind_proxy="true"):
        await posted(outside.url + PATH, headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
        await outside.inside().step(kept)
        assert kept.requests[0][2].peer == "203.0.113.9"


# -- a process of its own --------------------------------------------------------------------------------------------
def started(command, reaper):
    child = Child(command, reaper, env=dict(os.environ))
    return child, child.wait_for(r"http://127\.0\.0\.1:\d+")[0]


@pytest.mark.slow
async def test_nothing_readable_is_at_the_relay(outside, reaper):
    addresses = '[[address]]\nkind = "kannel"\naccount = "main"\n[[address]]\nkind = "sandbox"\naccount = "demo"'
    child, url = started(
        mimamori("relay", "--config", outside.configure(addresses=addresses, log_level='"debug"')), reaper
    )
    asked = {"from": PHONE, "text": "%E6%81%AF", "secret": "hush"}
    assert (await posted(f"{url}/webhook/kannel/main", method="GET", params=asked))[0] == 200
    for body in (text(1), b"\xff" + WORDS.encode()):
        await posted(url + PATH, body, headers={"Authorization": "Basic c2VjcmV0", "X-Words": "090-1234-5678"})
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(f"POST {PATH}?from={PHONE} HTTP/1.1\r\nContent-Length: abc\r\n\r\n{WORDS}".encode())
    assert b" 400 " in await reader.readline()
    writer.close()
    child.send(signal.SIGTERM)
    child.wait()
    files = [path for path in (outside.folder / "relay").rglob("*") if path.is_file()]
    assert len(outside.waiting) == 3
    kept = b"\n".join([*(path.read_bytes() + str(path).encode() for path in files), child.output.encode()])
    for secret in (PHONE, PHONE[1:], "12345678", "1234-5678", WORDS, "苦しい", "%E6%81%AF", "hush", "c2VjcmV0",
                   outside.keys["inside.key"]):  # fmt: skip
        raw = secret.encode()
        for form in (
            raw,
            base64.b64encode(raw)[:-4],
            raw.hex().encode(),
            secret.encode("utf-16-be"),
            secret.encode("cp932"),
        ):
            assert form not in kept, (secret, form)
    assert all(path.stat().st_mode & 0o077 == 0 for path in outside.waiting)


@pytest.mark.slow(seconds=40)
@pytest.mark.timeout(600)  # a process for each step
async def test_a_relay_killed_at_any_step_loses_and_doubles_nothing(outside, reaper, small_house):
    outside.configure()
    forwarded = Forwarded(small_house.service.gateways, small_house.service.reception)
    answered, step, ids = False, 0, []
    while not answered:
        step += 1
        dying, url = started(outside.dying_command(step), reaper)
        ids.append(f"m{step}")
        try:
            answered = (await posted(url + PATH, text(step)))[0] == 200
        except aiohttp.ClientError:
            assert dying.wait() == -signal.SIGKILL
        dying.kill()
        async with outside.served():  # started again
            if not answered:  # the provider comes again
                assert (await posted(outside.url + PATH, text(step)))[0] == 200
            inside = outside.inside()
            await inside.step(forwarded.receive)
            await inside.close()
        assert outside.waiting == []
        assert noticed(inside) == []
    async with small_house.service.database.read() as tx:
        rows = [row["message_id"] for row in await tx.all(select(tx.t.inbox).where(tx.t.inbox.c.kind == "reply"))]
    assert sorted(rows) == sorted(ids)
    assert step > 10


@pytest.mark.slow
async def test_a_full_disk_is_503_and_all_goes_on_when_there_is_room(outside, reaper, kept):
    child, outside.url = started(mimamori("relay", "--config", outside.configure()), reaper)
    resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    async with aiohttp.ClientSession() as http, http.post(outside.url + PATH, data="1") as answer:
        assert (answer.status, bool(answer.headers["Retry-After"])) == (503, True)
    assert outside.waiting == []
    resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await filled(outside, "2")
    inside = outside.inside()
    await inside.step(kept)
    await inside.close()
    child.kill()
    assert (kept.bodies, noticed(inside)) == ([b"2"], [])


@pytest.mark.slow
def test_two_relays_do_not_share_a_folder(outside, reaper):
    file = outside.configure()
    child, _ = started(mimamori("relay", "--config", file), reaper)
    other = Child(mimamori("relay", "--config", file), reaper, env=dict(os.environ))
    assert other.wait() == 1
    assert "Another mimamori" in other.output
    child.kill()


# -- inside, at the accounts -----------------------------------------------------------------------------------------
async def test_a_text_goes_through_the_relay_into_the_inbox_once(outside, house):
    forwarded = Forwarded(house.service.gateways, house.service.reception)
    async with outside.served():
        await filled(outside, text(1, "はい"), text(1, "はい"), text(2, "いいえ"))
        await outside.inside().step(forwarded.receive)
        assert outside.waiting == []
    async with house.service.database.read() as tx:
        rows = [row["message_id"] for row in await tx.all(select(tx.t.inbox).where(tx.t.inbox.c.kind == "reply"))]
    assert sorted(rows) == ["m1", "m2"]


async def test_what_the_account_refuses_or_cannot_read_is_in_its_quarantine_with_its_moment(outside, small_house):
    service = small_house.service
    forwarded = Forwarded(service.gateways, service.reception)
    async with outside.served(FixedClock(NOW)):
        await filled(outside, "this is no JSON")
        await outside.inside().step(forwarded.receive)
        assert outside.waiting == []
    (held,) = await service.quarantine.list()
    assert (held.code, held.at) == ("malformed", NOW)


async def test_an_account_judges_by_the_moment_at_which_the_relay_got_the_request(small_house):
    seen = []
    service = small_house.service
    gateway = service.gateways["sandbox", "demo"]

    class Dated(type(gateway)):
        async def verify(self, _request, now):
            seen.append(now)

    dated = Dated(gateway.mine)
    forwarded = Forwarded({("sandbox", "demo"): dated}, service.reception)
    long_ago = datetime.now(UTC) - timedelta(days=2)
    await forwarded.receive("sandbox", "demo", post(PATH, text(1).encode()), long_ago)
    assert seen == [long_ago]
    with pytest.raises(NotFound):
        await forwarded.receive("sandbox", "other", post(PATH, b""), long_ago)


async def test_the_relay_is_no_road_for_texts(outside):
    outside.url = "http://127.0.0.1:9"
    inside = outside.inside()
    submitted = await inside.send(Outbound("ref1", PHONE, "x"))
    assert (submitted.outcome, inside.abilities.sends) == (Outcome.RETRY, False)
    assert "cannot be reached" in (await inside.check())[0]


# -- settings and commands -------------------------------------------------------------------------------------------
def test_keys_are_made_once_and_the_secret_ones_are_their_owners_alone(tmp_path):
    made = CliRunner().invoke(command_line, ["relay", "keys", str(tmp_path / "keys")])
    assert made.exit_code == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()}
    assert modes == {"inside.key": 0o600, "relay.key": 0o600, "inside.pub": 0o644, "relay.pub": 0o644}
    keys = {path.name: path.read_text().strip() for path in (tmp_path / "keys").iterdir()}
    assert InsideKeys(keys["inside.key"]).public == keys["inside.pub"]
    assert keys["inside.key"] not in made.output
    assert keys["relay.pub"] in made.output
    assert CliRunner().invoke(command_line, ["relay", "keys", str(tmp_path / "keys")]).exit_code == 1


async def test_status_tells_what_waits(outside):
    async with outside.served():
        await filled(outside, "1", "2")
    told = CliRunner().invoke(command_line, ["relay", "status", "--config", str(outside.folder / "relay.toml")])
    assert "waiting: 2" in told.output


@pytest.mark.parametrize("given", [
    {"public_url": '"https://relay.example.jp/path"'}, {"inside": '"abc"'}, {"rate": "0"}, {"other": "1"},
    {"addresses": ""}, {"addresses": '[[address]]\nkind = "nobody"\naccount = "x"'},
    {"addresses": '[[address]]\nkind = "generic"\naccount = "x"'},
    {"addresses": '[[address]]\nkind = "sandbox"\naccount = "x"\n' * 2},
])  # fmt: skip
async def test_wrong_settings_of_the_relay_are_told(outside, given):
    with pytest.raises(SettingsError):
        await run_relay(load_relay(outside.configure(**given)), ready=lambda _: None)


def test_the_relay_must_be_asked_over_tls(outside):
    with pytest.raises(ValueError, match="https"):
        outside.inside(url="http://relay.example.jp")


def test_the_examples_can_be_loaded_as_they_stand(monkeypatch):
    keys = new_keys()
    monkeypatch.setenv("RELAY_INSIDE_KEY", keys["inside.key"])
    monkeypatch.setenv("RELAY_KEY", keys["relay.key"])
    assert load_account(shipped("config") / "gateways" / "relay.toml").name == "relay"
    settings = load_relay(shipped("config") / "relay.toml")
    assert [address.answer_at("") for address in settings.address]
    assert gateway_class("relay").abilities.sends is False


async def test_nothing_comes_by_a_webhook_of_the_relay_itself(outside):
    outside.url = PUBLIC
    with pytest.raises(RefusedRequest):
        await outside.inside().verify(post("/webhook/relay/inside"), NOW)
