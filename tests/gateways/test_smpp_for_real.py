"""SMPP over real connections: an SMSC of our own writing that throttles, lies, dies and comes back."""

import asyncio
import contextlib
import itertools
import ssl
import struct
import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.domain.errors import InvalidInput, StorageUnavailable
from bot.domain.messages import Outbound, Outcome, Reason, Submitted
from bot.domain.states import TextState
from bot.gateways.smpp import SmppGateway
from bot.gateways.smpp_account import SmppAccount
from tests.support import smsc as witness
from tests.support.smsc_process import SmscProcess
from tests.support.wait import pause, until_async

PHONE, OURS, BARE, BARE_OURS = "+819012345678", "+815012345678", "819012345678", "815012345678"
LONG = "本日の体温と症状をお知らせください。" * 6 + "保健所です。"


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("SMPP_PASSWORD", "secret")


def make(port, **given):
    data = {
        "kind": "smpp", "account": "main", "sender": OURS, "host": "127.0.0.1", "port": port,
        "system_id": "mimamori", "password": "env:SMPP_PASSWORD",
        "answer_seconds": 10.0, "reconnect_from": 0.02, "reconnect_to": 0.1,
    }  # fmt: skip
    return SmppGateway(SmppAccount.model_validate({**data, **given}), chance=lambda: 0.5)


class Core:
    """Stands for the intake: keeps what it is given, unless it is told to fail."""

    def __init__(self):
        self.texts, self.receipts, self.failing, self.calls = [], [], None, 0
        self.open = asyncio.Event()
        self.open.set()

    async def deliver(self, parsed):
        self.calls += 1
        await self.open.wait()
        if self.failing is not None:
            self.failing(parsed)
        self.texts += parsed.texts
        self.receipts += parsed.receipts

    @property
    def said(self):
        return [text.text for text in self.texts]

    def states_of(self, message_id):
        return [receipt.state for receipt in self.receipts if receipt.message_id == message_id]


@contextlib.asynccontextmanager
async def standing(gateway):
    """The gateway's role at work, as the service keeps it."""
    core = Core()
    role = asyncio.create_task(gateway.run(core.deliver))
    try:
        yield core
    finally:
        role.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await role


@contextlib.asynccontextmanager
async def talking(behaviour=None, **given):
    """An SMSC in this loop and the gateway bound to it."""
    async with witness.running_smsc(**(behaviour or {})) as smsc:
        gateway = make(smsc.port, **given)
        async with standing(gateway) as core:
            await until_async(lambda: any(link.bound for link in smsc.links), "bound")
            yield smsc, gateway, core


def outbound(number=1, words="こんにちは"):
    return Outbound(f"ref{number:05}", PHONE, words)


# binding


async def test_the_bind_says_what_the_operator_wrote():
    given = {"system_type": "VMA", "interface_version": 0x33, "addr_ton": 1, "addr_npi": 1, "address_range": "^8150"}
    async with talking(**given) as (smsc, _gateway, _core):
        assert smsc.binds == [
            {"kind": witness.BIND_TRX, "system_id": "mimamori", "system_type": "VMA", "version": 0x33, "ton": 1,
             "npi": 1, "range": "^8150"}
        ]  # fmt: skip


async def test_it_unbinds_when_it_ends():
    async with talking() as (smsc, _gateway, _core):
        pass
    assert smsc.seen[-1][0] == witness.UNBIND


async def test_what_is_under_way_at_the_end_is_still_answered():
    async with talking({"slow": 0.2}) as (smsc, gateway, _core):
        sending = asyncio.create_task(gateway.send(outbound()))
        await until_async(lambda: smsc.taken, "taken")
    assert (await sending).outcome is Outcome.ACCEPTED


async def test_a_pair_of_binds_sends_on_one_and_listens_on_the_other():
    async with talking(bind="pair") as (smsc, gateway, core):
        await until_async(lambda: len(smsc.links) == 2 and smsc.receiver(), "both bound")
        smsc.text(BARE, BARE_OURS, "はい")
        assert (await gateway.send(outbound())).outcome is Outcome.ACCEPTED
        await until_async(lambda: core.said and core.receipts, "text and receipt")
    assert sorted(bind["kind"] for bind in smsc.binds) == [witness.BIND_RX, witness.BIND_TX]


async def test_the_role_can_be_started_again():
    async with witness.running_smsc() as smsc:
        gateway = make(smsc.port)
        for number in range(2):
            async with standing(gateway) as core:
                await until_async(lambda: len(smsc.binds) > number, "bound")  # noqa: B023  # asked within the round
                assert (await gateway.send(outbound(number))).outcome is Outcome.ACCEPTED
                await until_async(lambda: core.receipts, "its receipt")  # as above


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1 that nobody else trusts: (server's context, its file)."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "smsc")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path / "smsc.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(built.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, str(file)


async def test_it_speaks_tls_with_whom_it_trusts_and_with_nobody_else(certificate):
    context, file = certificate
    async with witness.running_smsc(ssl=context) as smsc:
        trusting, careful = make(smsc.port, tls=True, tls_ca=file), make(smsc.port, tls=True)
        async with standing(trusting) as core:
            assert (await trusting.send(outbound())).outcome is Outcome.ACCEPTED
            await until_async(lambda: core.receipts, "its receipt")
        (fault,) = await careful.check()
        assert "TLS" in fault
        assert await trusting.check() == []
        (fault,) = await make(smsc.port, tls=True, tls_ca=f"{file}.gone").check()
        assert "tls_ca" in fault


# check


async def test_check_says_in_words_why_the_bind_was_refused():
    async with witness.running_smsc(password="another") as smsc:
        (fault,) = await make(smsc.port).check()
        assert "パスワード(password)が違います(0x0000000E)" in fault
        assert "the password is wrong" in fault
        smsc.behaviour.system_id = "another"
        (fault,) = await make(smsc.port).check()
        assert "system_id" in fault
        assert smsc.taken == []


async def test_check_says_that_nobody_answers(free_port):
    (fault,) = await make(free_port).check()
    assert str(free_port) in fault
    async with witness.running_smsc(deaf=True) as smsc:
        (fault,) = await make(smsc.port, answer_seconds=0.1).check()
        assert "does not answer" in fault


async def test_check_is_content_with_an_account_that_works_and_loses_no_text_meanwhile():
    async with witness.running_smsc() as smsc:
        smsc.text(BARE, BARE_OURS, "はい")
        assert await make(smsc.port).check() == []
        gateway = make(smsc.port)
        async with standing(gateway) as core:
            await until_async(lambda: core.said == ["はい"], "the text that came during the check")
            assert await gateway.check() == []


async def test_a_refused_bind_tells_the_sender_that_an_operator_must_act():
    async with witness.running_smsc(password="another") as smsc:
        gateway = make(smsc.port)
        async with standing(gateway):
            await until_async(lambda: smsc.binds, "refused")
            answer = await gateway.send(outbound())
            assert answer == Submitted(Outcome.RETRY, code="bind 0x0000000E", reason=Reason.ACCOUNT)
            smsc.behaviour.password = "secret"
            await until_async(lambda: any(link.bound for link in smsc.links), "bound after all")
            assert (await gateway.send(outbound())).outcome is Outcome.ACCEPTED


async def test_an_smsc_that_still_holds_the_old_bind_is_tried_again_soon_and_is_no_fault_of_the_account():
    async with witness.running_smsc(bind_status=5) as smsc:
        gateway = make(smsc.port, reconnect_to=60.0)
        async with standing(gateway):
            await until_async(lambda: len(smsc.binds) > 2, "tried again")
            assert (await gateway.send(outbound())).reason is Reason.BUSY
            assert await gateway.check() == []
            smsc.behaviour.bind_status = 0
            await until_async(lambda: any(link.bound for link in smsc.links), "bound after all")


async def test_a_peer_that_takes_nothing_more_is_left_though_our_octets_wait():
    patience = {"enquire_seconds": 0.5, "answer_seconds": 0.5, "window": 1000}
    async with talking({"receipts": "none"}, long="payload", **patience) as (smsc, gateway, _core):
        smsc.links[0].frozen = True
        transport = gateway._links[0]._session._writer.transport
        sending = [asyncio.create_task(gateway.send(outbound(n, LONG * 250))) for n in range(500)]
        await until_async(lambda: transport.get_write_buffer_size() > 1_000_000, "more than the network takes")
        await until_async(lambda: len(smsc.binds) >= 2, "bound anew")
        assert {(await task).outcome for task in sending} <= {Outcome.UNKNOWN, Outcome.RETRY}


# a conversation


async def test_a_conversation_in_japanese_goes_both_ways():
    async with talking() as (smsc, gateway, core):
        assert len(LONG) == 114
        answer = await gateway.send(outbound(1, LONG))
        assert (answer.outcome, answer.segments, len(answer.also)) == (Outcome.ACCEPTED, 2, 1)
        smsc.text(BARE, BARE_OURS, "1 36.5 せきが少しあります😷")
        smsc.text(BARE, BARE_OURS, LONG)
        await until_async(lambda: len(core.texts) == 3, "a short text and both parts of a long one")
        short, *parts = core.texts
        assert (short.text, short.sender, short.recipient) == ("1 36.5 せきが少しあります😷", PHONE, OURS)
        assert "".join(part.text for part in parts) == LONG
        assert [(part.part.number, part.part.total) for part in parts] == [(1, 2), (2, 2)]
        assert len({part.part.reference for part in parts}) == 1
        await until_async(lambda: len(core.receipts) == 2, "both receipts")
        assert [receipt.state for receipt in core.receipts] == [TextState.DELIVERED, TextState.DELIVERED]
        assert sorted(receipt.message_id for receipt in core.receipts) == [answer.message_id, *answer.also]
        assert witness.joined(smsc.taken) == [(BARE, LONG)]


@pytest.mark.parametrize("long", ["udh8", "udh16", "sar", "payload"])
async def test_a_long_text_arrives_whole_however_it_travels(long):
    async with talking(long=long) as (smsc, gateway, _core):
        words = [LONG + str(number) for number in range(20)]
        answers = await asyncio.gather(*(gateway.send(outbound(n, text)) for n, text in enumerate(words)))
        assert {answer.outcome for answer in answers} == {Outcome.ACCEPTED}
        assert sorted(witness.joined(smsc.taken)) == sorted((BARE, text) for text in words)


async def test_texts_of_one_phone_are_handed_on_in_their_order():
    async with talking() as (smsc, _gateway, core):
        for number in range(300):
            smsc.text(BARE, BARE_OURS, f"{number}番")
        await until_async(lambda: len(core.texts) == 300, "all of them")
        assert core.said == [f"{number}番" for number in range(300)]
        assert smsc.waiting == {}
        assert core.calls < 300, "many in one commit"


# throttling and the window


async def test_a_throttled_text_is_to_be_sent_later_and_everything_slows_down():
    async with talking({"throttle": 3, "receipts": "none"}) as (smsc, gateway, _core):
        for _ in range(3):
            answer = await gateway.send(outbound())
            assert answer == Submitted(Outcome.RETRY, code="0x00000058", reason=Reason.BUSY)
        assert gateway._pace.gap == pytest.approx(0.2)
        assert (await gateway.send(outbound())).outcome is Outcome.ACCEPTED
        assert gateway._pace.gap < 0.2
        assert len(smsc.taken) == 1


async def test_the_rest_of_a_text_is_brought_to_its_end_when_it_is_too_much_for_a_moment():
    async with talking({"statuses": [0, 0x58, 0x14, 0]}) as (smsc, gateway, _core):
        answer = await gateway.send(outbound(1, LONG))
        assert (answer.outcome, len(answer.also)) == (Outcome.ACCEPTED, 1)
        assert witness.joined(smsc.taken) == [(BARE, LONG)]


async def test_the_rest_of_a_text_goes_over_the_next_connection_when_it_was_not_written():
    async with talking({"statuses": [0, 0x58, 0]}) as (smsc, gateway, _core):
        sending = asyncio.create_task(gateway.send(outbound(1, LONG)))
        await until_async(lambda: smsc.refusals, "its second part refused for now")
        smsc.links[0].writer.transport.abort()
        assert (await sending).outcome is Outcome.ACCEPTED
        assert witness.joined(smsc.taken) == [(BARE, LONG)]


async def test_a_text_whose_rest_is_refused_is_refused():
    async with talking({"statuses": [0, 0x0B]}) as (_smsc, gateway, core):
        answer = await gateway.send(outbound(1, LONG))
        assert (answer.outcome, answer.reason) == (Outcome.REJECTED, Reason.NO_SUCH_NUMBER)
        await until_async(lambda: core.receipts, "the receipt of its first part")
        assert core.receipts[0].state is TextState.ACCEPTED, "half a text has not arrived"


async def test_no_more_submits_wait_for_their_answer_than_the_window_holds():
    most = 0
    async with talking({"slow": 0.05, "receipts": "none"}, window=4) as (smsc, gateway, _core):
        sending = [asyncio.create_task(gateway.send(outbound(number))) for number in range(20)]

        def all_done():
            nonlocal most
            most = max(most, *(len(link.tasks) for link in smsc.links))
            return all(task.done() for task in sending)

        await until_async(all_done, "all sent")
        assert {(await task).outcome for task in sending} == {Outcome.ACCEPTED}
    assert 1 < most <= 4


# unknown


async def test_a_text_without_an_answer_is_unknown_and_a_late_answer_still_tells_its_id():
    async with talking({"slow": 0.6, "receipts": "none"}, answer_seconds=0.3) as (smsc, gateway, core):
        assert await gateway.send(outbound(7)) == Submitted(Outcome.UNKNOWN, code="no_answer")
        await until_async(lambda: core.receipts, "the late answer")
        (told,) = core.receipts
        assert (told.message_id, told.reference, told.state) == (smsc.taken[0]["id"], "ref00007", TextState.ACCEPTED)
        assert len(smsc.taken) == 1


async def test_a_text_that_is_never_answered_is_sent_once():
    async with talking({"silent": 1, "receipts": "none"}, answer_seconds=0.2) as (smsc, gateway, _core):
        assert (await gateway.send(outbound())).outcome is Outcome.UNKNOWN
        assert (await gateway.send(outbound(2))).outcome is Outcome.ACCEPTED
        assert len(smsc.taken) == 2


async def test_a_text_of_which_the_second_part_has_no_answer_is_known_to_be_taken_in_part():
    async with talking({"cut_after": 2, "receipts": "none"}) as (smsc, gateway, _core):
        answer = await gateway.send(outbound(1, LONG))
    assert (answer.outcome, answer.partly) == (Outcome.UNKNOWN, True)
    assert answer.message_id == smsc.taken[0]["id"]


async def test_texts_under_way_when_the_connection_breaks_are_unknown_and_later_ones_go_on():
    async with talking({"silent": 4, "cut_after": 4, "receipts": "none"}) as (smsc, gateway, _core):
        answers = await asyncio.gather(*(gateway.send(outbound(number)) for number in range(4)))
        assert answers == [Submitted(Outcome.UNKNOWN, code="connection_lost")] * 4
        smsc.behaviour.silent = 0
        await until_async(lambda: any(link.bound for link in smsc.links), "bound again")
        assert (await gateway.send(outbound(5))).outcome is Outcome.ACCEPTED
        assert len(smsc.taken) == 5


async def test_an_answer_of_garbage_is_unknown_and_the_connection_is_made_anew():
    async with talking({"silent": 1}) as (smsc, gateway, _core):
        sending = asyncio.create_task(gateway.send(outbound()))
        await until_async(lambda: smsc.taken, "taken")
        smsc.links[0].write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        assert (await sending) == Submitted(Outcome.UNKNOWN, code="connection_lost")
        await until_async(lambda: len(smsc.binds) == 2, "bound anew")
        assert (await gateway.send(outbound(2))).outcome is Outcome.ACCEPTED


async def test_half_a_pdu_and_silence_end_in_a_new_connection():
    async with talking(enquire_seconds=0.2, answer_seconds=1.0) as (smsc, gateway, core):
        half = witness.pack(witness.DELIVER, 0, 1, witness.deliver_body(BARE, BARE_OURS, b"x" * 100))[:60]
        smsc.links[0].write(half)
        await until_async(lambda: len(smsc.binds) >= 2, "bound anew")
        smsc.text(BARE, BARE_OURS, "はい")
        await until_async(lambda: core.said == ["はい"], "the text")
        assert (await gateway.send(outbound())).outcome is Outcome.ACCEPTED


async def test_a_pdu_in_single_octets_is_put_together():
    async with talking() as (smsc, _gateway, core):
        for octet in witness.pack(witness.DELIVER, 0, 1, witness.deliver_body(BARE, BARE_OURS, b"ok")):
            smsc.links[0].write(bytes([octet]))
            await smsc.links[0].writer.drain()
        await until_async(lambda: core.said == ["ok"], "the text")


async def test_an_enquire_link_is_answered_and_an_unanswered_one_ends_the_connection():
    async with talking(enquire_seconds=0.1, answer_seconds=2.0) as (smsc, _gateway, _core):
        await until_async(lambda: [s for s in smsc.seen if s[0] == witness.ENQUIRE], "asked for a sign of life")
        smsc.links[0].write(witness.pack(witness.ENQUIRE, 0, 77))
        await until_async(lambda: (witness.ENQUIRE | witness.RESP, 0, 77) in smsc.seen, "answered")
        assert len(smsc.binds) == 1
        smsc.behaviour.mute = True
        await until_async(lambda: len(smsc.binds) > 1, "bound anew")


async def test_an_smsc_that_unbinds_is_answered_and_bound_again():
    async with talking() as (smsc, _gateway, _core):
        smsc.links[0].write(witness.pack(witness.UNBIND, 0, 5))
        await until_async(lambda: (witness.UNBIND | witness.RESP, 0, 5) in smsc.seen, "answered")
        await until_async(lambda: len(smsc.binds) == 2, "bound again")


async def test_what_cannot_be_understood_is_refused_and_the_connection_goes_on():
    async with talking() as (smsc, gateway, _core):
        smsc.links[0].write(witness.pack(0x0777, 0, 31))
        smsc.links[0].write(witness.pack(witness.DELIVER, 0, 32, b"\0\1\1" + b"9" * 40))
        smsc.links[0].write(witness.pack(0x0102, 0, 33))
        await until_async(lambda: (witness.NACK, 3, 31) in smsc.seen, "generic_nack")
        await until_async(lambda: (witness.DELIVER | witness.RESP, 2, 32) in smsc.seen, "a refusal")
        assert (await gateway.send(outbound())).outcome is Outcome.ACCEPTED
        assert len(smsc.binds) == 1


async def test_a_generic_nack_means_what_its_status_says():
    async with talking({"silent": 1}, statuses={"0x0402": "retry busy"}) as (smsc, gateway, _core):
        sending = asyncio.create_task(gateway.send(outbound()))
        await until_async(lambda: smsc.taken, "taken")
        (sequence,) = [number for command, _, number in smsc.seen if command == witness.SUBMIT]
        smsc.links[0].write(witness.pack(witness.NACK, 0x0402, sequence))
        assert await sending == Submitted(Outcome.RETRY, code="0x00000402", reason=Reason.BUSY)


# receipts


async def test_early_receipts_of_a_text_in_parts_wait_for_the_ids_that_they_speak_of():
    async with talking({"receipts": "early", "slow": 0.1}) as (_smsc, gateway, core):
        answer = await gateway.send(outbound(1, LONG))
        await until_async(lambda: len(core.receipts) == 2, "both receipts")
        assert [receipt.state for receipt in core.receipts] == [TextState.DELIVERED, TextState.DELIVERED]
        assert {receipt.message_id for receipt in core.receipts} == {answer.message_id, *answer.also}


async def test_an_early_receipt_of_a_text_in_one_part_is_handed_on_at_once():
    async with talking({"receipts": "early", "slow": 2.0}) as (smsc, gateway, core):
        sending = asyncio.create_task(gateway.send(outbound()))
        await until_async(lambda: core.receipts, "the receipt")
        assert not sending.done()
        assert core.receipts[0].message_id == smsc.taken[0]["id"] == (await sending).message_id


@pytest.mark.parametrize("tags", [False, True])
async def test_receipts_in_another_order_and_with_ids_in_another_base_find_their_texts(tags):
    given = {"submit_ids": "hex", "receipt_ids": "decimal", "tag_ids": "hex"}
    async with talking({"receipts": "held", "hex_ids": True, "tags": tags}, **given) as (smsc, gateway, core):
        answers = [await gateway.send(outbound(number)) for number in range(20)]
        smsc.release(backwards=True)
        await until_async(lambda: len(core.receipts) == 20, "all receipts")
        assert [receipt.message_id for receipt in core.receipts] == [answer.message_id for answer in reversed(answers)]


# kept before answered


async def test_a_text_is_answered_only_when_it_is_kept():
    async with talking() as (smsc, _gateway, core):

        def away(_parsed):
            raise StorageUnavailable("", "")

        core.failing = away
        smsc.text(BARE, BARE_OURS, "助けて")
        await until_async(lambda: smsc.refusals.count(0x64) >= 2, "refused for now, and sent again")
        assert len(smsc.waiting) == 1
        core.failing = None
        await until_async(lambda: core.said == ["助けて"], "kept")
        await until_async(lambda: not smsc.waiting, "acknowledged")


async def test_a_text_that_can_never_be_kept_holds_up_nobody():
    async with talking() as (smsc, _gateway, core):

        def refuse(parsed):
            if any(text.text == "poison" for text in parsed.texts):
                raise InvalidInput("", "", field="from")

        core.failing = refuse
        for words in ("一", "poison", "二"):
            smsc.text(BARE, BARE_OURS, words)
        await until_async(lambda: core.said == ["一", "二"], "the others")
        await until_async(lambda: smsc.refusals == [0x65] and not smsc.waiting, "refused for good")


async def test_a_text_whose_answer_was_lost_comes_again_and_is_kept_once():
    async with talking() as (smsc, _gateway, core):
        kept = asyncio.Event()

        def cut(_parsed):
            for link in smsc.links:
                link.writer.transport.abort()
            kept.set()

        core.failing = cut
        smsc.text(BARE, BARE_OURS, "はい")
        await kept.wait()
        core.failing = None
        await until_async(lambda: not smsc.waiting, "acknowledged over the new connection")
        assert core.said == ["はい"]
        smsc.text(BARE, BARE_OURS, "はい")
        await until_async(lambda: core.said == ["はい", "はい"], "the same word said again is another text")


async def test_a_text_that_comes_again_while_its_first_copy_waits_is_kept_once():
    async with talking() as (smsc, gateway, core):
        core.open.clear()
        smsc.text(BARE, BARE_OURS, "一")
        smsc.text(BARE, BARE_OURS, "二")
        await until_async(lambda: len(gateway._incoming._pending) == 2, "waiting")
        smsc.links[0].writer.transport.abort()
        await until_async(lambda: len(smsc.binds) == 2 and len(smsc.links[0].sent) == 2, "sent again")
        core.open.set()
        await until_async(lambda: not smsc.waiting, "acknowledged")
        assert core.said == ["一", "二"]


# killed


@pytest.fixture
async def provider(reaper, tmp_path, unused_tcp_port_factory):
    there = SmscProcess(reaper, tmp_path, unused_tcp_port_factory(), unused_tcp_port_factory())
    await there.start(slow=0.02)
    yield there
    there.kill()


async def send_until_settled(gateway, text, answers):
    """As the sender does: again when it was not taken, never when nobody knows."""
    while True:
        answer = await gateway.send(text)
        if answer.outcome is not Outcome.RETRY:
            answers[text.reference] = answer
            return
        await pause(0.02)


@pytest.mark.slow
async def test_killed_and_started_again_under_500_texts_nothing_is_lost_and_nothing_is_doubled(provider):
    phones = [f"8190{number:08}" for number in range(500)]
    texts = [
        Outbound(f"r{n}", f"+{phone}", f"お知らせ{n:03}。{LONG if n % 5 == 0 else ''}")
        for n, phone in enumerate(phones)
    ]
    replies = [(phone, f"返信{n:03}") for n, phone in enumerate(phones)]
    gateway, answers, kills = make(provider.port, rate=1000), {}, 0
    async with standing(gateway) as core:
        await provider.phones_send(replies)
        sending = asyncio.gather(*(send_until_settled(gateway, text, answers) for text in texts))
        for already in itertools.count(60, 60):
            await until_async(lambda: len(answers) >= already or sending.done(), "more of them")  # noqa: B023  # as above
            if sending.done():
                break
            provider.kill()
            kills += 1
            await provider.start(slow=0.02)
        await sending

        async def all_told():
            return (await provider.state())["waiting"] == 0

        await until_async(all_told, "all that was to deliver is acknowledged")
        state = await provider.state()
    assert kills >= 3
    shown = witness.joined(state["taken"])
    assert len(set(shown)) == len(shown), "no phone shows a text twice"
    by_outcome = {outcome: {r for r, a in answers.items() if a.outcome is outcome} for outcome in Outcome}
    assert by_outcome[Outcome.REJECTED] == set()
    wanted = {text.reference: (text.recipient[1:], text.text) for text in texts}
    assert {wanted[reference] for reference in by_outcome[Outcome.ACCEPTED]} <= set(shown), "what was taken is there"
    missing = {reference for reference, text in wanted.items() if text not in set(shown)}
    assert missing <= by_outcome[Outcome.UNKNOWN], "what is not there is not said to be taken"
    assert len(by_outcome[Outcome.UNKNOWN]) <= kills * (gateway.mine.window + 1)
    assert sorted(core.said) == sorted(words for _, words in replies), "every reply once"
    ids = {name for answer in answers.values() if answer.message_id for name in (answer.message_id, *answer.also)}
    assert ids <= {receipt.message_id for receipt in core.receipts}


def test_the_witness_packs_by_hand():
    assert "smpplib" not in sys.modules["tests.support.smsc"].__dict__
    assert struct.unpack(">LLLL", witness.pack(witness.ENQUIRE, 0, 9)) == (16, 0x15, 0, 9)
