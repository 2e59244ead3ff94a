"""The life of a text on the timeline, and the evidence sheet as a page and as a PDF."""

import re
from datetime import UTC, datetime

import pytest
import typst

from bot.web.console import evidence
from bot.web.console.sheet import SentText, Sheet, Step
from tests.support.pdf import pages_of_pdf, text_of_pdf
from tests.web.visits import HANAKO, TARO

PAGE = "/console/conversations/1"
SHEET = f"{PAGE}/evidence"


async def printed(visitor, query=""):
    async with visitor.http.get(f"{visitor.url}{SHEET}.pdf{query}") as answer:
        return answer, await answer.read()


def squeezed(text):
    return "".join(text.split())


async def test_each_text_tells_its_life_on_the_timeline(demo, nurse):
    await demo.consented(TARO)
    await demo.settle()
    page = await nurse.get(PAGE)
    lives = re.findall(r'<details class="life" id="life-out-\d+">(.*?)</details>', page.text, re.DOTALL)
    assert len(lives) == 2
    for life in lives:
        states = [word for word in ("送信待ち", "送信中", "送信済み", "届いた") if word in life]
        assert {"送信待ち", "届いた"} <= set(states)
        assert re.search(r"\d+:\d\d:\d\d</time>", life)


async def test_the_page_of_evidence_tells_what_was_sent_and_leaves_replies_out_unless_asked(demo, nurse):
    await demo.consented(TARO)
    await demo.text(TARO, "2 38.4 せきが出ます")
    page = await nurse.get(SHEET)
    for words in ("山田 太郎", "ヤマダ タロウ", "090-1111-0001", "SMSに同意", "【さくら市保健所】", "+09:00", "届いた"):
        assert words in page.text
    assert "せきが出ます" not in page.text
    assert "せきが出ます" in (await nurse.get(f"{SHEET}?replies=1")).text


async def test_the_pdf_holds_what_was_sent_when_and_what_the_carrier_said(demo, nurse):
    await demo.consented(TARO)
    await demo.text(TARO, "2 38.4 せきが出ます")
    sent = await demo.sent(TARO)
    answer, body = await printed(nurse)
    assert answer.status == 200
    assert answer.content_type == "application/pdf"
    text = text_of_pdf(body)
    for words in ("SMS送受信の記録", "山田太郎(ヤマダタロウ)", "090-1111-0001", "SMSに同意", "Asia/Tokyo", "+09:00",
                  "届いた", "Delivered", "印刷/Printed", "(nurse)", f"1/{pages_of_pdf(body)}",
                  *map(squeezed, sent)):  # fmt: skip
        assert words in text
    assert "せきが出ます" not in text
    _, body = await printed(nurse, "?replies=1")
    assert "せきが出ます" in text_of_pdf(body)


async def test_neither_address_nor_file_name_has_a_name_or_a_number(demo, nurse):
    await demo.consented(TARO)
    answer, _ = await printed(nurse)
    told = f"{answer.url.path} {answer.headers['Content-Disposition']}"
    assert 'filename="mimamori-evidence-1.pdf"' in told
    assert not re.search(r"山田|太郎|1111|0001", told)


async def test_viewing_and_printing_are_written_into_the_audit(demo, nurse):
    await demo.consented(TARO)
    await nurse.get(SHEET)
    await printed(nurse)
    done = [(row["staff"], row["action"], row["conversation_id"]) for row in await demo.rows("audit")]
    assert ("nurse", "evidence_viewed", 1) in done
    assert ("nurse", "evidence_printed", 1) in done


async def test_nobody_gets_evidence_without_signing_in(demo):
    await demo.consented(TARO)
    visitor = await demo.visitor()
    assert (await visitor.get(f"{SHEET}.pdf")).path == "/console/login"
    assert (await visitor.get(SHEET)).path == "/console/login"


@pytest.mark.parametrize("path", ["/console/conversations/99/evidence.pdf", f"{SHEET}.pdf?case=99", f"{SHEET}?case=x"])
async def test_what_is_not_there_is_not_found(demo, nurse, path):
    await demo.consented(TARO)
    assert (await nurse.get(path)).status == 404


async def test_the_sheet_of_one_of_a_household_has_no_text_about_the_other(demo, nurse):
    await demo.consented(TARO)
    await demo.enrol(TARO, name="山田 花子", kana="ヤマダ ハナコ")
    cases = {row["name"]: row["id"] for row in await demo.rows("cases")}
    page = await nurse.get(f"{SHEET}?case={cases['山田 太郎']}")
    assert "<dd>山田 太郎(ヤマダ タロウ)</dd>" in page.text
    assert "<dd>山田 太郎(ヤマダ タロウ)、山田 花子(ヤマダ ハナコ)</dd>" in (await nurse.get(SHEET)).text


async def test_a_server_without_japanese_fonts_says_what_to_install_and_still_shows_the_sheet(demo, nurse, monkeypatch):
    await demo.consented(HANAKO)
    monkeypatch.setattr(evidence, "_fonts", lambda: typst.Fonts(include_system_fonts=False))
    page = await nurse.get(f"{SHEET}.pdf")
    assert page.status == 503
    assert "fonts-noto-cjk" in page.text
    assert "鈴木 花子" in page.text
    assert "PDFを作る" not in page.text


def a_sheet(*texts):
    return Sheet(
        "さくら市保健所", "03-0000-0000", [("山田 太郎", "ヤマダ タロウ")], "090-1111-0001", 7, "Asia/Tokyo",
        "岡田 修(okada)", "2026-11-22 12:05:03 +09:00", with_replies=True,
        consents=[("2026-11-22 09:00:00 +09:00", ("SMSに同意", "Consented"), "2026-11-01")],
        texts=list(texts), replies=[("2026-11-22 09:00:00 +09:00", "kannel/main", "はい <b>#x $y$")],
    )  # fmt: skip


def a_text(text, **given):
    steps = [
        Step("2026-11-22 09:00:00 +09:00", ("送信待ち", "Queued"), "", "", None, "", "", ""),
        Step("2026-11-22 09:00:09 +09:00", ("届かなかった", "Undelivered"), "twilio/main", "30006",
             ("使われていない番号など", "No such number"), "2026-11-22 09:00:08 +09:00", "2通 / 2 SMS, 0.14 USD",
             "NTT DOCOMO"),
    ]  # fmt: skip
    values = {
        "at": "2026-11-22 09:00:00 +09:00", "kind": ("定時連絡", "Scheduled"), "author": "", "text": text,
        "written": "", "state": ("届かなかった", "Undelivered"), "segments": 2, "road": "twilio/main",
        "reference": "r1", "message_id": "SM1", "twice": False, "steps": steps, **given,
    }  # fmt: skip
    return SentText(**values)


def test_the_pdf_tells_road_code_reason_segments_price_and_the_carriers_time():
    body = evidence.as_pdf(a_sheet(a_text("こんにちは", twice=True, written="今日は")), typst.Fonts())
    text = text_of_pdf(body)
    for words in ("twilio/main", "30006", "使われていない番号など", "09:00:08", "0.14USD", "2通/2SMS", "NTTDOCOMO",
                  "二重に届いたかもしれません", "今日は", "SM1", "2026-11-01", "はい<b>#x$y$"):  # fmt: skip
        assert words in text


def test_what_a_text_says_is_never_taken_as_markup():
    hard = '#panic("x") *bold* $x^2$ `raw` \\ // no @ref <label> = 見出し [a] _b_ ~ -- … “q” 髙﨑 😀'
    text = text_of_pdf(evidence.as_pdf(a_sheet(a_text(hard)), typst.Fonts()))
    assert squeezed(hard.replace(" 😀", "")) in text


def test_a_long_record_has_numbered_pages():
    body = evidence.as_pdf(a_sheet(*[a_text("長い文です。" * 40)] * 30), typst.Fonts())
    pages = pages_of_pdf(body)
    assert pages > 5
    text = text_of_pdf(body)
    assert all(f"{number}/{pages}" in text for number in range(1, pages + 1))


def test_the_moment_of_the_print_is_local_and_named_with_its_offset():
    from zoneinfo import ZoneInfo

    from bot.web.console.sheet import _told

    assert _told(datetime(2026, 11, 22, 3, 5, 3, tzinfo=UTC), ZoneInfo("Asia/Tokyo")) == "2026-11-22 12:05:03 +09:00"
