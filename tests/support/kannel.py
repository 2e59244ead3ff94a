"""A Kannel of this test run: Debian's bearerbox and smsbox with the configuration that we ship, on free ports.

The carrier is Kannel's own simulated one (``smsc = fake`` and its program ``fakesmsc``), or an SMSC on the SMPP link
of the shipped configuration (tests/support/smsc.py).
"""

import contextlib
import http.client
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

from tests.support import tools
from tests.support.child import CHECKOUT, Child
from tests.support.ports import free_port, is_open
from tests.support.reaper import Reaper
from tests.support.wait import until

SHIPPED = CHECKOUT / "config" / "gateways" / "kannel.conf"
ADMIN = "admin-of-the-tests"
SMPP_ACCOUNT = {"smsc-username": "mimamori", "smsc-password": "secret"}  # what tests/support/smsc.py lets in
START_SECONDS = 60
END_SECONDS = 3
_LINE = re.compile(r"Got message \d+: <(.*)>$")


@dataclass(frozen=True)
class Heard:
    """A message as the carrier got it; ``udh`` is the user data header of a part."""

    sender: str
    receiver: str
    text: str
    udh: bytes = b""


class Kannel:
    """Bearerbox and smsbox; each can be killed and started again, its disk stays."""

    def __init__(
        self,
        reaper: Reaper,
        *,
        inbound_url: str,
        password: str,
        smsc_port: int | None = None,
        core: Mapping[str, str] | None = None,
        get_url: str = "",
    ) -> None:
        """``smsc_port``: where an SMSC listens; None: fakesmsc is the carrier. ``core``: settings to change besides.

        ``get_url``: what is put behind ``inbound_url`` for a get-url instead of the post-url.
        """
        self._reaper = reaper
        self._programs = tools.kannel()
        self._folder = Path(tempfile.mkdtemp(prefix="mimamori-test-kannel-"))
        reaper.watch_folder(str(self._folder))
        for name in ("store", "dlr"):
            (self._folder / name).mkdir()
        self.admin_port, self.box_port, self.sendsms_port, self.link_port = (free_port() for _ in range(4))
        self._conf = self._folder / "kannel.conf"
        self._smsc_port, self._core = smsc_port, core or {}
        self._get_url = {"get-url": inbound_url + get_url} if get_url else {}
        self._conf.write_text(self._configured(SHIPPED.read_text(encoding="utf-8"), inbound_url, password))
        self.boxes: dict[str, Child] = {}
        self._others: list[Child] = []

    @property
    def sendsms_url(self) -> str:
        return f"http://127.0.0.1:{self.sendsms_port}/cgi-bin/sendsms"

    @property
    def status_url(self) -> str:
        return f"http://127.0.0.1:{self.admin_port}/status.xml?password={ADMIN}"

    def _configured(self, shipped: str, inbound_url: str, password: str) -> str:
        """The shipped file with what an operator changes, and with folders and ports of our own."""
        changes = {
            "core": {
                "admin-port": self.admin_port,
                "admin-password": ADMIN,
                "smsbox-port": self.box_port,
                "store-location": self._folder / "store",
                "dlr-spool": self._folder / "dlr",
                "log-file": self._folder / "bearerbox.log",
                **self._core,
            },
            "smsc": {"host": "127.0.0.1", "port": self._smsc_port, "throughput": 1000, **SMPP_ACCOUNT},
            "smsbox": {"sendsms-port": self.sendsms_port, "log-file": self._folder / "smsbox.log"},
            "sms-service": {"post-url": inbound_url},
            "sendsms-user": {"password": password},
        }
        groups = list(_groups(shipped))
        assert [name for name, _ in groups] == list(changes), "every group is there, once, in order"
        told = []
        for name, settings in groups:
            assert changes[name].keys() <= settings.keys(), f"kannel.conf sets all of {list(changes[name])}"
            merged = {**settings, **changes[name]}
            if name == "sms-service":
                merged |= self._get_url  # Kannel takes it before a post-url
            if name == "smsc" and self._smsc_port is None:
                merged = {"smsc": "fake", "smsc-id": "carrier", "our-host": "127.0.0.1", "port": self.link_port}
            told.append("\n".join([f"group = {name}", *(f'{key} = "{value}"' for key, value in merged.items())]))
        return "\n\n".join(told) + "\n"

    def start(self) -> None:
        """Start what does not run, in order, and wait until the one knows the other."""
        if "bearerbox" not in self.boxes:
            self._start("bearerbox", self._programs.bearerbox, self.box_port)
        if "smsbox" not in self.boxes:
            self._start("smsbox", self._programs.smsbox, self.sendsms_port)
        until(lambda: "<type>smsbox</type>" in self.status(), "bearerbox knows smsbox", seconds=START_SECONDS)

    def _start(self, name: str, program: Path, port: int) -> None:
        box = Child([program, "-v", "1", self._conf], self._reaper, env=self._programs.env, cwd=self._folder)
        self.boxes[name] = box

        def listens() -> bool:
            assert box.returncode is None, f"{name} ended:\n{box.output}"
            return is_open(port)

        until(listens, f"{name} listens", seconds=START_SECONDS)

    def kill(self, name: str) -> None:
        """SIGKILL. Without bearerbox smsbox ends by itself, as it does in real life."""
        self.boxes.pop(name).kill()
        if name == "bearerbox" and "smsbox" in self.boxes:
            smsbox = self.boxes.pop("smsbox")
            with contextlib.suppress(Exception):
                smsbox.wait(seconds=END_SECONDS)
            smsbox.kill()

    def status(self) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=5)
        try:
            connection.request("GET", f"/status.xml?password={ADMIN}")
            return connection.getresponse().read().decode()
        finally:
            connection.close()

    def received(self) -> int:
        """Texts that bearerbox has read from its carrier and stored since it started."""
        return int(re.search(r"<sms>\s*<received><total>(\d+)", self.status())[1])

    def stored(self) -> list[Path]:
        """What bearerbox has not been rid of yet."""
        return [path for path in (self._folder / "store").rglob("*") if path.is_file()]

    def fakesmsc(self, *messages: str) -> Child:
        """Kannel's simulated carrier: sends one of the messages, and prints what it gets until it is interrupted."""
        process = Child(
            [self._programs.fakesmsc, "-v", "0", "-H", "127.0.0.1", "-r", str(self.link_port), "-m", "1", *messages],
            self._reaper,
            env=self._programs.env,
        )
        self._others.append(process)
        process.wait_for("sent message 1")
        return process

    def close(self) -> None:
        for process in [*self._others, *self.boxes.values()]:
            process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def heard(fakesmsc: Child) -> list[Heard]:
    """What a fakesmsc has got so far, in order."""
    return [_heard(found[1]) for line in list(fakesmsc.lines) if (found := _LINE.search(line))]


def spoken(sender: str, receiver: str, text: str) -> str:
    """A message as fakesmsc sends it."""
    return f"{sender} {receiver} ucs2 {quote_from_bytes(text.encode('utf-16-be'), safe='')}"


def _heard(line: str) -> Heard:
    sender, receiver, kind, rest = line.split(" ", 3)
    udh = b""
    if kind == "udh":
        header, kind, rest = rest.split(" ", 2)
        udh = unquote_to_bytes(header.replace("+", " "))
    if kind == "text" and not udh:
        return Heard(sender, receiver, rest)
    codec = "utf-16-be" if kind == "ucs-2" or udh else "utf-8"
    return Heard(sender, receiver, unquote_to_bytes(rest.replace("+", " ")).decode(codec), udh)


def _groups(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The groups of a kannel.conf with their settings."""
    name, settings = "", {}
    for line in text.splitlines():
        if line.startswith("#") or "=" not in line:
            continue
        key, value = (part.strip() for part in line.split("=", 1))
        if key != "group":
            settings[key] = value.strip('"')
            continue
        if name:
            yield name, settings
        name, settings = value, {}
    yield name, settings
