"""The CSV hand-off: what goes out, what comes in, and that each is there once, whenever the process ends."""

import asyncio
import base64
import csv
import hashlib
import io
import json
import multiprocessing
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import ValidationError

from bot.domain.clock import FixedClock
from bot.domain.errors import InvalidInput, NotFound, SettingsError
from bot.domain.gateway import Parsed
from bot.domain.messages import Outbound, Outcome, Reason, Receipt
from bot.domain.states import TextState
from bot.gateways.csvfolder_cells import is_formula
from bot.gateways.csvfolder_decode import read_number, read_time
from bot.gateways.csvfolder_sign import Signer, canonical, check_public, manifest_of
from bot.gateways.registry import load_account
from tests.gateways.kit import NOW, Case, make_gateway, post
from tests.support.wait import until_async

KEY = "a secret of the health center"
TARO, HANAKO = "+819012345678", "+818012345678"
TOKYO = ZoneInfo("Asia/Tokyo")
RESULTS = "管理番号,送信結果,結果日時\r\n"
REPLIES = "返信元番号,返信本文,返信日時\r\n"


@pytest.fixture
def make(tmp_path, monkeypatch):
    """A hand-off folder with settings, its clock standing still."""
    monkeypatch.setenv("CSV_KEY", KEY)

    def made(**given):
        gateway = make_gateway("csvfolder", folder=str(tmp_path / "handoff"), key="env:CSV_KEY", **given)
        gateway.clock = FixedClock(NOW)
        return gateway

    return made


@pytest.fixture
def gateway(make):
    return make()


class Kept:
    """What was committed; ``away`` makes the database refuse."""

    def __init__(self):
        self.texts, self.receipts, self.away = [], [], False

    async def __call__(self, parsed):
        if self.away:
            raise ConnectionError
        self.texts += parsed.texts
        self.receipts += parsed.receipts


def later(gateway, **by):
    gateway.clock.set(gateway.clock.now() + timedelta(**by))


async def sent(gateway, *texts, recipient=TARO):
    for number, text in enumerate(texts):
        submitted = await gateway.send(Outbound(f"ref{number:04}", recipient, text))
        assert submitted.outcome is Outcome.ACCEPTED
        assert submitted.message_id == f"ref{number:04}"


def rows_out(gateway, encoding="cp932"):
    """The rows of all files, those carried included."""
    files = [*gateway.spool.out.glob("*.csv"), *gateway.spool.carried.glob("*.csv")]
    texts = [path.read_bytes().decode(encoding) for path in sorted(files)]
    return [row for text in texts for row in csv.reader(io.StringIO(text, newline=""))]


async def taken(gateway, content, name="export.csv", encoding="utf-8"):
    """Give a file, look, and return what was committed."""
    kept = Kept()
    gateway.inbox.give(name, content.encode(encoding) if isinstance(content, str) else content)
    await gateway.take_exports(kept)
    return kept


# -- out -------------------------------------------------------------------------------------------------------------
async def test_texts_wait_five_minutes_for_their_file(gateway):
    await sent(gateway, "熱はいかがですか?", "2行\n目")
    later(gateway, minutes=4, seconds=59)
    assert await gateway.make_files() == []
    later(gateway, seconds=1)
    assert await gateway.make_files() == ["main-20261120-120500-001.csv"]
    assert rows_out(gateway) == [
        ["携帯電話番号", "本文", "管理番号"],
        ["09012345678", "熱はいかがですか?", "ref0000"],
        ["09012345678", "2行\n目", "ref0001"],
    ]
    assert await gateway.make_files(at_once=True) == []


async def test_a_full_file_is_made_at_once_and_the_rest_waits(make):
    gateway = make(rows=3)
    await sent(gateway, *"1234567")
    assert len(await gateway.make_files()) == 2
    assert gateway.spool.waiting() == 1
    assert [row[1] for row in rows_out(gateway) if row[1] != "本文"] == list("123456")


async def test_files_can_be_made_at_times_of_the_day(make):
    gateway = make(at=["13:00", "17:00"])
    await sent(gateway, "12時の分")
    later(gateway, minutes=59)
    assert await gateway.make_files() == []
    later(gateway, minutes=2)
    assert len(await gateway.make_files()) == 1


async def test_the_bytes_are_as_the_settings_say(make):
    gateway = make(preset="english", encoding="utf-8-sig", charset="unicode", newline="lf", delimiter="\t",
                   line_break="\\n", number="81", header=False)  # fmt: skip
    await sent(gateway, '熱😷"は"\r\n?')
    await gateway.make_files(at_once=True)
    (file,) = gateway.spool.out.glob("*.csv")
    assert file.read_bytes() == b'\xef\xbb\xbf"819012345678"\t"' + '熱😷""は""\\n?'.encode() + b'"\t"ref0000"\n'
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "form, written", [("090", "09012345678"), ("090-", "090-1234-5678"), ("81", "819012345678"), ("+81", TARO)]
)
async def test_numbers_are_written_as_the_vendor_wants_them(make, form, written):
    gateway = make(
        number=form, columns=[["番号", "{number}"], ["本文", "{text}"], ["番", "{reference}"], ["種", "通常"]]
    )
    await sent(gateway, "はい")
    await gateway.make_files(at_once=True)
    assert rows_out(gateway)[1] == [written, "はい", "ref0000", "通常"]


async def test_a_number_outside_japan_has_no_national_form(gateway):
    submitted = await gateway.send(Outbound("ref1", "+4915112345678", "hello"))
    assert (submitted.outcome, submitted.reason) == (Outcome.REJECTED, Reason.NO_SUCH_NUMBER)


async def test_characters_of_cp932_survive_under_their_other_names(gateway):
    await sent(gateway, "37〜38度、−1")
    await gateway.make_files(at_once=True)
    assert rows_out(gateway)[1][1] == "37～38度、－1"


@pytest.mark.parametrize("text, code", [("熱😷", "encoding"), ("a\x07b", "control_character")])
async def test_what_the_file_cannot_carry_is_rejected_before_it_is_kept(gateway, text, code):
    submitted = await gateway.send(Outbound("ref1", TARO, text))
    assert (submitted.outcome, submitted.reason, submitted.code) == (Outcome.REJECTED, Reason.BAD_TEXT, code)
    assert gateway.spool.waiting() == 0


@pytest.mark.parametrize(
    "text", ["=1+1", '=HYPERLINK("http://example.jp")', "+81", "-1", "@SUM(1)", "＝1", "  =1", "\u3000=1", "\n=1", "−1"]
)
async def test_a_formula_is_guarded_so_that_excel_shows_it_as_text(gateway, text):
    submitted = await gateway.send(Outbound("ref1", TARO, text))
    assert (submitted.outcome, submitted.code) == (Outcome.ACCEPTED, "hand_off_guarded")
    await gateway.make_files(at_once=True)
    cell = rows_out(gateway)[1][1]
    assert cell.startswith("・")
    assert not any(is_formula(cell) for row in rows_out(gateway) for cell in row)


async def test_without_a_guard_a_formula_is_refused(make):
    submitted = await make(guard="").send(Outbound("ref1", TARO, "=1+1"))
    assert (submitted.outcome, submitted.reason, submitted.code) == (Outcome.REJECTED, Reason.BAD_TEXT, "formula")


async def test_a_reference_makes_one_row_however_often_it_is_sent(gateway, make):
    for moment in range(3):
        await sent(gateway, "はい")
        await make().make_files(at_once=moment == 1)  # as another process
    assert [row[2] for row in rows_out(gateway)] == ["管理番号", "ref0000"]
    await gateway.make_files(at_once=True)
    assert [row[2] for row in rows_out(gateway)] == ["管理番号", "ref0000"]


async def test_the_folder_answers_what_became_of_a_text(gateway):
    text = Outbound("ref0000", TARO, "はい")
    assert (await gateway.ask(text, None)).outcome is Outcome.RETRY
    await sent(gateway, "はい")
    assert (await gateway.ask(text, None)).outcome is Outcome.ACCEPTED
    await gateway.make_files(at_once=True)
    gateway.spool.mark_carried(gateway.spool.batches()[0].id, "nurse", NOW)
    assert (await gateway.ask(text, None)).outcome is Outcome.ACCEPTED


async def test_a_folder_that_cannot_be_written_takes_nothing(gateway):
    gateway.mine.folder.write_text("a file stands in the way")
    submitted = await gateway.send(Outbound("ref1", TARO, "はい"))
    assert (submitted.outcome, submitted.reason) == (Outcome.RETRY, Reason.BUSY)
    assert (await gateway.ask(Outbound("ref1", TARO, "はい"), None)).outcome is Outcome.UNKNOWN
    assert "Cannot write" in (await gateway.check())[0]


STEPS = ("replace", "fsync", "rmdir", "unlink", "mkdir")


def die_at(step, gateway):
    """Make the files in this process, which ends without a word at the given step on the disk."""
    count = 0

    def dying(name):
        real = getattr(os, name)

        def call(*given, **named):
            nonlocal count
            count += 1
            if count == step:
                os._exit(9)
            return real(*given, **named)

        setattr(os, name, call)

    for name in STEPS:
        dying(name)
    gateway.spool.make_files(gateway._layout, gateway.signer, NOW, at_once=True)
    os._exit(0)


async def test_a_process_that_ends_at_any_step_loses_and_doubles_nothing(make, tmp_path):
    survived, step = False, 0
    while not survived:
        step += 1
        gateway = make(rows=2)
        if gateway.mine.folder.exists():
            gateway.mine.folder.rename(tmp_path / f"before{step}")
        await sent(gateway, "一", "二", "三")
        child = multiprocessing.get_context("fork").Process(target=die_at, args=(step, gateway))
        child.start()
        child.join()
        survived = child.exitcode == 0
        for path in list(gateway.spool.out.glob("*.csv")):  # a person carries what is there
            path.rename(gateway.spool.carried / path.name)
        again = make(rows=2)
        await sent(again, "一", "二", "三")  # the sender, too, tries again
        await again.make_files(at_once=True)
        assert sorted(row[1] for row in rows_out(again) if row[1] != "本文") == sorted(["一", "二", "三"]), step
    assert step > 20


# -- signature and carrying ------------------------------------------------------------------------------------------
async def made(gateway):
    await sent(gateway, "はい")
    await gateway.make_files(at_once=True)
    (file,) = gateway.spool.out.glob("*.csv")
    return file, file.read_bytes(), manifest_of(file).read_bytes()


async def test_each_file_has_a_manifest_that_whoever_carries_it_can_check(gateway):
    file, data, manifest = await made(gateway)
    facts = gateway.signer.check(data, manifest)
    assert (facts["rows"], facts["file"], facts["account"]) == (1, file.name, "main")
    assert facts["sha256"] == hashlib.sha256(data).hexdigest()
    assert b"90" + b"12345678" not in manifest


@pytest.mark.parametrize("spoil, field", [
    (lambda data, told: (data + b" ", told), "sha256"),
    (lambda data, told: (data, {**told, "rows": 2}), "signature"),
    (lambda data, told: (data, {**told, "signature": ""}), "signature"),
    (lambda data, told: (data, {**told, "algorithm": "none"}), "signature"),
    (lambda data, told: (data, {**told, "format": "other"}), "manifest"),
])  # fmt: skip
async def test_a_file_or_manifest_that_was_changed_is_told(gateway, spoil, field):
    _, data, manifest = await made(gateway)
    data, told = spoil(data, json.loads(manifest))
    with pytest.raises(InvalidInput) as error:
        gateway.signer.check(data, json.dumps(told).encode())
    assert error.value.field == field


async def test_with_ed25519_the_public_key_is_enough(make, monkeypatch):
    private = Ed25519PrivateKey.generate()
    monkeypatch.setenv("SIGN", base64.b64encode(private.private_bytes_raw()).decode())
    gateway = make(signing_key="env:SIGN")
    _, data, manifest = await made(gateway)
    told = json.loads(manifest)
    signature = base64.b64decode(told.pop("signature"))
    private.public_key().verify(signature, canonical(told))  # independent of our own check
    assert check_public(data, manifest, gateway.signer.public_key)["rows"] == 1
    other = base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
    with pytest.raises(InvalidInput):
        check_public(data, manifest, other)
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(base64.b64decode(other)).verify(signature, canonical(told))


def test_a_short_key_is_refused():
    with pytest.raises(SettingsError):
        Signer("too short")


async def test_a_file_is_marked_as_carried_once_and_by_name(gateway):
    file, data, manifest = await made(gateway)
    (batch,) = gateway.spool.batches()
    assert gateway.spool.data(batch.id) == (file.name, data, manifest)
    gateway.spool.mark_carried(batch.id, "nurse", NOW)
    gateway.spool.mark_carried(batch.id, "clerk", NOW)
    (batch,) = gateway.spool.batches()
    assert (batch.carried_by, batch.there, file.exists()) == ("nurse", True, False)
    assert gateway.spool.data(batch.id)[1] == data


@pytest.mark.parametrize("wrong", ["../../etc/passwd", "", "main-1"])
async def test_an_id_from_outside_opens_no_other_file(gateway, wrong):
    await made(gateway)
    with pytest.raises(NotFound):
        gateway.spool.data(wrong)


async def test_carried_files_are_cleared_away_and_others_stay(gateway):
    await made(gateway)
    gateway.spool.mark_carried(gateway.spool.batches()[0].id, "nurse", NOW)
    gateway.clock.set(datetime.now(UTC))
    await gateway.send(Outbound("ref9", TARO, "まだ"))
    await gateway.make_files(at_once=True)
    gateway.spool.purge(datetime.now(UTC) + timedelta(days=1))
    assert [row[1] for row in rows_out(gateway)] == ["本文", "まだ"]
    assert len(gateway.spool.batches()) == 1


# -- in --------------------------------------------------------------------------------------------------------------
async def test_results_and_replies_come_in(gateway):
    kept = await taken(gateway, RESULTS + "ref0001,送達済み,2026/11/20 12:30:00\r\nref0002,圏外,\r\n")
    moment = datetime(2026, 11, 20, 12, 30, tzinfo=TOKYO)
    assert kept.receipts == [
        Receipt("ref0001", TextState.DELIVERED, "送達済み", reference="ref0001", at=moment),
        Receipt("ref0002", TextState.UNDELIVERED, "圏外", reference="ref0002", reason=Reason.ABSENT),
    ]
    kept = await taken(gateway, REPLIES + '090-1234-5678,"はい,\r\n2行",2026/11/20 12:31\r\n')
    (text,) = kept.texts
    assert (text.sender, text.text, text.recipient) == (TARO, "はい,\n2行", "+815012345678")
    assert text.sent_at == datetime(2026, 11, 20, 12, 31, tzinfo=TOKYO)


async def test_a_word_that_nobody_has_seen_is_unknown_and_told(gateway):
    content = RESULTS + "ref1,配信エラー999,\r\n"
    assert gateway.inbox.preview(content.encode()).unknown == (("配信エラー999", 1),)
    kept = await taken(gateway, content)
    assert [(item.state, item.code) for item in kept.receipts] == [(TextState.UNKNOWN, "配信エラー999")]


async def test_the_operators_words_count_before_ours(make):
    gateway = make(states={"OK": "delivered", "送達済み": "accepted"}, results={"state": ["ﾊｲｼﾝ"]})
    kept = await taken(gateway, "管理番号,ハイシン\r\nr1,ok\r\nr2,送達済み\r\n")
    assert [item.state for item in kept.receipts] == [TextState.DELIVERED, TextState.ACCEPTED]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
async def test_encodings_and_line_ends_are_found_out(gateway, encoding, end):
    content = (REPLIES + '09012345678,"熱が～","2026/11/20 12:31"\r\n').replace("\r\n", end)
    kept = await taken(gateway, content, encoding=encoding)
    assert [(text.sender, text.text, text.damaged) for text in kept.texts] == [(TARO, "熱が～", False)]


async def test_bytes_that_cannot_be_read_damage_one_text_and_no_other(gateway):
    good = (REPLIES + "09012345678,良い,2026/11/20 12:31\r\n").encode("cp932")
    kept = await taken(gateway, good + "08012345678,熱".encode("cp932") + b"\xfd\xff,2026/11/20 12:32\r\n")
    assert [text.damaged for text in kept.texts] == [False, True]
    assert kept.texts[0].text == "良い"


@pytest.mark.parametrize(
    "cell", ["09012345678", "090-1234-5678", "０９０ー1234ー5678".replace("ー", "-"), '="09012345678"', "'09012345678",
             "9012345678", "819012345678", "+81 90 1234 5678", "00819012345678"]
)  # fmt: skip
def test_numbers_are_read_whatever_a_spreadsheet_did_to_them(cell):
    assert read_number(cell) == TARO


@pytest.mark.parametrize("cell, words", [("9.01235E+09", "spreadsheet"), ("", "no telephone"), ("abc", "no telephone")])
def test_numbers_that_are_lost_are_told(cell, words):
    with pytest.raises(InvalidInput, match=words):
        read_number(cell)


@pytest.mark.parametrize(
    "cell", ["2026/11/20 12:31", "2026-11-20 12:31:00", "2026年11月20日 12時31分", "20261120123100",
             "2026-11-20T12:31:00+09:00", "２０２６/11/20　12:31"]
)  # fmt: skip
def test_moments_are_read(cell):
    assert read_time(cell, TOKYO) == datetime(2026, 11, 20, 12, 31, tzinfo=TOKYO)


async def test_overlapping_exports_give_each_reply_once(gateway):
    rows = [f"09012345678,{words},2026/11/20 12:3{minute}\r\n" for minute, words in enumerate(["1", "1", "はい", "1"])]
    first = await taken(gateway, REPLIES + "".join(rows[:3]))
    second = await taken(gateway, REPLIES + "".join(rows[1:]))
    ids = [text.message_id for text in (*first.texts, *second.texts)]
    assert len(ids) == 6
    assert len(set(ids)) == 4


async def test_a_reply_that_is_exported_in_another_encoding_or_with_a_blank_is_the_same(gateway):
    row = '09012345678,"36.5{}37.0 ｶﾞ5{}3",2026/11/20 12:31\r\n'
    ids = set()
    for words in (
        row.format("～", "－"),
        row.format("〜", "−"),
        row.format("~", "-"),
        row.format("～", "－").replace('3"', '3 "'),
    ):
        kept = await taken(gateway, REPLIES + words)
        ids |= {text.message_id for text in kept.texts}
    assert len(ids) == 1


async def test_equal_rows_of_one_file_are_different_texts(gateway):
    row = "09012345678,1,2026/11/20 12:31\r\n"
    first = await taken(gateway, REPLIES + row * 2)
    again = await taken(gateway, REPLIES + row * 3)
    assert len({text.message_id for text in first.texts}) == 2
    assert [text.message_id for text in again.texts][:2] == [text.message_id for text in first.texts]
    assert len({text.message_id for text in again.texts}) == 3


async def test_the_vendors_own_id_is_believed(gateway):
    kept = await taken(gateway, "返信ID," + REPLIES + "a1,09012345678,1,2026/11/20 12:31\r\n" * 2)
    assert len(kept.texts) == 1


async def test_message_ids_tell_nothing_of_number_and_text(gateway):
    content = REPLIES + "09012345678,はい,2026/11/20 12:31\r\n"
    (text,) = (await taken(gateway, content)).texts
    (other,) = (await taken(gateway, content)).texts
    assert text.message_id == other.message_id
    assert "12345678" not in text.message_id
    assert Signer("another secret of 16").row_id("reply") != gateway.signer.row_id("reply")


async def test_a_preview_tells_what_would_happen_and_changes_nothing(gateway):
    content = REPLIES + "09012345678,はい,2026/11/20 12:31\r\nabc,いいえ,2026/11/20 12:32\r\n"
    look = gateway.inbox.preview(content.encode("cp932"))
    assert (look.new, look.replies, look.known, [fault.line for fault in look.faults]) == (1, 1, 0, [3])
    assert gateway.inbox.waiting() == []
    await taken(gateway, content)
    look = gateway.inbox.preview((content + "08012345678,新しい,2026/11/20 12:33\r\n").encode())
    assert (look.new, look.known) == (1, 1)


FAULTS = {
    "too few columns": ("09012345678,はい\r\n", "columns"),
    "too many columns": ("09012345678,は,い,2026/11/20 12:31\r\n", "columns"),
    "no number": ("これは番号ではない,はい,2026/11/20 12:31\r\n", "telephone"),
    "rewritten number": ("9.01E+09,はい,2026/11/20 12:31\r\n", "spreadsheet"),
    "a quotation mark inside": ('"090"12345678,はい,2026/11/20 12:31\r\n', "Quotation"),
}


@pytest.mark.parametrize("row, words", FAULTS.values(), ids=FAULTS)
async def test_good_rows_are_kept_and_faulty_ones_are_listed_by_line(gateway, row, words):
    good = "08012345678,よい,2026/11/20 12:30\r\n"
    kept = await taken(gateway, REPLIES + good + row + good.replace("12:30", "12:40"))
    assert [text.text for text in kept.texts] == ["よい", "よい"]
    (report,) = gateway.inbox.done.glob("*.report.txt")
    told = report.read_text(encoding="utf-8-sig")
    assert "line 3" in told
    assert words in told
    assert "はい" not in told
    assert "12345678" not in told


async def test_a_reply_with_a_time_that_cannot_be_read_is_kept(gateway):
    kept = await taken(gateway, REPLIES + "09012345678,息が苦しい,きのう\r\n")
    assert [(text.text, text.sent_at) for text in kept.texts] == [("息が苦しい", None)]
    assert gateway.inbox.taken()[0].faults == 1


async def test_formulas_in_an_export_are_texts(gateway):
    kept = await taken(gateway, REPLIES + "09012345678,=1+1,2026/11/20 12:31\r\n")
    assert kept.texts[0].text == "=1+1"
    kept = await taken(gateway, REPLIES + '"=""09012345678""","=""1""",2026/11/20 12:31\r\n')
    assert (kept.texts[0].sender, kept.texts[0].text) == (TARO, "1")


async def test_our_own_words_in_an_export_of_results_are_no_replies(gateway):
    content = "管理番号,携帯電話番号,本文,送信結果,受信日時\r\nref1,09012345678,熱は?,送達,2026/11/20 12:31\r\n"
    kept = await taken(gateway, content)
    assert (len(kept.receipts), kept.texts) == (1, [])


async def test_one_export_may_hold_results_and_replies(gateway):
    content = (
        "管理番号,送信結果,返信元番号,返信本文,返信日時\r\n"
        "ref1,送達,,,\r\nref2,送達,09012345678,はい,2026/11/20 12:31\r\n"
        ",,08012345678,いいえ,2026/11/20 12:32\r\n,,,,x\r\n"
    )
    kept = await taken(gateway, content)
    assert ([item.reference for item in kept.receipts], [text.text for text in kept.texts]) == (
        ["ref1", "ref2"],
        ["はい", "いいえ"],
    )
    assert gateway.inbox.taken()[0].faults == 1


REFUSED = {
    "another header": ("番号,結果コード\r\n1,2\r\n".encode(), "header"),
    "a workbook": (b"PK\x03\x04" + bytes(100), "file"),
    "nothing": (b"", "file"),
    "blank lines": (b"\r\n\r\n", "file"),
}


@pytest.mark.parametrize("data, field", REFUSED.values(), ids=REFUSED)
async def test_what_is_no_export_is_put_aside_with_the_reason(gateway, data, field):
    with pytest.raises(InvalidInput) as error:
        gateway.inbox.preview(data)
    assert error.value.field == field
    kept = await taken(gateway, data)
    assert (kept.texts, kept.receipts) == ([], [])
    assert len(list(gateway.inbox.refused.glob("*.csv"))) == 1
    (report,) = gateway.inbox.refused.glob("*.report.txt")
    assert error.value.en in report.read_text(encoding="utf-8-sig")


def test_a_wrong_header_is_told_by_name_and_line_in_both_languages(gateway):
    with pytest.raises(InvalidInput) as error:
        gateway.inbox.preview("\r\n管理ナンバー,送信結果,09012345678\r\nx,y,z\r\n".encode("cp932"))
    assert "2行目の見出し" in error.value.ja
    assert "「管理番号」" in error.value.ja
    assert "「管理ナンバー」" in error.value.ja
    assert "Line 2" in error.value.en
    assert "results lack 管理番号" in error.value.en
    assert "12345678" not in error.value.ja  # the first row of a file without a header


async def test_a_file_larger_than_allowed_is_refused(make):
    gateway = make(most_megabytes=1)
    (gateway.inbox.prepare(), (gateway.inbox.drop / "big.csv").write_bytes(REPLIES.encode() + b"x" * 1_000_001))
    await gateway.take_exports(Kept())
    later(gateway, seconds=11)
    await gateway.take_exports(Kept())
    assert gateway.inbox.taken()[0].refused[1].startswith("The file is larger")


# -- the watched folder ----------------------------------------------------------------------------------------------
@pytest.fixture
def drop(gateway):
    gateway.inbox.prepare()
    return gateway.inbox.drop


ROW = "09012345678,はい,2026/11/20 12:31\r\n"


async def test_a_dropped_file_is_taken_when_nobody_writes_any_more(gateway, drop):
    kept, file = Kept(), drop / "replies.csv"
    file.write_text(REPLIES, encoding="utf-8", newline="")
    await gateway.take_exports(kept)
    later(gateway, seconds=9)
    with file.open("a", encoding="utf-8", newline="") as growing:
        growing.write(ROW)
    await gateway.take_exports(kept)
    later(gateway, seconds=9)
    await gateway.take_exports(kept)
    assert (kept.texts, file.exists()) == ([], True)
    later(gateway, seconds=1)
    await gateway.take_exports(kept)
    assert (len(kept.texts), file.exists()) == (1, False)
    assert [path.name.split(".")[0] for path in gateway.inbox.done.glob("*.csv")] == ["replies"]


@pytest.mark.parametrize(
    "name", [".hidden.csv", "~$replies.csv", "replies.csv.part", "replies.csv.tmp", "x.crdownload"]
)
async def test_files_under_way_are_passed_over(gateway, drop, name):
    (drop / name).write_text(REPLIES + ROW, encoding="utf-8")
    await gateway.take_exports(Kept())
    later(gateway, hours=1)
    await gateway.take_exports(Kept())
    assert (drop / name).exists()


async def test_a_link_out_of_the_folder_is_not_followed(gateway, drop, tmp_path):
    (tmp_path / "secret").write_text(REPLIES + ROW, encoding="utf-8")
    (drop / "link.csv").symlink_to(tmp_path / "secret")
    kept = Kept()
    await gateway.take_exports(kept)
    later(gateway, hours=1)
    await gateway.take_exports(kept)
    assert kept.texts == []


async def test_a_file_without_its_end_waits_and_is_then_taken_as_far_as_it_goes(gateway, drop):
    kept, file = Kept(), drop / "cut.csv"
    file.write_text(REPLIES + ROW + '08012345678,"とちゅ', encoding="utf-8", newline="")
    await gateway.take_exports(kept)
    later(gateway, seconds=20)
    await gateway.take_exports(kept)
    assert (kept.texts, file.exists()) == ([], True)
    later(gateway, minutes=10)
    await gateway.take_exports(kept)
    assert ([text.text for text in kept.texts], file.exists()) == (["はい"], False)
    assert gateway.inbox.taken()[0].faults == 1


async def test_a_file_stays_until_the_database_has_it(gateway, drop):
    kept, file = Kept(), drop / "replies.csv"
    file.write_text(REPLIES + ROW, encoding="utf-8", newline="")
    await gateway.take_exports(kept)
    later(gateway, seconds=11)
    kept.away = True
    with pytest.raises(ConnectionError):
        await gateway.take_exports(kept)
    assert (file.exists(), gateway.inbox.taken()) == (True, [])
    kept.away = False
    await gateway.take_exports(kept)
    assert (len(kept.texts), file.exists()) == (1, False)


async def test_a_file_that_grows_while_it_is_taken_is_read_again(gateway, drop):
    file = drop / "replies.csv"
    file.write_text(REPLIES + ROW, encoding="utf-8", newline="")
    await gateway.take_exports(Kept())
    later(gateway, seconds=11)
    seen = []

    async def deliver(parsed: Parsed):
        if not seen:
            with file.open("a", encoding="utf-8", newline="") as growing:
                growing.write(ROW.replace("はい", "いいえ"))
        seen.extend(text.text for text in parsed.texts)

    await gateway.take_exports(deliver)
    assert file.exists()
    await gateway.take_exports(deliver)
    later(gateway, seconds=11)
    await gateway.take_exports(deliver)
    assert (seen, file.exists()) == (["はい", "はい", "いいえ"], False)


async def test_the_role_makes_files_and_takes_exports_by_itself(make):
    gateway, kept = make(look_seconds=0.02, every_minutes=0.001), Kept()
    gateway.clock = type("Running", (), {"now": lambda _: datetime.now(UTC)})()
    await sent(gateway, "はい")
    gateway.inbox.give("replies.csv", (REPLIES + ROW).encode("cp932"))
    role = asyncio.create_task(gateway.run(kept))
    try:
        await until_async(lambda: kept.texts and list(gateway.spool.out.glob("*.csv")), "both were done")
    finally:
        role.cancel()
    assert kept.texts[0].text == "はい"


async def test_the_life_of_each_text_tells_of_its_file_and_of_who_carried_it_once(gateway):
    kept = Kept()
    await sent(gateway, "はい", "いいえ")
    await gateway.make_files(at_once=True)
    kept.away = True
    with pytest.raises(ConnectionError):
        await gateway.tell(kept)
    kept.away = False
    for _ in range(2):
        await gateway.tell(kept)
    assert [(item.reference, item.state, item.code) for item in kept.receipts] == [
        ("ref0000", TextState.ACCEPTED, "hand_off_file"),
        ("ref0001", TextState.ACCEPTED, "hand_off_file"),
    ]
    gateway.spool.mark_carried(gateway.spool.batches()[0].id, "nurse", NOW)
    for _ in range(2):
        await gateway.tell(kept)
    assert [(item.code, item.at) for item in kept.receipts[2:]] == [("hand_off_carried", NOW)] * 2
    assert (await gateway.ask(Outbound("ref0000", TARO, "はい"), None)).outcome is Outcome.ACCEPTED


# -- contract --------------------------------------------------------------------------------------------------------
CASES = [
    Case("nothing comes by the webhook", post("/webhook/csvfolder/main", (REPLIES + ROW).encode()), refused="unsigned"),
    Case("nor do receipts", post("/webhook/csvfolder/main/receipts", RESULTS.encode()), refused="unsigned"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_comes_in(case, gateway):
    await case.check(gateway)


@pytest.mark.parametrize("given", [
    {"columns": [["a", "{number}"]]}, {"columns": [["=a", "{number}"], ["b", "{text}"], ["c", "{reference}"]]},
    {"guard": "="}, {"timezone": "Tokio"}, {"results": {"other": ["x"]}}, {"encoding": "latin-1"},
])  # fmt: skip
def test_wrong_settings_are_told(make, given):
    with pytest.raises(ValidationError):
        make(**given)


def test_a_wrong_state_in_the_settings_is_told(make):
    with pytest.raises(SettingsError, match="undelivered absent"):
        make(states={"OK": "arrived"})


def test_the_example_can_be_loaded_as_it_stands(monkeypatch):
    monkeypatch.setenv("CSVFOLDER_KEY", KEY)
    gateway = load_account(Path(__file__).parents[2] / "config" / "gateways" / "csvfolder.toml")
    assert (gateway.name, gateway.mine.preset, gateway.mine.rows) == ("csvfolder", "japanese", 500)
