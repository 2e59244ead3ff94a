"""``mimamori gateway try``: a sample request, step by step, and the request that would go out; nothing is sent."""

import re
from pathlib import Path

import pytest

from bot.domain.errors import InvalidInput
from bot.domain.messages import Outbound
from bot.gateways.registry import gateway_class, load_account
from bot.gateways.relay_seal import new_keys
from bot.roads.trying import outgoing, read_request
from tests.roads.conftest import KEY

EXAMPLES = sorted((Path(__file__).parents[2] / "config" / "gateways").glob("*.toml"))
TEXT = Outbound("ref0001", "+819012345678", "こんにちは")
CALL = """\
POST /webhook/kannel/main?key={key}&from=%2B819012345678&to=%2B815055550100&id=abc&coding=2&charset=UTF-16BE HTTP/1.1
Host: sms.city.sakura.lg.jp
Content-Length: 4

"""


@pytest.fixture
def sample(tmp_path):
    """A file with a call of Kannel that brings one text."""

    def write(key=KEY):
        file = tmp_path / "request.http"
        file.write_bytes(CALL.format(key=key).encode().replace(b"\n", b"\r\n") + "はい".encode("utf-16-be"))
        return str(file)

    return write


def test_a_sample_that_would_be_taken_is_told_with_the_answer(put, gateway, sample):
    put("main")
    code, told = gateway("try", "main", "--request", sample())
    assert code == 0
    for words in ("確認 verify: ✔", "+819012345678", "はい", "返す答え answer: 200"):
        assert words in told


def test_a_sample_that_would_be_refused_says_why(put, gateway, sample):
    put("main")
    code, told = gateway("try", "main", "--request", sample(key="9" * 20))
    assert code == 1
    assert "✘ credentials" in told


def test_a_sample_that_cannot_be_read_names_the_field(put, gateway, tmp_path):
    put("main")
    file = tmp_path / "request.http"
    file.write_bytes(f"POST /webhook/kannel/main?key={KEY}&from=%2B819012345678 HTTP/1.1\r\n\r\n".encode())
    code, told = gateway("try", "main", "--request", str(file))
    assert code == 1
    assert "読み取り parse: ✘ id" in told


@pytest.mark.parametrize("data", [b"", b"hello", b"POST /x HTTP/1.1\nno header\n\n"])
def test_a_file_that_is_no_request_says_which_line(data):
    with pytest.raises(InvalidInput) as error:
        read_request(data, "https://sms.city.sakura.lg.jp", "127.0.0.1")
    assert error.value.field == "request"


def test_the_body_is_kept_byte_for_byte_but_for_the_files_last_new_line():
    request = read_request(b"POST /a?b=c HTTP/1.1\nX-Sign: 1\n\na=1 &b=\n", "https://sms.city.sakura.lg.jp", "10.0.0.1")
    assert (request.body, request.url, request.header("x-sign"), request.peer) == (
        b"a=1 &b=", "https://sms.city.sakura.lg.jp/a?b=c", "1", "10.0.0.1",
    )  # fmt: skip
    cut = read_request(b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\na=1\n\n", "", "")
    assert cut.body == b"a=1"


def test_the_request_that_would_go_out_is_shown_without_secrets(put, gateway):
    put("main", method="post")
    code, told = gateway("try", "main", "--text", "こんにちは", "--to", "090-1234-5678")
    assert code == 0
    for words in ("POST http://127.0.0.1:1/cgi-bin/sendsms", "+819012345678", "こんにちは", "…"):
        assert words in told
    assert "opensesame-1" not in told
    assert KEY not in told


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_password_that_an_address_quotes_in_part_is_not_shown(put, gateway, monkeypatch, method):
    monkeypatch.setenv("ROAD_PASSWORD", "abc+def!ghi&jkl")
    put("main", method=method)
    code, told = gateway("try", "main", "--text", "hello", "--to", "090-1234-5678")
    assert code == 0
    assert "…" in told
    assert not [part for part in ("abc", "def", "ghi", "jkl") if part in told.replace(KEY, "")]


def by_http(file):
    abilities = gateway_class(file.stem).abilities
    return abilities.sends and not abilities.standing


@pytest.fixture
def secrets(monkeypatch):
    """Sets each ``env:NAME`` of an example to a value that nothing else has, and that its kind takes; all values."""

    def given(file):
        names = re.findall(r'"env:(\w+)"', re.sub(r"(?m)^\s*#.*$", "", file.read_text(encoding="utf-8")))
        values = {name: f"sEcret{number:02d}zq-0123456789" for number, name in enumerate(names)}
        if file.stem == "smpp":
            values = {name: value[2:10] for name, value in values.items()}
        if file.stem == "relay":
            values = dict.fromkeys(names, new_keys()["inside.key"])
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        return list(values.values())

    return given


@pytest.mark.parametrize("file", list(filter(by_http, EXAMPLES)), ids=lambda file: file.stem)
async def test_trying_sends_nothing_and_shows_no_secret_whatever_the_kind(file, secrets):
    hidden = secrets(file)
    shown = await outgoing(load_account(file), TEXT)
    assert shown
    assert not [secret for secret in hidden if secret[:10] in str(shown)]


@pytest.mark.parametrize("file", [file for file in EXAMPLES if not by_http(file)], ids=lambda file: file.stem)
def test_a_kind_that_sends_by_no_http_request_says_so(file, secrets, folder, gateway):
    hidden = secrets(file)
    (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    code, told = gateway("try", file.stem, "--text", "hello", "--to", "090-1234-5678")
    assert (code, "sends by no HTTP request" in told) == (0, True)
    assert not [secret for secret in hidden if secret in told]
