"""The whole way: a provider at the relay, the inside as it runs, an answer to the resident."""

from bot.settings import Settings
from tests.relay.test_relay import PATH, posted, text
from tests.support.wait import until_async
from tests.web.conftest import running_demo

PHONE = "+819012345678"


async def test_a_running_inside_fetches_by_itself_and_answers(outside, tmp_path):
    async with outside.served():
        roads = tmp_path / "roads"
        roads.mkdir()
        (roads / "outside.toml").write_text(
            f'kind = "relay"\nurl = "{outside.url}"\nkey = "env:INSIDE_KEY"\nrelay = "{outside.keys["relay.pub"]}"\n'
            f'folder = "{tmp_path / "inside"}"\n'
        )
        async with running_demo(Settings(gateways=roads), tmp_path / "demo") as demo:
            for _ in range(2):
                assert (await posted(outside.url + PATH, text(1, "息が苦しい")))[0] == 200

            async def answered():
                return await demo.sent(PHONE)

            await until_async(answered, "the resident got an answer")
            await until_async(lambda: outside.waiting == [], "both requests are acknowledged")
            await demo.settle()
            assert len(await demo.sent(PHONE)) == 1
            assert [row["message_id"] for row in await demo.rows("inbox") if row["kind"] == "reply"] == ["m1"]
