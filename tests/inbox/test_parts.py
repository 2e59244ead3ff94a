"""Long texts in pieces: one text in the inbox, whichever piece comes when, and danger in a piece waits for nothing."""

import asyncio
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from bot.domain.text import DAMAGE
from bot.inbox.intake import Delivery, Intake
from bot.inbox.parts import PartsKeeper
from bot.storage.database import Database
from bot.storage.migrate import migrate
from bot.storage.parts import LOOK, WAIT, Piece
from bot.web.webhook.lookback import FARTHEST
from tests.support.signed import OTHER, PHONE, join, knock, text, words

WORDS = ["せきが少し出ます。", "熱はありません。", "よく眠れました。"]


@pytest.fixture
def keeper(house):
    join(house)
    service = house.service
    return PartsKeeper(service.database, service.reader, service.settings.office, house.clock, service.bells)


def piece(number, total=3, reference="r1", phone=PHONE, said=None, message_id=None):
    name = f"{reference}-{number}" if message_id is None else message_id
    return text(name, said or WORDS[number - 1], phone, part=[reference, number, total])


async def bring(house, *pieces):
    assert (await knock(house, {"texts": list(pieces)}))[0] == 200


async def ids(house):
    async with house.service.database.read() as tx:
        return list((await tx.run(select(tx.t.inbox.c.message_id).order_by(tx.t.inbox.c.id))).scalars())


async def waiting(house):
    async with house.service.database.read() as tx:
        parts = tx.t.parts
        return await tx.value(select(func.count()).select_from(parts).where(parts.c.state != "done"))


def pass_time(house, passed):
    house.clock.set(house.clock.now() + passed)


async def test_pieces_become_one_text_in_whatever_order_they_come(house, keeper):
    for number, order in enumerate(permutations((1, 2, 3))):
        for at in order:
            assert len(await words(house)) == number
            await bring(house, piece(at, reference=f"r{number}"))
    assert await words(house) == ["".join(WORDS)] * 6
    assert await ids(house) == [f"r{number}-1" for number in range(6)]
    assert await waiting(house) == await keeper.step() == 0


async def test_pieces_in_one_request_or_at_the_same_time_become_one_text(house, keeper):
    await bring(house, *(piece(at) for at in (3, 1, 2)))
    await asyncio.gather(*(bring(house, piece(at, reference="r2")) for at in (2, 3, 1)))
    assert await words(house) == ["".join(WORDS)] * 2


async def test_a_piece_that_is_delivered_again_changes_nothing_before_or_after_the_end(house, keeper):
    for at in (1, 1, 2, 1, 2, 3, 3, 2, 1):
        await bring(house, piece(at))
    pass_time(house, WAIT * 3)
    for at in (1, 2, 3):
        await bring(house, piece(at))
    assert await words(house) == ["".join(WORDS)]
    pass_time(house, FARTHEST - WAIT * 4)
    assert await keeper.step() == 0
    await bring(house, piece(2))
    pass_time(house, WAIT * 2)
    assert (await keeper.step(), len(await words(house))) == (0, 1), "a list of the last hours may bring it so late"


async def test_a_list_that_gives_pieces_as_texts_of_their_own_adds_nothing(house, keeper):
    for at in (1, 2, 3):
        await bring(house, piece(at))
    await bring(house, *(text(f"r1-{at}", WORDS[at - 1]) for at in (1, 2, 3)), text("another", WORDS[0]))
    assert await words(house) == ["".join(WORDS), WORDS[0]]
    await bring(house, piece(1, reference="r2"))
    await bring(house, *(text(f"r2-{at}", WORDS[at - 1]) for at in (1, 2, 3)))
    assert await words(house) == ["".join(WORDS), WORDS[0], *WORDS[1:]], "the first still waits for the others"
    pass_time(house, WAIT)
    await keeper.step()
    assert await ids(house) == ["r1-1", "another", "r2-2", "r2-3", "r2-1"]


async def test_a_list_that_gives_the_whole_text_under_the_id_of_a_piece_loses_nothing(house, keeper):
    await bring(house, piece(1))
    await bring(house, text("r1-1", "".join(WORDS)))
    pass_time(house, WAIT)
    await keeper.step()
    assert await words(house) == ["".join(WORDS)]


async def test_pieces_without_ids_are_joined_and_told_apart_by_their_words(house, keeper):
    for at in (2, 2, 1, 3, 1):
        await bring(house, piece(at, message_id=""))
    assert await words(house) == ["".join(WORDS)]
    pass_time(house, timedelta(hours=2))
    for at in (1, 2, 3):
        await bring(house, piece(at, message_id=""))
    assert len(await words(house)) == 2


async def test_two_phones_and_two_accounts_may_count_alike(house, keeper):
    await bring(house, piece(1, 2), piece(1, 2, phone=OTHER, message_id="o1"))
    assert await words(house) == []
    await bring(house, piece(2, 2, phone=OTHER, message_id="o2"))
    await bring(house, piece(2, 2))
    assert len(await words(house)) == 2


async def test_an_emoji_that_was_cut_in_two_is_whole_again(house, keeper):
    await bring(house, piece(1, 2, said="元気です\ud83d"), piece(2, 2, said="\ude0a!"))
    assert await words(house) == ["元気です😊!"]


async def test_what_never_becomes_whole_goes_in_as_it_is_and_a_person_sees_it(house, keeper):
    await bring(house, piece(1), piece(3))
    pass_time(house, WAIT - timedelta(seconds=1))
    await keeper.step()
    assert await words(house) == []
    pass_time(house, timedelta(seconds=1))
    assert (await keeper.step(), await keeper.step()) == (1, 0)
    assert await words(house) == [WORDS[0] + DAMAGE + WORDS[2]]
    await house.rest()
    assert "damaged_text" in [task.reason for task in (await house.state(PHONE)).escalations]
    await bring(house, piece(2))
    pass_time(house, WAIT)
    await keeper.step()
    assert await words(house) == [WORDS[0] + DAMAGE + WORDS[2], DAMAGE + WORDS[1] + DAMAGE], "the late one too"


async def test_danger_in_a_piece_is_told_before_the_others_come(house, keeper):
    await bring(house, piece(1, said="きのうから息が苦しくて、"))
    assert await keeper.step() == 0
    pass_time(house, LOOK)
    assert (await keeper.step(), await keeper.step()) == (1, 0)
    await house.rest()
    assert "emergency" in [task.priority for task in (await house.state(PHONE)).escalations]
    await bring(house, piece(2), piece(3))
    assert (await words(house))[-1] == "きのうから息が苦しくて、" + WORDS[1] + WORDS[2]
    pass_time(house, WAIT)
    assert (await keeper.step(), await waiting(house), len(await words(house))) == (0, 0, 2)


async def test_a_dangerous_piece_whose_others_never_come_is_told_once(house, keeper):
    await bring(house, piece(2, said="胸が痛いです"))
    pass_time(house, LOOK)
    assert await keeper.step() == 1
    pass_time(house, WAIT)
    assert (await keeper.step(), await waiting(house)) == (0, 0)
    assert await words(house) == [f"{DAMAGE}胸が痛いです{DAMAGE}"]


async def test_a_quiet_piece_waits_for_the_others(house, keeper):
    await bring(house, piece(1))
    for _ in range(5):
        pass_time(house, LOOK)
        assert await keeper.step() == 0
    await bring(house, piece(2), piece(3))
    assert await words(house) == ["".join(WORDS)]


async def test_a_phone_that_counts_anew_loses_neither_text(house, keeper):
    await bring(house, piece(1, 2, said="はじめの"))
    await bring(house, piece(1, 2, said="つぎの", message_id="n1"))
    await bring(house, piece(2, 2, said="文です", message_id="n2"))
    assert await words(house) == ["はじめの" + DAMAGE, "つぎの文です"]


@pytest.mark.parametrize("part", [["r", 0, 2], ["r", 3, 2], ["r", 1, 1], ["r", 1, 5000], ["r", -1, -1]])
async def test_a_piece_that_cannot_be_one_is_a_text(house, keeper, part):
    await bring(house, text("a", "1", part=part))
    assert await words(house) == ["1"]


async def test_pieces_at_the_same_time_in_two_processes_become_one_text(postgres_url, keyring, house_office):
    ours, theirs = Database(postgres_url, keyring), Database(postgres_url, keyring)
    await migrate(ours)
    intakes = [Intake(database, *house_office) for database in (ours, theirs)]

    def keep(at, reference):
        payload = {"text": WORDS[at - 1], "to": ""}
        one = Piece("signed", "main", f"{reference}-{at}", PHONE, reference, at, 3, payload, b"")
        return intakes[at % 2].keep_all(Delivery(pieces=[one]))

    for number in range(10):
        await asyncio.gather(*(keep(at, f"r{number}") for at in (1, 2, 3, 2, 1)))
    async with ours.read() as tx:
        assert await tx.value(select(func.count()).select_from(tx.t.inbox)) == 10
    await ours.close()
    await theirs.close()


@pytest.fixture
def house_office():
    from bot.domain.clock import SystemClock
    from bot.domain.office import Office
    from bot.storage.bells import Bells

    return Office("さくら市保健所", "03-0000-0000", "", "+815000000000"), SystemClock(), Bells()
