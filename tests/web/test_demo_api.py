"""The demo for programs, as a program sees it: a child process and HTTP."""

import http.client
import json
from datetime import datetime, time, timedelta
from itertools import count, pairwise
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from tests.support.child import READY, Child, mimamori

ZONE = ZoneInfo("Asia/Tokyo")
RESIDENT = {"name": "山田 太郎", "kana": "ヤマダ タロウ", "program": "covid19-2023-05-08"}
numbers = count(1)


class Demo:
    """A running demo and its doors."""

    def __init__(self, port):
        self.port = port

    def ask(self, method, path, body=None, **headers):
        """Status and JSON of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, data, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        told = answer.read()
        connection.close()
        assert answer.headers.get_content_type() == "application/json", told
        return answer.status, json.loads(told)

    def get(self, path):
        status, told = self.ask("GET", path)
        assert status == 200, told
        return told

    def post(self, path, **body):
        status, told = self.ask("POST", path, body)
        assert status in {200, 201}, told
        return told

    def settle(self):
        assert self.post("/demo/api/settle")["settled"] is True

    def text(self, phone, words):
        self.post(
            "/webhook/sandbox/demo", id=f"t{next(numbers)}", **{"from": phone, "to": "+815000000000", "text": words}
        )
        self.settle()

    def enrol(self, phone, *texts, **fields):
        self.post("/demo/api/residents", **{**RESIDENT, "phone": phone, **fields})
        self.settle()
        for words in texts:
            self.text(phone, words)

    def messages(self, phone):
        return self.get(f"/demo/api/phones/{phone}/messages")

    def conversation(self, phone):
        return SimpleNamespace(**self.get(f"/demo/api/conversations/{phone}"))


@pytest.fixture(scope="module")
def demo(reaper, tmp_path_factory):
    child = Child(mimamori("demo", "--data", tmp_path_factory.mktemp("demo"), "--port", "0", "--no-samples"), reaper)
    port = int(child.wait_for(READY.replace(r"\d+", r"(\d+)"))[1])
    yield Demo(port)
    child.kill()


@pytest.fixture
def phone():
    """A number that no other test uses."""
    return f"+8190{next(numbers):08}"


# -- residents -------------------------------------------------------------------------------------------------------


def test_a_resident_is_enrolled_with_the_fields_that_the_issue_names(demo, phone):
    everything = {**RESIDENT, "phone": phone, "birth_date": "1985-04-01", "language": "ja", "onset_date": "2022-09-09",
                  "at_risk": False}  # fmt: skip
    status, told = demo.ask("POST", "/demo/api/residents", everything)
    assert status == 201
    assert list(told) == ["id"]
    assert isinstance(told["id"], int)


def test_fields_that_cannot_be_used_are_named(demo):
    status, told = demo.ask("POST", "/demo/api/residents", {"phone": "03-1234-5678", "at_risk": [], "birth_date": 5})
    assert status == 422
    assert set(told["fields"]) == {"name", "kana", "phone", "program", "at_risk", "birth_date"}
    assert all(field["ja"] and field["en"] for field in told["fields"].values())
    assert told["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 50_000])
@pytest.mark.parametrize("path", ["residents", "clock", "carrier", "staff/take-over"])
def test_what_is_no_json_object_is_refused(demo, path, body):
    status, told = demo.ask("POST", f"/demo/api/{path}", body)
    assert (status, told["field"]) == (400, "body")
    assert told["error"]


def test_a_request_that_is_too_large_is_refused(demo):
    body = json.dumps({**RESIDENT, "name": "山" * 3_500_000}).encode()
    for path in ("/demo/api/residents", "/webhook/sandbox/demo"):
        connection = http.client.HTTPConnection("127.0.0.1", demo.port, timeout=30)
        try:
            connection.request("POST", path, body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it hung up while we were still talking
        else:
            assert connection.getresponse().status == 413
        connection.close()
    demo.settle()


# -- what is told ----------------------------------------------------------------------------------------------------


def test_messages_of_a_phone_have_the_shape_of_the_issue_oldest_first(demo, phone):
    demo.enrol(phone, "はい", "2 37.6")
    messages = demo.messages(phone)
    assert [set(message) for message in messages] == [{"direction", "text", "at", "status", "segments"}] * 5
    assert [message["direction"] for message in messages] == ["out", "in", "out", "in", "out"]
    assert [message["status"] for message in messages] == [
        "delivered",
        "received",
        "delivered",
        "received",
        "delivered",
    ]
    moments = [datetime.fromisoformat(message["at"]) for message in messages]
    assert moments == sorted(moments)
    assert all(moment.tzinfo for moment in moments)
    assert messages[1]["text"] == "はい"
    assert messages[1]["segments"] == 1
    assert "37.6" in messages[-1]["text"]
    assert demo.messages(f"0{phone[3:]}") == messages


def test_a_phone_that_never_was_has_no_messages_and_no_conversation(demo, phone):
    assert demo.messages(phone) == []
    assert demo.ask("GET", f"/demo/api/conversations/{phone}")[0] == 404
    assert demo.get(f"/demo/api/escalations?phone={phone}") == []
    for path in ("conversations/abc", "phones/abc/messages", "escalations?phone=abc", "escalations?phone="):
        status, told = demo.ask("GET", f"/demo/api/{path}")
        assert (status, told["field"]) == (400, "phone")


def test_a_conversation_has_the_shape_of_the_issue(demo, phone):
    demo.enrol(phone)
    told = demo.conversation(phone)
    assert (told.control, told.step, told.case_state, told.consent) == ("bot", "consent", "enrolled", "none")
    assert told.reports == []
    demo.text(phone, "はい")
    demo.text(phone, "2 37.6 咳")
    demo.post("/demo/api/clock", advance="1d")
    demo.text(phone, "1")
    told = demo.conversation(phone)
    assert (told.step, told.case_state, told.consent) == ("resting", "monitoring", "given")
    first, second = told.reports
    assert {"date", "temperature", "spo2", "present", "priority"} <= set(first)
    assert (first["temperature"], first["spo2"], first["priority"]) == (37.6, None, "none")
    assert "cough" in first["present"]
    assert (second["temperature"], second["spo2"]) == (None, None)
    assert datetime.fromisoformat(first["date"]) < datetime.fromisoformat(second["date"])


@pytest.mark.parametrize("words, consent", [("いいえ", "declined"), ("STOP", "withdrawn")])
def test_consent_is_told_in_the_words_of_the_issue(demo, phone, words, consent):
    demo.enrol(phone, words)
    assert demo.conversation(phone).consent == consent
    (call,) = [call for call in demo.get("/demo/api/calls") if call["phone"] == phone]
    assert {"phone", "reason", "due_at", "state"} <= set(call)
    assert call["state"] == "open"
    assert datetime.fromisoformat(call["due_at"]).tzinfo


def test_escalations_have_the_shape_of_the_issue_open_and_closed(demo, phone):
    demo.enrol(phone, "はい", "息が苦しいです")
    (told,) = demo.get(f"/demo/api/escalations?phone={phone.replace('+', '%2B')}")
    assert {"priority", "state", "reason", "evidence", "phone", "opened_at"} <= set(told)
    assert (told["priority"], told["state"], told["phone"]) == ("emergency", "open", phone)
    assert "苦し" in told["evidence"]
    assert "119" in demo.messages(phone)[-1]["text"]
    assert demo.get(f"/demo/api/escalations?phone={phone}") == [told], "a plus sign may be forgotten to be quoted"
    demo.post("/demo/api/staff/take-over", phone=phone)
    demo.post("/demo/api/staff/close", phone=phone, outcome="hospitalised")
    assert demo.get(f"/demo/api/escalations?phone={phone}")[0]["state"] == "closed"
    assert phone in {row["phone"] for row in demo.get("/demo/api/escalations")}


# -- staff -----------------------------------------------------------------------------------------------------------


def test_the_nurse_takes_over_replies_hands_back_and_closes(demo, phone):
    demo.enrol(phone, "はい")
    demo.post("/demo/api/staff/take-over", phone=phone)
    assert demo.conversation(phone).control == "human"
    before = len(demo.messages(phone))
    demo.text(phone, "1 36.5")
    assert len(demo.messages(phone)) == before + 1, "the bot is silent"
    demo.post("/demo/api/staff/reply", phone=phone, text="看護師です。お電話します。")
    demo.settle()
    assert demo.messages(phone)[-1]["text"] == "看護師です。お電話します。"
    demo.post("/demo/api/staff/hand-back", phone=phone, step="resting")
    assert demo.conversation(phone).control == "bot"
    demo.post("/demo/api/staff/close", phone=phone, outcome="recovered")
    told = demo.conversation(phone)
    assert (told.control, told.case_state) == ("closed", "closed")


def test_what_the_nurse_cannot_do_is_told(demo, phone):
    demo.enrol(phone, "はい")
    for action, fields, status, field in [
        ("reply", {"phone": phone, "text": "お電話します"}, 409, "phone"),
        ("hand-back", {"phone": phone, "step": "resting"}, 409, "phone"),
        ("reply", {"phone": phone}, 400, "text"),
        ("reply", {"phone": phone, "text": 5}, 400, "text"),
        ("reply", {"phone": phone, "text": "あ" * 661}, 400, "text"),
        ("close", {"phone": phone, "outcome": "x" * 61}, 400, "outcome"),
        ("take-over", {}, 400, "phone"),
        ("take-over", {"phone": ["x"]}, 400, "phone"),
        ("take-over", {"phone": "+819099999999"}, 404, "phone"),
    ]:
        found, told = demo.ask("POST", f"/demo/api/staff/{action}", fields)
        assert (found, told.get("field")) == (status, field), (action, fields)
    assert demo.ask("POST", "/demo/api/staff/dance", {"phone": phone})[0] == 404
    demo.post("/demo/api/staff/take-over", phone=phone)
    found, told = demo.ask("POST", "/demo/api/staff/hand-back", {"phone": phone, "step": "nowhere"})
    assert (found, told["field"]) == (409, "step")


# -- clock and carrier -----------------------------------------------------------------------------------------------


def test_moving_the_clock_lets_everything_happen_in_order_each_at_its_own_time(demo, phone):
    demo.enrol(phone, "はい", at_risk=True)
    now = datetime.fromisoformat(demo.get("/demo/api/clock")["now"]).astimezone(ZONE)
    told = demo.post("/demo/api/clock", advance="3d")
    then = datetime.fromisoformat(told["now"]).astimezone(ZONE)
    assert timedelta(days=3) <= then - now < timedelta(days=3, minutes=1)
    sent = [datetime.fromisoformat(message["at"]).astimezone(ZONE) for message in demo.messages(phone)]
    assert all(earlier <= later for earlier, later in pairwise(sent))
    by_itself = [moment for moment in sent if moment > now + timedelta(minutes=1)]
    days = [now.date() + timedelta(days=number) for number in (1, 2, 3)]
    hours = [time(9), time(11), time(15)]  # the check and two reminders
    planned = [datetime.combine(day, hour, ZONE) for day in days for hour in hours]
    assert by_itself == [moment for moment in planned if now < moment <= then]
    calls = [call for call in demo.get("/demo/api/calls") if call["phone"] == phone]
    assert [call["reason"] for call in calls] == ["no_answer"]
    due = datetime.fromisoformat(calls[0]["due_at"]).astimezone(ZONE)
    assert due == datetime.combine(days[0], time(15), ZONE), "at once for somebody at risk"


@pytest.mark.parametrize("advance", ["", "soon", "0h", "-1h", "400d", "1d100000000s", 5, None, ["1h"]])
def test_a_clock_is_not_moved_by_what_is_no_duration(demo, advance):
    before = demo.get("/demo/api/clock")["now"]
    status, told = demo.ask("POST", "/demo/api/clock", {"advance": advance})
    assert (status, told["field"]) == (400, "advance")
    after = demo.get("/demo/api/clock")["now"]
    assert datetime.fromisoformat(after) - datetime.fromisoformat(before) < timedelta(minutes=1)


def test_a_carrier_that_is_down_gets_the_texts_when_it_is_back(demo, phone):
    assert demo.get("/demo/api/carrier") == {"mode": "normal"}
    assert demo.post("/demo/api/carrier", mode="down") == {"mode": "down"}
    try:
        demo.enrol(phone)
        assert demo.messages(phone) == []
        assert demo.ask("POST", "/demo/api/carrier", {"mode": "sideways"})[0] == 400
    finally:
        demo.post("/demo/api/carrier", mode="normal")
    demo.post("/demo/api/clock", advance="1m")
    assert len(demo.messages(phone)) == 1


def test_only_this_machine_and_this_site_come_in(demo):
    assert demo.ask("GET", "/demo/api/calls", sec_fetch_site="cross-site")[0] == 403
    assert demo.ask("GET", "/demo/api/calls", sec_fetch_site="same-origin")[0] == 200
    assert demo.ask("GET", "/demo/api/nothing")[0] == 404
    assert demo.ask("DELETE", "/demo/api/calls")[0] == 405
