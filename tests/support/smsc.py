"""A small SMSC that speaks SMPP 3.4, written from the specification with ``struct`` alone: an independent witness.

In a test's own loop: ``async with running_smsc() as smsc``. As a process that can be killed:
``python -m tests.support.smsc --port P --control C --folder F``; what it took and what it still has to deliver lie in
the folder, written before it answers, and it is reached at the control port: ``GET /state``, ``POST /behave``,
``POST /phone``, ``POST /release``.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import struct
from dataclasses import dataclass, field, fields
from pathlib import Path

from aiohttp import web

BIND_RX, BIND_TX, SUBMIT, DELIVER, UNBIND, BIND_TRX, ENQUIRE = 1, 2, 4, 5, 6, 9, 0x15
RESP, NACK = 0x80000000, 0x80000000
OK, BAD_PASSWORD, BAD_ID, THROTTLED = 0, 0x0E, 0x0F, 0x58
MESSAGE_PAYLOAD, RECEIPTED_ID, MESSAGE_STATE, NETWORK_ERROR = 0x0424, 0x001E, 0x0427, 0x0423
AGAIN_SECONDS = 0.05
SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER = 0x020C, 0x020E, 0x020F
STATES = {
    "ENROUTE": 1,
    "DELIVRD": 2,
    "EXPIRED": 3,
    "DELETED": 4,
    "UNDELIV": 5,
    "ACCEPTD": 6,
    "UNKNOWN": 7,
    "REJECTD": 8,
}


@dataclass
class Behaviour:
    """How it behaves from now on; numbers count down."""

    password: str = "secret"
    system_id: str = "mimamori"
    throttle: int = 0  # submits refused with ESME_RTHROTTLED
    statuses: list = field(default_factory=list)  # one for each of the next submits; 0 takes it
    silent: int = 0  # submits that are taken but not answered
    slow: float = 0.0  # seconds before each answer to a submit
    cut_after: int = 0  # submits taken until the connection is cut without an answer
    receipts: str = "after"  # after the answer, early (before it), held (until ``release``), none
    stat: str = "DELIVRD"
    hex_ids: bool = False  # submit_sm_resp writes ids in hex, receipts in decimal
    tags: bool = False  # receipts by optional parameters alone
    mute: bool = False  # does not answer enquire_link
    deaf: bool = False  # does not answer a bind
    bind_status: int = 0  # refuses binds with it
    window: int = 10
    again_after: float = 0  # seconds without an answer after which a text is delivered once more; 0: never


def pack(command, status, sequence, body=b""):
    return struct.pack(">LLLL", 16 + len(body), command, status, sequence) + body


def text(value):
    return value.encode("latin-1") + b"\0"


def tlv(tag, value):
    return struct.pack(">HH", tag, len(value)) + value


def deliver_body(sender, recipient, message, *, coding=0, esm=0, tags=b"", ton=1):
    address = text(sender), bytes([ton, 1]), text(recipient)
    head = b"\0" + bytes([ton, 1]) + address[0] + address[1] + address[2]
    return head + bytes([esm, 0, 0]) + b"\0\0" + bytes([0, 0, coding, 0, len(message)]) + message + tags


class Body:
    """Reads the fields of a body one after the other."""

    def __init__(self, data):
        self.data = data

    def string(self):
        value, _, self.data = self.data.partition(b"\0")
        return value.decode("latin-1")

    def byte(self):
        value, self.data = self.data[0], self.data[1:]
        return value

    def octets(self, count):
        value, self.data = self.data[:count], self.data[count:]
        return value

    def tags(self):
        found = {}
        while self.data:
            tag, length = struct.unpack(">HH", self.octets(4))
            found[tag] = self.octets(length)
        return found


def read_submit(data):
    body = Body(data)
    service = body.string()
    source = body.byte(), body.byte(), body.string()
    dest = body.byte(), body.byte(), body.string()
    esm, _protocol, _priority = body.byte(), body.byte(), body.byte()
    body.string(), body.string()
    registered, _replace, coding, _default = body.byte(), body.byte(), body.byte(), body.byte()
    message = body.octets(body.byte())
    tags = {str(tag): value.hex() for tag, value in body.tags().items()}
    return {
        "service": service, "source": source, "dest": dest, "esm": esm, "registered": registered, "coding": coding,
        "message": message.hex(), "tags": tags,
    }  # fmt: skip


def joined(taken):
    """The texts that phones show: (number, text) in the order of their last part."""
    shown, open_parts = [], {}
    for item in taken:
        message = bytes.fromhex(item["message"]) or bytes.fromhex(item["tags"].get(str(MESSAGE_PAYLOAD), ""))
        to, place = item["dest"][2], None
        if item["esm"] & 0x40:
            header, message = message[1 : message[0] + 1], message[message[0] + 1 :]
            place = header[2:-2], header[-1], header[-2]
        elif str(SAR_REFERENCE) in item["tags"]:
            place = tuple(bytes.fromhex(item["tags"][str(tag)]) for tag in (SAR_REFERENCE, SAR_NUMBER, SAR_TOTAL))
            place = place[0], place[1][0], place[2][0]
        words = message.decode("utf-16-be" if item["coding"] == 8 else "ascii")
        if place is None:
            shown.append((to, words))
            continue
        parts = open_parts.setdefault((to, place[0]), {})
        parts[place[1]] = words
        if len(parts) == place[2]:
            shown.append((to, "".join(words for _, words in sorted(open_parts.pop((to, place[0])).items()))))
    return shown


class Smsc:
    """The server; ``taken`` are the submits it took, ``waiting`` what it has to deliver and nobody acknowledged."""

    def __init__(self, folder=None, **behaviour):
        self.behaviour = Behaviour(**behaviour)
        self.taken, self.waiting, self.refusals, self.binds, self.seen = [], {}, [], [], []
        self.links = []
        self.held = []
        self._folder = folder
        self._numbers = itertools.count(1)
        self._server = None
        if folder is not None:
            self._load()

    # life

    async def start(self, port=0, ssl=None):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=ssl)
        return self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        for link in list(self.links):
            link.writer.transport.abort()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), 2)

    async def _serve(self, reader, writer):
        link = SmscLink(self, reader, writer)
        self.links.append(link)
        try:
            await link.serve()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self.links.remove(link)
            writer.close()

    def receiver(self):
        return next((link for link in self.links if link.bound in {BIND_RX, BIND_TRX}), None)

    # what phones do

    def text(self, sender, recipient, words, **how):
        """A text from a phone in as many parts as it needs (UCS-2, 8-bit reference)."""
        units = words.encode("utf-16-be")
        if len(units) <= 140:
            self.deliver(deliver_body(sender, recipient, units, coding=8, **how))
            return
        pieces = [units[at : at + 134] for at in range(0, len(units), 134)]
        reference = next(self._numbers) % 256
        for number, piece in enumerate(pieces, start=1):
            header = bytes([5, 0, 3, reference, len(pieces), number])
            self.deliver(deliver_body(sender, recipient, header + piece, coding=8, esm=0x40, **how))

    def deliver(self, body):
        """Deliver a body as soon as somebody is bound, again and again until it is acknowledged."""
        name = f"d{next(self._numbers)}"
        self._write("waiting", [name, body.hex()])
        self.waiting[name] = body
        if link := self.receiver():
            link.deliver_more()

    def acknowledged(self, name):
        if self.waiting.pop(name, None) is not None:
            self._write("acknowledged", name)

    # what it takes

    def take(self, item):
        number = len(self.taken) + 1000
        item["id"] = f"{number:x}" if self.behaviour.hex_ids else str(number)
        self.taken.append(item)
        self._write("taken", item)
        return item["id"]

    def receipt(self, item, stat=None, err="000", **how):
        stat = stat or self.behaviour.stat
        name = str(int(item["id"], 16)) if self.behaviour.hex_ids else item["id"]
        source, recipient = item["dest"][2], item["source"][2]
        if self.behaviour.tags:
            tags = tlv(RECEIPTED_ID, item["id"].encode() + b"\0") + tlv(MESSAGE_STATE, bytes([STATES[stat]]))
            return deliver_body(source, recipient, b"", esm=4, tags=tags, **how)
        words = (
            f"id:{name} sub:001 dlvrd:001 submit date:2611201200 done date:2611201201 stat:{stat} err:{err} text:..."
        )
        return deliver_body(source, recipient, words.encode(), esm=4, **how)

    def release(self, *, backwards=False):
        """Deliver the receipts that were held."""
        for item in reversed(self.held) if backwards else self.held:
            self.deliver(self.receipt(item))
        self.held.clear()

    # what it remembers

    def _write(self, kind, value):
        if self._folder is not None:
            with (self._folder / f"{kind}.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(value) + "\n")

    def _load(self):
        def lines(kind):
            file = self._folder / f"{kind}.jsonl"
            if not file.exists():
                return []
            whole = [line for line in file.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]
            return [json.loads(line) for line in whole]

        self.taken = lines("taken")
        done = set(lines("acknowledged"))
        queued = lines("waiting")
        self.waiting = {name: bytes.fromhex(body) for name, body in queued if name not in done}
        self._numbers = itertools.count(len(queued) * 2 + 1)


class SmscLink:
    """One connection of an ESME."""

    def __init__(self, smsc, reader, writer):
        self.smsc, self.reader, self.writer = smsc, reader, writer
        self.bound = 0
        self.frozen = False  # reads no more
        self.sent = {}
        self.tasks = set()
        self._sequence = itertools.count(1)

    async def serve(self):
        while True:
            head = await self.reader.readexactly(16)
            if self.frozen:
                self.writer.transport.pause_reading()
                await asyncio.Event().wait()
            length, command, status, sequence = struct.unpack(">LLLL", head)
            body = await self.reader.readexactly(length - 16)
            self.smsc.seen.append((command, status, sequence))
            if self.take(command, status, sequence, body):
                await self.writer.drain()
                return

    def write(self, data):
        if not self.writer.is_closing():
            self.writer.write(data)

    def take(self, command, status, sequence, body):
        """Whether that was all."""
        behaviour = self.smsc.behaviour
        if command in {BIND_RX, BIND_TX, BIND_TRX}:
            self.bind(command, sequence, body)
        elif command == SUBMIT:
            self.submit(sequence, body)
        elif command == DELIVER | RESP:
            self.delivered(status, sequence)
        elif command == ENQUIRE and not behaviour.mute:
            self.write(pack(ENQUIRE | RESP, OK, sequence))
        elif command == UNBIND:
            self.write(pack(UNBIND | RESP, OK, sequence))
            return True
        return False

    def bind(self, command, sequence, body):
        behaviour, fields_of = self.smsc.behaviour, Body(body)
        system_id, password = fields_of.string(), fields_of.string()
        told = {"kind": command, "system_id": system_id, "system_type": fields_of.string()}
        told |= {"version": fields_of.byte(), "ton": fields_of.byte(), "npi": fields_of.byte()}
        self.smsc.binds.append({**told, "range": fields_of.string()})
        if behaviour.deaf:
            return
        status = OK if password == behaviour.password else BAD_PASSWORD
        status = behaviour.bind_status or (status if system_id == behaviour.system_id else BAD_ID)
        self.write(pack(command | RESP, status, sequence, text("witness") if status == OK else b""))
        if status == OK:
            self.bound = command
            self.deliver_more()

    def submit(self, sequence, body):
        smsc, behaviour = self.smsc, self.smsc.behaviour
        status = behaviour.statuses.pop(0) if behaviour.statuses else OK
        if behaviour.throttle:
            behaviour.throttle, status = behaviour.throttle - 1, THROTTLED
        if status != OK:
            smsc.refusals.append(status)
            self.later(pack(SUBMIT | RESP, status, sequence))
            return
        item = read_submit(body)
        name = smsc.take(item)
        if behaviour.cut_after:
            behaviour.cut_after -= 1
            if not behaviour.cut_after:
                self.writer.transport.abort()
                return
        if behaviour.receipts == "early":
            smsc.deliver(smsc.receipt(item))
        if behaviour.silent:
            behaviour.silent -= 1
            return
        self.later(pack(SUBMIT | RESP, OK, sequence, text(name)))
        if behaviour.receipts == "after":
            smsc.deliver(smsc.receipt(item))
        elif behaviour.receipts == "held":
            smsc.held.append(item)

    def later(self, data):
        if not self.smsc.behaviour.slow:
            self.write(data)
            return
        task = asyncio.create_task(self.write_later(data, self.smsc.behaviour.slow))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def write_later(self, data, seconds):
        await asyncio.sleep(seconds)
        self.write(data)

    def deliver_more(self):
        if self.bound not in {BIND_RX, BIND_TRX}:
            return
        under_way = set(self.sent.values())
        for name, body in self.smsc.waiting.items():
            if len(self.sent) >= self.smsc.behaviour.window:
                return
            if name not in under_way:
                sequence = next(self._sequence)
                self.sent[sequence] = name
                self.write(pack(DELIVER, OK, sequence, body))
                if seconds := self.smsc.behaviour.again_after:
                    asyncio.get_running_loop().call_later(seconds, self.unanswered, sequence)

    def unanswered(self, sequence):
        """The response timer of the specification ran out."""
        if self.sent.pop(sequence, None) is not None:
            self.deliver_more()

    def delivered(self, status, sequence):
        name = self.sent.pop(sequence, None)
        if status == OK:
            self.smsc.acknowledged(name)
        else:
            self.smsc.refusals.append(status)
            if status == 0x65:
                self.smsc.acknowledged(name)
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self.deliver_more)
            return
        self.deliver_more()


@contextlib.asynccontextmanager
async def running_smsc(port=0, ssl=None, **behaviour):
    """An SMSC in this loop; ``smsc.port`` is where it listens."""
    smsc = Smsc(**behaviour)
    smsc.port = await smsc.start(port, ssl)
    try:
        yield smsc
    finally:
        await smsc.stop()


# as a process


def control(smsc):
    """How a test reaches an SMSC in another process."""

    async def state(_request):
        told = {
            "taken": smsc.taken,
            "waiting": len(smsc.waiting),
            "bound": sum(bool(link.bound) for link in smsc.links),
        }
        return web.json_response(told)

    async def behave(request):
        for name, value in (await request.json()).items():
            assert name in {item.name for item in fields(Behaviour)}
            setattr(smsc.behaviour, name, value)
        return web.json_response({})

    async def phone(request):
        for item in await request.json():
            smsc.text(item["from"], item["to"], item["text"])
        return web.json_response({})

    async def release(_request):
        smsc.release(backwards=True)
        return web.json_response({})

    app = web.Application(client_max_size=10_000_000)
    app.add_routes([web.get("/state", state), web.post("/behave", behave), web.post("/phone", phone)])
    app.add_routes([web.post("/release", release)])
    return app


async def main(port, control_port, folder):
    smsc = Smsc(folder)
    runner = web.AppRunner(control(smsc))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", control_port).start()
    await smsc.start(port)
    print("SMSC listening", flush=True)  # noqa: T201  # the test waits for this line
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--control", type=int)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    asyncio.run(main(given.port, given.control, given.folder))
