"""SMPP: what is read and written, octet by octet, and what each answer of an SMSC means.

The PDUs that come in are packed by the witness of ``tests/support/smsc.py``, and what goes out is read by it: neither
uses the gateway's own codec.
"""

import asyncio
import contextlib
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.gateway import RefusedRequest
from bot.domain.messages import Inbound, Outbound, Outcome, Part, Reason, Receipt, Submitted
from bot.domain.sms import sms_length
from bot.domain.states import TextState
from bot.domain.text import DAMAGE, clean_text, is_clean
from bot.gateways.registry import load_account
from bot.gateways.smpp import SmppGateway
from bot.gateways.smpp_account import SmppAccount
from bot.gateways.smpp_alphabets import decode_gsm7, encode_gsm7, pack, unpack
from bot.gateways.smpp_answers import STATUSES
from bot.gateways.smpp_in import NoReceipt, read_deliver
from bot.gateways.smpp_incoming import Incoming, _digest
from bot.gateways.smpp_link import Link, Pace
from bot.gateways.smpp_out import cut
from bot.gateways.smpp_pdu import BrokenPdu, Pdu, decode, encode
from bot.gateways.smpp_series import SeriesBook
from tests.gateways.kit import NOW, post
from tests.support import smsc as witness

EXAMPLE = Path(__file__).parents[2] / "config" / "gateways" / "smpp.toml"
PHONE, OURS = "+819012345678", "+815012345678"
GREETING = "こんにちは"
LONG = "あ" * 114


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("SMPP_PASSWORD", "secret")


def account(**given):
    data = {
        "kind": "smpp", "account": "main", "sender": OURS, "host": "127.0.0.1", "system_id": "mimamori",
        "password": "env:SMPP_PASSWORD",
    }  # fmt: skip
    return SmppAccount.model_validate({**data, **given})


def delivered(message, sender="819012345678", recipient="815012345678", sequence=7, **how):
    return witness.pack(witness.DELIVER, 0, sequence, witness.deliver_body(sender, recipient, message, **how))


def read(raw, **given):
    return read_deliver(decode(raw), account(**given))


def sar(number, total=2, reference=b"\x01\x02"):
    parts = {witness.SAR_REFERENCE: reference, witness.SAR_TOTAL: bytes([total]), witness.SAR_NUMBER: bytes([number])}
    return b"".join(witness.tlv(tag, value) for tag, value in parts.items())


UCS2 = GREETING.encode("utf-16-be")
EMOJI = "😀".encode("utf-16-be")
LISTED = (
    "id:0000000012345678 sub:001 dlvrd:001 submit date:1601010100 done date:1601010101 stat:DELIVRD err:000 text:none"
)

TEXTS = {
    "UCS-2": (delivered(UCS2, coding=8), {}, (GREETING, None, False)),
    "UCS-2 with half a character": (delivered(UCS2 + b"\x30", coding=8), {}, (GREETING + DAMAGE, None, True)),
    "GSM-7, which is the default": (delivered(b"1 36.5 \x00 \x1b\x65", coding=0), {}, ("1 36.5 @ €", None, False)),
    "GSM-7, packed": (delivered(bytes.fromhex("e8329bfd06"), coding=0), {"gsm7": "packed"}, ("hello", None, False)),
    "GSM-7 with an octet that is none": (delivered(b"ok\x99", coding=0), {}, ("ok" + DAMAGE, None, True)),
    "a default that the operator named": (
        delivered("はい".encode("cp932"), coding=0), {"default_alphabet": "cp932"}, ("はい", None, False),
    ),
    "ASCII": (delivered(b"yes @", coding=1), {}, ("yes @", None, False)),
    "Latin-1": (delivered("ação".encode("latin-1"), coding=3), {}, ("ação", None, False)),
    "Shift_JIS": (delivered("髙熱".encode("cp932"), coding=5), {}, ("髙熱", None, False)),
    "JIS where the operator says so": (
        delivered("熱".encode("iso2022_jp"), coding=5), {"inbound_codings": {"5": "iso2022_jp"}}, ("熱", None, False),
    ),
    "broken Shift_JIS": (delivered("熱".encode("cp932") + b"\x81", coding=5), {}, ("熱" + DAMAGE, None, True)),
    "ISO-2022-JP": (delivered("熱".encode("iso2022_jp"), coding=10), {}, ("熱", None, False)),
    "Korean": (delivered("네".encode("cp949"), coding=14), {}, ("네", None, False)),
    "a message class with UCS-2": (delivered(UCS2, coding=0x18), {}, (GREETING, None, False)),
    "a message class with the default": (delivered(b"ok", coding=0xF1), {}, ("ok", None, False)),
    "eight-bit data": (delivered(b"ok", coding=4), {}, ("ok", None, True)),
    "an encoding that nobody knows": (delivered(b"ok", coding=0x99), {}, ("ok", None, True)),
    "an empty text": (delivered(b"", coding=8), {}, ("", None, False)),
    "the whole text in message_payload": (
        delivered(b"", coding=8, tags=witness.tlv(witness.MESSAGE_PAYLOAD, LONG.encode("utf-16-be"))), {},
        (LONG, None, False),
    ),
    "a part by its header": (
        delivered(b"\x05\x00\x03\x2a\x02\x01" + UCS2, coding=8, esm=0x40), {}, (GREETING, Part("2a", 1, 2), False),
    ),
    "a part with a 16-bit reference": (
        delivered(b"\x06\x08\x04\x01\x02\x03\x02" + UCS2, coding=8, esm=0x40), {},
        (GREETING, Part("0102", 2, 3), False),
    ),
    "a part whose header says more": (
        delivered(b"\x09\x24\x01\x01\x00\x03\x2a\x02\x02\x00" [:10] + UCS2, coding=8, esm=0x40), {},
        (GREETING, Part("2a", 2, 2), False),
    ),
    "a part in packed GSM-7": (
        delivered(b"\x05\x00\x03\x2a\x02\x01" + pack(encode_gsm7("hello"), 6), esm=0x40), {"gsm7": "packed"},
        ("hello", Part("2a", 1, 2), False),
    ),
    "a part by sar parameters": (delivered(UCS2, coding=8, tags=sar(2)), {}, (GREETING, Part("0102", 2, 2), False)),
    "one part of one": (delivered(UCS2, coding=8, tags=sar(1, total=1)), {}, (GREETING, None, False)),
    "a third part of two": (delivered(UCS2, coding=8, tags=sar(3)), {}, (GREETING, None, False)),
    "a part in message_payload with a header": (
        delivered(
            b"", coding=8, esm=0x40,
            tags=witness.tlv(witness.MESSAGE_PAYLOAD, b"\x05\x00\x03\x2a\x02\x01" + UCS2),
        ), {}, (GREETING, Part("2a", 1, 2), False),
    ),
    "a header longer than the text": (delivered(b"\x50\x00\x03" , esm=0x40), {}, ("P@¥", None, True)),
    "a parameter of the vendor beside it": (
        delivered(UCS2, coding=8, tags=witness.tlv(0x1400, b"x") + witness.tlv(0x1501, b"")), {},
        (GREETING, None, False),
    ),
    "a parameter that deliver_sm does not list": (
        delivered(UCS2, coding=8, tags=witness.tlv(0x000D, b"\x01")), {}, (GREETING, None, False),
    ),
    "a parameter cut off": (
        delivered(UCS2, coding=8, tags=struct.pack(">HH", 0x1400, 9) + b"x"), {}, (GREETING, None, True),
    ),
}  # fmt: skip


@pytest.mark.parametrize("raw, given, expected", TEXTS.values(), ids=TEXTS.keys())
def test_a_text_from_a_phone_is_read(raw, given, expected):
    text, part, damaged = expected
    assert read(raw, **given) == Inbound("", PHONE, OURS, text, raw, part, damaged=damaged)


NUMBERS = {
    "international": ("819012345678", 1, "+819012345678"),
    "international with a dialling prefix": ("00819012345678", 1, "+819012345678"),
    "no type, yet international": ("819012345678", 0, "+819012345678"),
    "national": ("09012345678", 2, "09012345678"),
    "no type, national": ("09012345678", 0, "09012345678"),
    "with a plus": ("+819012345678", 1, "+819012345678"),
    "a short code": ("32020", 3, "32020"),
    "a name": ("CARRIER", 5, "CARRIER"),
}


@pytest.mark.parametrize("given, ton, expected", NUMBERS.values(), ids=NUMBERS.keys())
def test_a_number_is_international_where_its_type_or_its_digits_say_so(given, ton, expected):
    assert read(delivered(b"ok", sender=given, ton=ton)).sender == expected


def test_an_id_of_the_smsc_is_kept_with_a_text():
    tags = witness.tlv(witness.RECEIPTED_ID, b"mo-17\0")
    assert read(delivered(UCS2, coding=8, tags=tags)).message_id == "mo-17"
    assert read(delivered(UCS2, coding=8, tags=witness.tlv(0x1402, b"x9")), inbound_id_tags=[0x1402]).message_id == "x9"
    assert read(delivered(UCS2, coding=8)).message_id == ""


def test_a_character_that_a_phone_cut_in_two_is_whole_when_the_parts_are_joined():
    halves = [
        read(delivered(b"\x05\x00\x03\x2a\x02" + bytes([number]) + half, coding=8, esm=0x40))
        for number, half in ((1, UCS2 + EMOJI[:2]), (2, EMOJI[2:] + UCS2))
    ]
    assert not any(half.damaged for half in halves)
    assert clean_text("".join(half.text for half in halves)) == f"{GREETING}😀{GREETING}"


def receipt_text(**changed):
    told = {
        "id": "1234", "sub": "001", "dlvrd": "001", "submit date": "2611201200", "done date": "2611201201",
        "stat": "DELIVRD", "err": "000", "text": "none", **changed,
    }  # fmt: skip
    return " ".join(f"{name}:{value}" for name, value in told.items() if value is not None).encode()


def state_tags(state, name=b"1234\0", more=b""):
    return witness.tlv(witness.RECEIPTED_ID, name) + witness.tlv(witness.MESSAGE_STATE, bytes([state])) + more


DONE = datetime(2026, 11, 20, 3, 1, tzinfo=UTC)
D, U = TextState.DELIVERED, TextState.UNDELIVERED
RECEIPTS = {
    "a public example": (
        delivered(LISTED.encode(), esm=4), {},
        Receipt("0000000012345678", D, "DELIVRD", at=datetime(2015, 12, 31, 16, 1, tzinfo=UTC)),
    ),
    "delivered": (delivered(receipt_text(), esm=4), {}, Receipt("1234", D, "DELIVRD", at=DONE)),
    "with seconds": (
        delivered(receipt_text(**{"done date": "261120120130"}), esm=4), {},
        Receipt("1234", D, "DELIVRD", at=DONE.replace(second=30)),
    ),
    "in another zone": (
        delivered(receipt_text(**{"done date": "2611200301"}), esm=4), {"zone": "UTC"},
        Receipt("1234", D, "DELIVRD", at=DONE),
    ),
    "without a date": (delivered(receipt_text(**{"done date": None}), esm=4), {}, Receipt("1234", D, "DELIVRD")),
    "with a date that there is not": (
        delivered(receipt_text(**{"done date": "2613991201"}), esm=4), {}, Receipt("1234", D, "DELIVRD"),
    ),
    "in small letters": (
        delivered(receipt_text(stat="delivrd").upper(), esm=4), {}, Receipt("1234", D, "DELIVRD", at=DONE),
    ),
    "what a resident wrote is not read": (
        delivered(receipt_text(text="id:9 stat:UNDELIV err:1"), esm=4), {}, Receipt("1234", D, "DELIVRD", at=DONE),
    ),
    "undelivered": (
        delivered(receipt_text(stat="UNDELIV", err="027"), esm=4), {},
        Receipt("1234", U, "UNDELIV 027", reason=Reason.OTHER, at=DONE),
    ),
    "undelivered, as the operator explains it": (
        delivered(receipt_text(stat="UNDELIV", err="027"), esm=4), {"errors": {"027": "no_such_number"}},
        Receipt("1234", U, "UNDELIV 027", reason=Reason.NO_SUCH_NUMBER, at=DONE),
    ),
    "expired": (
        delivered(receipt_text(stat="EXPIRED"), esm=4), {},
        Receipt("1234", TextState.EXPIRED, "EXPIRED", reason=Reason.EXPIRED, at=DONE),
    ),
    "deleted": (
        delivered(receipt_text(stat="DELETED"), esm=4), {}, Receipt("1234", U, "DELETED", reason=Reason.OTHER, at=DONE),
    ),
    "rejected": (
        delivered(receipt_text(stat="REJECTD"), esm=4), {},
        Receipt("1234", TextState.REJECTED, "REJECTD", reason=Reason.OTHER, at=DONE),
    ),
    "skipped": (
        delivered(receipt_text(stat="SKIPPED"), esm=4), {}, Receipt("1234", U, "SKIPPED", reason=Reason.OTHER, at=DONE),
    ),
    "accepted": (
        delivered(receipt_text(stat="ACCEPTD"), esm=4), {}, Receipt("1234", TextState.ACCEPTED, "ACCEPTD", at=DONE),
    ),
    "on its way": (
        delivered(receipt_text(stat="ENROUTE"), esm=0x20), {}, Receipt("1234", TextState.ACCEPTED, "ENROUTE", at=DONE),
    ),
    "unknown": (
        delivered(receipt_text(stat="UNKNOWN"), esm=4), {}, Receipt("1234", TextState.UNKNOWN, "UNKNOWN", at=DONE),
    ),
    "a state that nobody has seen": (
        delivered(receipt_text(stat="BOUNCED"), esm=4), {}, Receipt("1234", TextState.UNKNOWN, "BOUNCED", at=DONE),
    ),
    "by parameters alone": (delivered(b"", esm=4, tags=state_tags(2)), {}, Receipt("1234", D, "DELIVRD")),
    "by parameters, the id without its end": (
        delivered(b"", esm=4, tags=state_tags(2, b"1234")), {}, Receipt("1234", D, "DELIVRD"),
    ),
    "by parameters, not marked": (delivered(b"", tags=state_tags(2)), {}, Receipt("1234", D, "DELIVRD")),
    "a state of SMPP 5": (
        delivered(b"", esm=4, tags=state_tags(9)), {}, Receipt("1234", U, "SKIPPED", reason=Reason.OTHER),
    ),
    "scheduled": (
        delivered(b"", esm=4, tags=state_tags(0)), {}, Receipt("1234", TextState.ACCEPTED, "SCHEDLD"),
    ),
    "a number that is no state, and the word": (
        delivered(receipt_text(), esm=4, tags=state_tags(99)), {}, Receipt("1234", D, "DELIVRD", at=DONE),
    ),
    "absent, says a GSM network": (
        delivered(b"", esm=4, tags=state_tags(5, more=witness.tlv(witness.NETWORK_ERROR, b"\x03\x00\x1b"))), {},
        Receipt("1234", U, "UNDELIV 3/27", reason=Reason.ABSENT),
    ),
    "an error of another network": (
        delivered(b"", esm=4, tags=state_tags(5, more=witness.tlv(witness.NETWORK_ERROR, b"\x02\x00\x1b"))), {},
        Receipt("1234", U, "UNDELIV 2/27", reason=Reason.OTHER),
    ),
    "hex here, decimal there": (
        delivered(receipt_text(id="00004660"), esm=4), {"submit_ids": "hex", "receipt_ids": "decimal"},
        Receipt("4660", D, "DELIVRD", at=DONE),
    ),
    "decimal here, hex there": (
        delivered(receipt_text(id="00001A2B"), esm=4), {"submit_ids": "decimal", "receipt_ids": "hex"},
        Receipt("6699", D, "DELIVRD", at=DONE),
    ),
    "an id that is no number after all": (
        delivered(receipt_text(id="x-1"), esm=4), {"receipt_ids": "decimal"}, Receipt("x-1", D, "DELIVRD", at=DONE),
    ),
    "an id with a low line, though the default is GSM-7": (
        delivered(receipt_text(id="a_1@b"), esm=4), {}, Receipt("a_1@b", D, "DELIVRD", at=DONE),
    ),
    "in UCS-2": (
        delivered(receipt_text().decode().encode("utf-16-be"), esm=4, coding=8), {},
        Receipt("1234", D, "DELIVRD", at=DONE),
    ),
    "in message_payload": (
        delivered(b"", esm=4, tags=witness.tlv(witness.MESSAGE_PAYLOAD, receipt_text())), {},
        Receipt("1234", D, "DELIVRD", at=DONE),
    ),
    "not marked, where the operator says so": (
        delivered(receipt_text()), {"receipts_by_text": True}, Receipt("1234", D, "DELIVRD", at=DONE),
    ),
}  # fmt: skip


@pytest.mark.parametrize("raw, given, expected", RECEIPTS.values(), ids=RECEIPTS.keys())
def test_a_receipt_is_read(raw, given, expected):
    assert read(raw, **given) == expected


def test_a_resident_who_writes_like_a_receipt_is_a_resident():
    text = read(delivered(receipt_text(), coding=1))
    assert (text.text, text.sender) == (receipt_text().decode(), PHONE)
    assert isinstance(read(delivered(UCS2, coding=8), receipts_by_text=True), Inbound)


def test_a_receipt_of_nothing_is_told_apart():
    for message in (b"", b"id:1234", b"stat:DELIVRD", b"delivered!"):
        with pytest.raises(NoReceipt):
            read(delivered(message, esm=4))


GARBAGE = {
    "a string without end": witness.pack(witness.DELIVER, 0, 7, b"\0\1\1" + b"9" * 30),
    "nothing but a header": witness.pack(witness.DELIVER, 0, 7, b"\0\1"),
    "a text shorter than it says": delivered(b"hello")[:-3],
    "octets": witness.pack(witness.DELIVER, 0, 7, bytes(range(255, 200, -1))),
}


@pytest.mark.parametrize("raw", GARBAGE.values(), ids=GARBAGE.keys())
def test_a_deliver_sm_that_cannot_be_read_is_refused_by_its_number(raw):
    with pytest.raises(BrokenPdu) as broken:
        decode(raw)
    assert (broken.value.status, broken.value.sequence, broken.value.command) == (2, 7, "deliver_sm")


@given(
    body=st.binary(max_size=80),
    tags=st.lists(st.tuples(st.sampled_from([0x001E, 0x0423, 0x0424, 0x0427, 0x020C, 0x020E, 0x020F, 0x1400]),
                            st.binary(max_size=12)), max_size=5),
    coding=st.integers(0, 255), esm=st.integers(0, 255), ton=st.integers(0, 7),
    sender=st.text("0123456789+ABC é", max_size=20), cut_at=st.integers(0, 40),
    gsm7=st.sampled_from(["packed", "unpacked"]), by_text=st.booleans(),
)  # fmt: skip
def test_nothing_that_an_smsc_can_deliver_breaks_the_reading(
    *, body, tags, coding, esm, ton, sender, cut_at, gsm7, by_text
):
    packed = b"".join(witness.tlv(tag, value) for tag, value in tags)
    raw = delivered(body, sender=sender, coding=coding, esm=esm, ton=ton, tags=packed)
    for octets in (raw, raw[: max(16, len(raw) - cut_at)], raw[:16] + body):
        with contextlib.suppress(BrokenPdu, NoReceipt):
            found = read(octets, gsm7=gsm7, receipts_by_text=by_text)
            assert isinstance(found, Inbound | Receipt)
            assert not isinstance(found, Inbound) or is_clean(clean_text(found.text))


def test_a_command_that_nobody_knows_is_refused():
    with pytest.raises(BrokenPdu) as broken:
        decode(witness.pack(0x0777, 0, 9))
    assert (broken.value.status, broken.value.sequence, broken.value.is_response) == (3, 9, False)


def test_the_answer_to_a_text_gives_its_id_whatever_stands_around_it():
    for body in (b"a1\0", b"a1", b"a1\0" + witness.tlv(0x001D, b"fine") + witness.tlv(0x1400, b"x")):
        assert decode(witness.pack(witness.SUBMIT | witness.RESP, 0, 1, body)).text("message_id") == "a1"
    assert decode(witness.pack(witness.SUBMIT | witness.RESP, 0x58, 1)).text("message_id") == ""


# out


def written(words, **given):
    """The submits of a text as the witness reads them."""
    mine = account(**given)
    text = Outbound("r1", PHONE, words)
    return [witness.read_submit(encode("submit_sm", 1, **fields)[16:]) for fields in cut(text, mine, 0x0102)]


def test_a_text_goes_out_with_its_addresses_and_asks_for_a_receipt():
    (only,) = written(GREETING)
    assert only == {
        "service": "", "source": (1, 1, "815012345678"), "dest": (1, 1, "819012345678"), "esm": 0, "registered": 1,
        "coding": 8, "message": UCS2.hex(), "tags": {},
    }  # fmt: skip


def test_addresses_are_written_as_the_operator_set_them():
    (only,) = written("x", sender="INFO", dest_format="national", dest_ton=2, dest_npi=8, service_type="CMT")
    assert (only["source"], only["dest"], only["service"]) == ((5, 0, "INFO"), (2, 8, "09012345678"), "CMT")
    assert written("x", sender="32020")[0]["source"] == (0, 1, "32020")
    assert written("x", source_ton=3, source_npi=0)[0]["source"] == (3, 0, "815012345678")


LONG_WAYS = {
    "a header with an 8-bit reference": ({"long": "udh8"}, [67, 47], "0500030202"),
    "a header with a 16-bit reference": ({"long": "udh16"}, [66, 48], "060804010202"),
    "sar parameters": ({"long": "sar"}, [67, 47], None),
}


@pytest.mark.parametrize("given, sizes, header", LONG_WAYS.values(), ids=LONG_WAYS.keys())
def test_114_characters_go_out_in_two_parts(given, sizes, header):
    parts = written(LONG, **given)
    assert len(parts) == 2
    assert witness.joined(parts) == [("819012345678", LONG)]
    skip = len(header) // 2 + 1 if header else 0
    assert [(len(part["message"]) // 2 - skip) // 2 for part in parts] == sizes
    assert all(len(part["message"]) <= 280 for part in parts)
    if header:
        assert [part["message"][: len(header) + 2] for part in parts] == [f"{header}01", f"{header}02"]
        assert {part["esm"] for part in parts} == {0x40}
    else:
        assert [part["tags"] for part in parts] == [
            {str(witness.SAR_REFERENCE): "0002", str(witness.SAR_TOTAL): "02", str(witness.SAR_NUMBER): number}
            for number in ("01", "02")
        ]


def test_a_long_text_goes_out_whole_in_message_payload():
    (only,) = written(LONG, long="payload")
    assert only["message"] == ""
    assert only["tags"] == {str(witness.MESSAGE_PAYLOAD): LONG.encode("utf-16-be").hex()}
    assert written(GREETING, long="payload")[0]["message"] == UCS2.hex()


@pytest.mark.parametrize("long", ["udh8", "udh16", "sar"])
@pytest.mark.parametrize("before", range(60, 72))
def test_an_emoji_is_never_cut_in_two(long, before):
    words = "あ" * before + "😀" * 5 + "い" * 70
    parts = written(words, long=long)
    assert witness.joined(parts) == [("819012345678", words)]  # each part is decoded by itself there


@pytest.mark.parametrize(
    "words", ["x" * 160, "x" * 161, "€" * 80, "x" * 152 + "€" * 10, "あ" * 70, "あ" * 71, LONG, "あ" * 660]
)
def test_a_text_takes_as_many_parts_as_everybody_is_told(words):
    assert len(written(words)) == sms_length(words).segments


def test_gsm_7_is_used_where_every_character_is_in_it():
    (only,) = written("Reply 1 @ home: €5 [ok]")
    assert (only["coding"], bytes.fromhex(only["message"])[6:11]) == (0, b"1 \x00 h"[:5])
    assert written("Reply 1", gsm7="off")[0]["coding"] == 8
    assert written("a`b")[0]["coding"] == 8  # a grave accent is not in the alphabet
    assert bytes.fromhex(written("hello", gsm7="packed")[0]["message"]) == bytes.fromhex("e8329bfd06")


def test_a_packed_long_text_fills_the_gap_behind_its_header():
    words = "".join(chr(97 + number % 26) for number in range(300))
    parts = [bytes.fromhex(part["message"]) for part in written(words, gsm7="packed")]
    assert [len(part) for part in parts] == [140, 135]
    assert "".join(decode_gsm7(unpack(part[6:], 6))[0] for part in parts) == words


@pytest.mark.parametrize("length", range(1, 40))
@pytest.mark.parametrize("header", [0, 6, 7])
def test_what_is_packed_is_unpacked_again(length, header):
    septets = bytes(97 + number % 26 for number in range(length))
    assert unpack(pack(septets, header), header) == septets


def test_older_tables_are_used_only_where_the_account_has_them():
    for charset in ("shift_jis", "cp932"):
        (only,) = written("発熱", charset=charset)
        assert (only["coding"], bytes.fromhex(only["message"])) == (5, "発熱".encode("cp932"))
    (only,) = written("発熱", charset="shift_jis", data_coding=0x15)
    assert only["coding"] == 0x15
    (only,) = written("発熱", charset="iso-2022-jp")
    assert (only["coding"], bytes.fromhex(only["message"])) == (10, "発熱".encode("iso2022_jp"))
    long = [bytes.fromhex(part["message"]) for part in written("発熱" * 60, charset="iso-2022-jp")]
    assert "".join(part[6:].decode("iso2022_jp") for part in long) == "発熱" * 60


@pytest.mark.parametrize("charset", ["shift_jis", "iso-2022-jp", "gsm-7"])
async def test_a_text_that_the_road_has_no_characters_for_is_refused_before_it_goes(charset):
    answer = await SmppGateway(account(charset=charset)).send(Outbound("r1", PHONE, "😀"))
    assert answer == Submitted(Outcome.REJECTED, code="encoding", reason=Reason.BAD_TEXT)


# settings


def test_the_example_can_be_used_as_it_stands():
    gateway = load_account(EXAMPLE)
    assert isinstance(gateway, SmppGateway)
    assert gateway.abilities.standing
    assert "secret" not in repr(gateway.mine)


def test_the_example_tells_of_every_setting_of_its_own():
    told = EXAMPLE.read_text(encoding="utf-8")
    own = SmppAccount.model_fields.keys() - {"account"} - SmppAccount.__mro__[1].model_fields.keys()
    assert not [name for name in own if f"{name} = " not in told and f"[{name}]" not in told]


BAD = {
    "a password that is too long": {"password": "file:LONG"},
    "an outcome that there is not": {"statuses": {"0x0401": "gone blocked"}},
    "a reason that there is not": {"errors": {"001": "nobody"}},
    "an encoding that there is not": {"default_alphabet": "klingon"},
    "an encoding that is none of texts": {"inbound_codings": {"5": "base64"}},
    "a zone that there is not": {"zone": "Asia/Atlantis"},
    "a name that is too long": {"system_id": "x" * 16},
}


@pytest.mark.parametrize("given", BAD.values(), ids=BAD.keys())
def test_a_setting_that_makes_no_sense_is_refused(given, tmp_path):
    (tmp_path / "long").write_text("123456789", encoding="utf-8")
    given = {name: f"file:{tmp_path / 'long'}" if value == "file:LONG" else value for name, value in given.items()}
    with pytest.raises(ValueError):
        account(**given)


async def test_there_is_no_webhook_to_believe():
    with pytest.raises(RefusedRequest):
        await SmppGateway(account()).verify(post("/webhook/smpp/main"), NOW)


# answers

MEANINGS = {
    0x01: (Outcome.REJECTED, Reason.BAD_TEXT), 0x04: (Outcome.RETRY, Reason.BUSY),
    0x08: (Outcome.RETRY, Reason.BUSY), 0x0A: (Outcome.REJECTED, Reason.BAD_SENDER),
    0x0B: (Outcome.REJECTED, Reason.NO_SUCH_NUMBER), 0x14: (Outcome.RETRY, Reason.BUSY),
    0x15: (Outcome.RETRY, Reason.ACCOUNT), 0x43: (Outcome.RETRY, Reason.ACCOUNT),
    0x45: (Outcome.REJECTED, Reason.OTHER), 0x48: (Outcome.RETRY, Reason.ACCOUNT),
    0x51: (Outcome.RETRY, Reason.ACCOUNT), 0x58: (Outcome.RETRY, Reason.BUSY),
    0x64: (Outcome.RETRY, Reason.BUSY), 0x65: (Outcome.REJECTED, Reason.OTHER),
    0xC1: (Outcome.RETRY, Reason.ACCOUNT), 0xFF: (Outcome.UNKNOWN, None), 0x0C: (Outcome.UNKNOWN, None),
    0x0999: (Outcome.UNKNOWN, None), 0x0401: (Outcome.REJECTED, Reason.BLOCKED),
}  # fmt: skip


@contextlib.asynccontextmanager
async def bound(behaviour=None, **given):
    """An SMSC, the gateway bound to it, and what it handed on."""
    brought = []

    async def deliver(parsed):
        brought.append(parsed)

    async with witness.running_smsc(**(behaviour or {})) as smsc:
        quick = {"port": smsc.port, "answer_seconds": 10.0, "reconnect_from": 0.02, "reconnect_to": 0.1}
        gateway = SmppGateway(account(**{**quick, **given}), chance=lambda: 0.5)
        role = asyncio.create_task(gateway.run(deliver))
        try:
            yield smsc, gateway, brought
        finally:
            role.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await role


async def test_each_status_has_its_meaning():
    own = {"statuses": {"0x0401": "rejected blocked"}}
    async with bound({"receipts": "none"}, **own) as (smsc, gateway, _):
        for status, (outcome, reason) in MEANINGS.items():
            smsc.behaviour.statuses.append(status)
            answer = await gateway.send(Outbound("r1", PHONE, GREETING))
            assert answer == Submitted(outcome, code=f"0x{status:08X}", reason=reason)
        assert smsc.taken == []


def test_every_status_of_the_specification_is_thought_of():
    by_outcome = {outcome: {s for s, (found, _) in STATUSES.items() if found is outcome} for outcome in Outcome}
    assert by_outcome[Outcome.ACCEPTED] == set()
    assert by_outcome[Outcome.RETRY] >= {0x58, 0x14, 0x0D, 0x0E, 0x0F}
    assert by_outcome[Outcome.REJECTED] == {0x01, 0x0A, 0x0B, 0x45, 0x65, 0x66, 0xFE}


async def test_one_text_is_taken_and_its_id_kept():
    async with bound() as (smsc, gateway, _):
        assert await gateway.send(Outbound("r1", PHONE, GREETING)) == Submitted(Outcome.ACCEPTED, "1000", segments=1)
        answer = await gateway.send(Outbound("r2", PHONE, LONG))
        assert answer == Submitted(Outcome.ACCEPTED, "1001", segments=2, also=("1002",))
        assert witness.joined(smsc.taken) == [("819012345678", GREETING), ("819012345678", LONG)]


async def test_nobody_there_means_later():
    gateway = SmppGateway(account(port=1, answer_seconds=0.2))
    assert await gateway.send(Outbound("r1", PHONE, "x")) == Submitted(
        Outcome.RETRY, code="not_bound", reason=Reason.BUSY
    )


# the parts of one text


def test_parts_of_a_text_that_went_out_whole_are_counted_where_receipts_are_kept():
    book = SeriesBook()
    series = book.begin(2)
    book.add(series, "a")
    delivered = Receipt("a", TextState.DELIVERED, "DELIVRD")
    assert book.of_whole(delivered) == delivered
    book.add(series, "b")
    book.end(series, whole=True)
    assert book.of_whole(delivered) == delivered


def test_a_part_of_a_text_that_was_not_sent_to_its_end_is_not_the_text():
    book = SeriesBook()
    series = book.begin(2)
    book.add(series, "a")
    book.end(series, whole=False)
    part = book.of_whole(Receipt("a", TextState.DELIVERED, "DELIVRD"))
    assert (part.state, part.code) == (TextState.ACCEPTED, "DELIVRD part")
    failed = Receipt("a", TextState.UNDELIVERED, "UNDELIV", reason=Reason.ABSENT)
    assert book.of_whole(failed) == failed


def test_a_receipt_of_an_unknown_id_counts_as_it_is():
    assert SeriesBook().of_whole(Receipt("x", TextState.DELIVERED)) == Receipt("x", TextState.DELIVERED)


# patience


def test_the_wait_before_coming_back_doubles_up_to_its_most_and_has_a_chance_part():
    link = Link(account(reconnect_from=1, reconnect_to=60), "transceiver", lambda: 0.0, None, None, None)
    assert [link._delay(tries) for tries in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert Link(account(), "transceiver", lambda: 1.0, None, None, None)._delay(2) == 4
    link.refused = 0x0E
    assert link._delay(0) == 30


class Bound:
    """A session that answers."""

    is_gone = False

    def answer_deliver(self, _pdu, _status, _digest=b""):
        return True


async def test_the_same_words_a_minute_after_the_connection_is_back_are_another_text():
    now, said, session, pdu = [0.0], [], Bound(), decode(delivered(UCS2, coding=8))

    async def deliver(parsed):
        said.extend(text.text for text in parsed.texts)

    incoming = Incoming(account(), SeriesBook(), lambda: now[0])
    running = asyncio.create_task(incoming.run(deliver))

    async def come():
        incoming.take(session, pdu)
        await asyncio.wait_for(incoming._queue.join(), 5)
        return len(said)

    assert await come() == 1
    incoming.expect([_digest(pdu)])
    now[0] += 7200  # however long it was away
    incoming.back()
    now[0] += 60
    assert [await come(), await come()] == [1, 2], "once"
    incoming.expect([_digest(pdu)])
    incoming.back()
    now[0] += 61
    incoming.expect([])  # lost once more
    incoming.back()
    assert await come() == 3
    running.cancel()


async def test_the_pace_slows_when_it_is_too_much_and_quickens_again():
    pace = Pace()
    turn = await pace.turn()
    pace.throttled(turn)
    pace.throttled(turn)  # under way at the same time: counts once
    assert pace.gap == Pace.FIRST
    pace.throttled(await pace.turn())
    assert pace.gap == 2 * Pace.FIRST
    for _ in range(60):
        pace.taken()
    assert pace.gap == 0
    pace._next = asyncio.get_running_loop().time() + Pace.PATIENCE + 1
    assert await pace.turn() is None


def test_a_pdu_shows_no_text_in_what_a_log_would_print():
    assert GREETING not in str(BrokenPdu(2, 5, 7, "deliver_sm"))
    assert isinstance(decode(delivered(UCS2, coding=8)), Pdu)
