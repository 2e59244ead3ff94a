"""Plays the story of docs/story.md on a demo of its own and writes the pictures of docs/images.

Run it from the root: ``.venv/bin/python -m docs.make_screenshots [FOLDER]``. It needs what ``make test`` brings.
"""
# ruff: noqa: INP001  # a page's helper, no package

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.support import tools
from tests.support.child import READY, Child, mimamori
from tests.support.fixtures import CHROMIUM_FLAGS
from tests.support.reaper import Reaper

IMAGES = Path(__file__).parent / "images"
BROAD, WIDE, NARROW = ({"width": width, "height": height} for width, height in ((1200, 820), (1100, 860), (480, 1080)))
NAME, KANA, BORN, PROGRAM = "森 あゆみ", "モリ アユミ", "1986-02-14", "covid19-2023-05-08"
PASSWORD = "mimamori-demo"  # noqa: S105  # the demo prints it


@dataclass
class Story:
    """The resident's phone, the nurse's console, and where the pictures go."""

    phone: Page
    console: Page
    folder: Path

    def picture(self, name: str, of: Page | Locator) -> None:
        of.screenshot(path=self.folder / f"{name}.png", animations="disabled")

    # -- on the page of phones ---------------------------------------------------------------------------------------
    @property
    def station(self) -> Locator:
        return self.phone.locator(".station").first

    def enrol(self, onset: date) -> None:
        """Put the resident on the roster and wait for the first text."""
        self.phone.click("#open-enrol")
        fields = {"name": NAME, "kana": KANA, "birth_date": BORN, "onset_date": onset.isoformat()}
        for field, value in fields.items():
            self.phone.fill(f"#f-{field}", value)
        self.phone.select_option("#f-program", PROGRAM)
        self.phone.click("#enrol-form button.button-primary")
        self.hears("SMSをお送りしてよいですか")

    def says(self, text: str, answer: str | None) -> None:
        """The resident texts, and an answer that holds ``answer`` comes (none while a person leads)."""
        self.station.locator(".write-text").fill(text)
        self.station.locator(".send").click()
        self.hears(answer or text)

    def hears(self, words: str) -> None:
        """Wait until the last text on the phone holds these words and has been delivered."""
        last = self.station.locator(".messages-list li").last
        last.get_by_text(words).wait_for()
        last.get_by_text("届いた").wait_for()

    def passes(self, by: str, words: str) -> None:
        """Move the clock by one of its buttons; then the last text holds these words."""
        self.phone.click(f'[data-advance="{by}"]')
        self.phone.locator("#clock-state", has_text="になりました").wait_for(timeout=60_000)
        self.hears(words)

    # -- in the console ---------------------------------------------------------------------------------------------
    def sign_in(self, base: str, login: str = "nurse") -> None:
        self.console.context.clear_cookies()
        self.console.goto(f"{base}/console/")
        self.console.fill("#login", login)
        self.console.fill("#password", PASSWORD)
        self.console.click("form[action='/console/login'] button")
        self.console.wait_for_selector("#queue-cards")

    def picture_of_confirmation(self, name: str) -> None:
        """The page that asks before something is sent, down to its buttons."""
        page, buttons = (self.console.locator(place).bounding_box() for place in ("main", ".confirm-buttons"))
        if page is None or buttons is None:
            raise LookupError(name)
        height = buttons["y"] + buttons["height"] + 24 - page["y"]
        clip = {"x": page["x"], "y": page["y"], "width": page["width"], "height": height}
        self.console.screenshot(path=self.folder / f"{name}.png", clip=clip)

    def press(self, label: str) -> None:
        """Press a button, and wait for the page that follows."""
        with self.console.expect_navigation():
            self.console.locator("main button", has_text=label).first.click()


def play(story: Story, base: str) -> None:
    """From the first text to the release, a picture at each scene."""
    today = datetime.now(ZoneInfo("Asia/Tokyo")).date()  # a new demo begins today at ten
    story.phone.goto(f"{base}/demo/")
    story.phone.locator(".station").nth(2).locator(".messages-list li").last.wait_for()
    story.picture("phones", story.phone)
    story.phone.set_viewport_size(NARROW)
    _care(story, today)
    _emergency(story, base)
    _back_to_normal(story)
    story.sign_in(base, "manager")
    story.console.goto(f"{base}/console/corrections")
    story.console.click("main a.button-primary")
    story.picture("review", story.console)  # nothing is accepted: the folder is the shipped one


def _care(story: Story, today: date) -> None:
    story.enrol(today - timedelta(days=2))
    story.picture("first-text", story.station)
    story.says("1", "ありがとうございます")
    story.passes("morning", "本日の体調")
    story.says("2 37.8 のどが痛い", "37.8")
    story.passes("morning", "本日の体調")
    story.says("2 37.2", "37.2")
    story.picture("checks", story.station)


def _emergency(story: Story, base: str) -> None:
    story.passes("morning", "本日の体調")
    story.says("2 37.0 トイレに行くだけで息が苦しい", "今すぐ119に電話してください")
    story.station.get_by_text("緊急の症状").wait_for()
    story.picture("emergency", story.station)
    story.sign_in(base)
    story.picture("queue", story.console)
    story.console.click(f"a.queue-open:has-text('{NAME}')")
    story.console.wait_for_selector("#timeline mark")
    story.picture("timeline", story.console)
    story.press("引き継ぐ")
    story.console.fill("#reply-text", "看護師の山口です。今お電話しました。横になって、水分をとってください。")
    story.press("確認へ進む")
    story.picture_of_confirmation("reply")
    story.press("送信する")
    story.hears("看護師の山口です")
    story.says("ありがとうございます。落ち着いてきました", None)


def _back_to_normal(story: Story) -> None:
    story.console.reload()
    _mark_as_wrong(story)
    story.console.select_option("#step", "resting")
    story.press("ボットに戻す")
    story.picture_of_confirmation("hand-back")
    story.press("ボットに戻す")
    story.passes("morning", "本日の体調")
    story.says("1 36.5", "36.5")
    story.passes("24h", "外出を控えることをおすすめする期間")
    story.picture("release", story.station)
    story.console.goto(story.console.url.split("/console/")[0] + "/console/calls")
    story.picture("calls", story.console)


def _mark_as_wrong(story: Story) -> None:
    """The resident's last text was read as needing nobody; to the nurse it is one that a person should read."""
    reply = story.console.locator(".entry-in", has_text="落ち着いてきました")
    reply.locator("summary").click()
    story.picture("correction", reply)
    with story.console.expect_navigation():
        reply.locator("button", has_text="通常").click()


@contextlib.contextmanager
def pages(browser: Browser) -> Iterator[tuple[Page, Page]]:
    """A page for the resident and one for the nurse, of readers in Japan."""
    contexts = [
        browser.new_context(locale="ja-JP", timezone_id="Asia/Tokyo", viewport=size, reduced_motion="reduce")
        for size in (BROAD, WIDE)
    ]
    first, second = (context.new_page() for context in contexts)
    yield first, second
    for context in contexts:
        context.close()


def main(folder: Path) -> None:
    """Start a demo in a child process, play the story, end the demo."""
    tools.require_japanese_fonts()
    folder.mkdir(parents=True, exist_ok=True)
    reaper = Reaper()
    with tempfile.TemporaryDirectory() as data, contextlib.ExitStack() as stack:
        stack.callback(reaper.close)
        demo = Child(mimamori("demo", "--data", data, "--port", "0"), reaper)
        stack.callback(demo.kill)
        base = demo.wait_for(READY, seconds=90)[0]
        demo.wait_for("Ready", seconds=90)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=tools.chromium(), args=CHROMIUM_FLAGS)
        stack.callback(browser.close)
        phone, console = stack.enter_context(pages(browser))
        play(Story(phone, console, folder), base)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else IMAGES)
