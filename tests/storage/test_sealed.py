"""Nobody reads a phone number, a name or a text in the database, its journal, the carrier's log or the logs."""

import base64
from datetime import date

from sqlalchemy import text

from bot.corrections.labels import Labels
from bot.scripts.stage import Resident
from bot.storage.conversations import find_conversation
from bot.storage.readings import latest_replies
from tests.support.house import open_house

PHONE, OTHER_PHONE = "+819098765432", "+818055554444"
SECRETS = {
    "phone": [PHONE, "09098765432", "9098765432", "090-9876-5432", OTHER_PHONE, "8055554444"],
    "name": ["西園寺", "公望", "サイオンジ", "キンモチ"],
    "birth date": ["1949-12-24"],
    "text of a resident": ["味噌汁", "ひざが痛い", "お昼は"],
    "text of a nurse": ["折り返しお電話"],
    "text of the bot": ["37.6度"],
    "note of a call": ["留守番電話に"],
}


OUR_OWN = {"script_versions", "reading_versions"}
"""Tables that hold files of the installation, in which any word may stand."""


def spellings(secret):
    """The bytes under which a secret might lie on a disk."""
    for data in (
        secret.encode(),
        secret.encode("utf-16-le"),
        secret.encode("shift_jis"),
        secret.encode("unicode_escape"),
    ):
        yield data
        yield data.hex().encode()
        for shift in range(3):  # as part of a longer value in base64
            coded = base64.b64encode(b"\0" * shift + data)
            yield coded[4 if shift else 0 : len(coded) // 4 * 4 - 4]


def found_in(haystack):
    """Which kinds of secrets can be read in some bytes."""
    return {
        kind
        for kind, secrets in SECRETS.items()
        for secret in secrets
        for spelling in spellings(secret)
        if len(spelling) >= 6 and spelling in haystack
    }


async def live(house):
    """A story in which everything personal is written down somewhere."""
    await house.enrol(Resident("西園寺 公望", "サイオンジ キンモチ", PHONE, "ja", date(2022, 9, 9), date(1949, 12, 24)))
    await house.send(PHONE, "はい")
    await house.send(PHONE, "2 37.6 お昼は味噌汁でした。ひざが痛い")
    await house.send(PHONE, "息が苦しい。お昼は食べられません\x00")
    await house.send(OTHER_PHONE, "お昼は何時まで開いてますか")
    await house.staff("take-over", PHONE, "")
    await house.staff("reply", PHONE, "折り返しお電話します")
    await house.staff("close", PHONE, "other")
    desk = house.service.desk
    async with house.service.database.write() as tx:
        conversation = await find_conversation(tx, "main", PHONE)
        row = {"conversation_id": conversation, "reason": "no_answer", "high": False, "due_at": house.clock.now(),
               "state": "open", "created_at": house.clock.now()}  # fmt: skip
        call = (await tx.run(tx.t.calls.insert().values(row).returning(tx.t.calls.c.id))).scalar_one()
    await desk.call_made(call, "nurse", "no_answer", "留守番電話に伝言しました", finished=True)
    await correct(house, conversation)
    await house.rest()


async def correct(house, conversation):
    """Each reply is called wrong; one of them is declined."""
    corrections = house.service.corrections
    async with house.service.database.read() as tx:
        replies = [row for row in await latest_replies(tx, "main", 9) if row.conversation_id == conversation]
    for reply in replies:
        wrong = Labels(("routine",), ("other",))
        await corrections.marking.mark(conversation, reply.id, "nurse", wrong)
    entry = (await corrections.review.waiting(1)).entries[0]
    await corrections.review.decline(entry["id"], "manager", "お昼は味噌汁でしたから")


def test_the_search_finds_what_is_written_plainly():
    assert found_in("…西園寺…".encode()) == {"name"}
    assert found_in(base64.b64encode(b'{"to": "+819098765432"}')) == {"phone"}
    assert found_in(base64.b64encode(b'x{"to": "+819098765432"}')) == {"phone"}
    assert found_in("味噌汁".encode("utf-16-le")) == {"text of a resident"}


async def test_nothing_personal_is_readable_in_any_file(tmp_path, capfd):
    async with open_house(f"sqlite:///{tmp_path / 'mimamori.db'}", tmp_path) as house:
        await live(house)
        files = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"mimamori.db", "mimamori.db-wal", "carrier.log", "keys.json"} <= set(files)
    assert b"first_touch" in files["mimamori.db"] + files["mimamori.db-wal"], "the rows are there"
    assert {name: found for name, data in files.items() if (found := found_in(data))} == {}
    printed = capfd.readouterr()
    assert found_in((printed.out + printed.err).encode()) == set()


async def test_nothing_personal_is_readable_in_any_column(house):
    await live(house)
    rows = {}
    async with house.service.database.read() as tx:
        for table in tx.t.metadata.tables:
            rows[table] = await tx.all(text(f"SELECT * FROM {table}"))
    assert len(rows["conversations"]) == 2
    assert len(rows["call_attempts"]) == 1
    assert len(rows["corrections"]) == len(rows["reading_marks"]) == 3
    cells = [(table, column, cell) for table, found in rows.items() for row in found for column, cell in row.items()]
    as_bytes = [(table, column, bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode())
                for table, column, cell in cells if cell is not None]  # fmt: skip
    plain = {(table, column) for table, column, cell in as_bytes if table not in OUR_OWN and found_in(cell)}
    assert plain == set()


async def test_nothing_personal_is_logged_when_things_go_wrong(tmp_path, capfd):
    """A text that cannot be handled, a request that cannot be read, a text that is not taken: told without words."""
    async with open_house(f"sqlite:///{tmp_path / 'mimamori.db'}", tmp_path, log_level="debug") as house:
        await house.enrol(Resident("西園寺 公望", "サイオンジ キンモチ", PHONE, "ja", date(2022, 9, 9)))
        async with house.service.database.write() as tx:
            await tx.run(tx.t.conversations.update().values(memory={"tries": "お昼は味噌汁"}))
        assert await house.post(PHONE, "お昼は味噌汁でした") == 200
        house.carrier.mode = "down"
        await house.send(OTHER_PHONE, "お昼は何時まで開いてますか")
        async with house.http.post(f"{house.url}/webhook/sandbox/demo", data="{お昼は味噌汁".encode()) as answer:
            assert answer.status == 400
            assert found_in(await answer.read()) == set()
    printed = capfd.readouterr()
    assert "inbox.batch_failed" in printed.out + printed.err
    assert found_in((printed.out + printed.err).encode()) == set()
