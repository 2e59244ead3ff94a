"""The disk is full and has room again: 503 meanwhile, no crash, and work goes on."""

import http.client
import json
import os
import resource
import subprocess
from itertools import count

import pytest

from tests.support.child import Child, mimamori
from tests.support.wait import until

PHONES = [f"+8190{number:08}" for number in range(10_000_000, 10_000_020)]
ids = count()


class LimitedFiles:
    """No file of the process may be written to."""

    may_take = ()

    def __init__(self, folder):
        self.folder = folder

    def fill(self, pid):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def clear(self, pid):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def close(self):
        pass


class SmallDisk:
    """A disk of a few megabytes in memory, filled to the last byte; there is room inside the files that are there."""

    may_take = (200, 201)

    def __init__(self, folder):
        self.folder = folder / "disk"
        self.folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(self.folder)]
        if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("only root can mount a small disk, and not everywhere")

    def fill(self, _pid):
        with (self.folder / "filler").open("wb", buffering=0) as filler:
            for size in (65536, 4096, 1):
                try:
                    while filler.write(b"x" * size):
                        pass
                except OSError:
                    continue

    def clear(self, _pid):
        (self.folder / "filler").unlink()

    def close(self):
        subprocess.run(["umount", "--lazy", str(self.folder)], capture_output=True, check=False)


@pytest.fixture(params=[LimitedFiles, SmallDisk])
def disk(request, tmp_path):
    made = request.param(tmp_path)
    yield made
    made.close()


class Demo:
    def __init__(self, folder, port, reaper):
        self.child = Child(mimamori("demo", "--data", folder, "--port", str(port), "--no-samples"), reaper)
        self.child.wait_for("Ready", seconds=60)
        self.port = port

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        told = json.loads(answer.read())
        connection.close()
        assert answer.status in {200, 201, 503}, (told, self.child.output[-3000:])
        return answer.status, answer.headers, told

    def text(self, phone, words, message_id=None):
        body = {"id": message_id or f"d{next(ids)}", "from": phone, "to": "+815000000000", "text": words}
        return self.ask("POST", "/webhook/sandbox/demo", body)

    def settle(self):
        until(lambda: self.ask("POST", "/demo/api/settle")[2]["settled"], "everything is done", seconds=40)

    def messages(self, phone):
        return self.ask("GET", f"/demo/api/phones/{phone}/messages")[2]


def enrol(demo, phone):
    body = {"name": "山田 太郎", "kana": "ヤマダ タロウ", "phone": phone, "program": "covid19-2023-05-08"}
    return demo.ask("POST", "/demo/api/residents", body)


def strangers(demo):
    """Texts without end from a number that nobody knows."""
    while True:
        yield demo.text("+819088888888", "もしもし" * 200)


@pytest.mark.slow
def test_texts_are_refused_while_there_is_no_room_and_nothing_is_lost_or_doubled(disk, reaper, free_port):
    demo = Demo(disk.folder, free_port, reaper)
    for phone in PHONES:
        assert enrol(demo, phone)[0] == 201
        assert demo.text(phone, "はい")[0] == 200
    demo.settle()

    asked = [demo.text(phone, "2 37.4", f"before {phone}")[0] for phone in PHONES]  # some of them are under way now
    disk.fill(demo.child.pid)
    status, headers, told = next(answer for answer in strangers(demo) if answer[0] != 200)
    assert (status, bool(headers["Retry-After"]), bool(told["error"])) == (503, True, True)
    during = [demo.text(phone, "お腹もすいてきました", f"during {phone}")[0] for phone in PHONES]
    assert asked == [200] * len(PHONES)
    assert set(during) <= {503, *disk.may_take}
    assert enrol(demo, "+819099999999")[0] in {503, *disk.may_take}
    assert demo.ask("GET", "/healthz")[0] == 200
    assert demo.ask("GET", f"/demo/api/conversations/{PHONES[0]}")[0] == 200, "reading goes on"
    assert demo.child.returncode is None

    disk.clear(demo.child.pid)
    assert {demo.text(phone, "お腹もすいてきました", f"during {phone}")[0] for phone in PHONES} == {200}
    assert demo.ask("POST", "/demo/api/clock", {"advance": "10m"})[0] == 200  # whatever waits to be tried again
    demo.settle()
    before = {phone: demo.messages(phone) for phone in PHONES}
    for messages in before.values():
        assert [message["text"] for message in messages if message["direction"] == "in"] == [
            "はい", "2 37.4", "お腹もすいてきました",
        ]  # fmt: skip
        sent = [message["text"] for message in messages if message["direction"] == "out"]
        assert len(sent) == len(set(sent)), "no text twice"
        assert len([text for text in sent if "37.4" in text]) == 1
    demo.child.kill()
    assert "Traceback" not in demo.child.output

    again = Demo(disk.folder, free_port, reaper)
    again.settle()
    for phone in PHONES:
        assert again.messages(phone) == before[phone], "the carrier's own log is whole"
    again.child.kill()
