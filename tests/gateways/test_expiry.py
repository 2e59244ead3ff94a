"""Until when a text means something, as each provider is told; the others are not told."""

import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.domain.clock import FixedClock
from bot.gateways.smpp_account import SmppAccount
from bot.gateways.smpp_out import cut
from tests.gateways.kit import NOW, TEXT, make_gateway, provider, says

HOUR = timedelta(hours=1)
KEY = {"key": "env:EXPIRY_SECRET"}
PROOF = {"proof": {"kind": "path_secret", **KEY}}
VONAGE = {"api_key": "k", "api_secret": "env:EXPIRY_SECRET", "signature_secret": "env:EXPIRY_SECRET"}
INFOBIP = {"api_key": "env:EXPIRY_SECRET", **PROOF}
KANNEL = {**KEY, "username": "u", "password": "env:EXPIRY_SECRET"}
SNS = {
    "topic": "arn:aws:sns:ap-northeast-1:123456789012:sms", "access_key_id": "AKIA",
    "secret_access_key": "env:EXPIRY_SECRET",
}  # fmt: skip
GENERIC = {
    "proof": {"kind": "path_secret", **KEY},
    "send": {"content": "form", "fields": {"until": "{{ expires_at }}"}, "answers": [{"means": "accepted"}]},
}


def form(request):
    return {name: values[0] for name, values in parse_qs(request[3].decode()).items()}


def query(request):
    return {name: values[0] for name, values in parse_qs(urlsplit(request[1]).query).items()}


def body(request):
    return json.loads(request[3])


def header(request):
    return {name.lower(): value for name, value in request[2].items()}


def message(request):
    return body(request)["messages"][0]


TOLD = {
    "karaden": (
        "karaden", "url", {**KEY, "token": "env:EXPIRY_SECRET", "tenant_id": "t", "service_id": 1}, 24,
        form, "limited_at", "2026-11-21T03:00:00+00:00",
    ),
    "sinch": (
        "sinch", "url", {"service_plan_id": "p", "token": "env:EXPIRY_SECRET", **PROOF}, 24,
        body, "expire_at", "2026-11-21T03:00:00.000+00:00",
    ),
    "twilio": (
        "twilio", "api", {"account_sid": "AC1", "auth_token": "env:EXPIRY_SECRET"}, 5, form, "ValidityPeriod", "18000"
    ),
    "vonage, SMS API": ("vonage", "sms_api", VONAGE, 24, form, "ttl", "86400000"),
    "sns": ("sns", "api", SNS, 24, body, "TimeToLive", 86400),
    "infobip 3": (
        "infobip", "url", INFOBIP, 24, message, "options", {"validityPeriod": {"amount": 1440, "timeUnit": "MINUTES"}}
    ),
    "infobip 2": ("infobip", "url", {**INFOBIP, "version": 2}, 24, message, "validityPeriod", 1440),
    "kannel by GET": ("kannel", "sendsms_url", {**KANNEL, "method": "get"}, 24, query, "validity", "1440"),
    "kannel by POST": ("kannel", "sendsms_url", {**KANNEL, "method": "post"}, 24, header, "x-kannel-validity", "1440"),
    "jasmin": ("jasmin", "send_url", KANNEL, 24, form, "validity-period", "1440"),
    "generic": ("generic", "send", GENERIC, 24, form, "until", "2026-11-21T03:00:00+00:00"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    monkeypatch.setenv("EXPIRY_SECRET", "sixteen-letters-or-more")
    monkeypatch.setenv("EXPIRY_SHORT", "secret")


async def told(kind, where, given, look, hours, **more):
    async with provider(says(200)) as (url, there):
        address = {**given["send"], "url": url} if where == "send" else f"{url}/send"
        gateway = make_gateway(kind, **{**given, where: address, **more})
        gateway.clock = FixedClock(NOW)
        try:
            await gateway.send(replace(TEXT, expires_at=None if hours is None else NOW + hours * HOUR))
        finally:
            await gateway.close()
    (request,) = there.seen
    return look(request)


@pytest.mark.parametrize("kind, where, given, hours, look, name, value", TOLD.values(), ids=TOLD.keys())
async def test_until_when_a_text_means_something_is_told(kind, where, given, hours, look, name, value):
    assert (await told(kind, where, given, look, hours))[name] == value
    assert not (await told(kind, where, given, look, None)).get(name), "most texts have no end"
    assert not (await told(kind, where, given, look, hours, expiry=False)).get(name), "where the road refuses it"


async def test_what_is_longer_than_a_provider_takes_is_not_told():
    kind, where, given, _, look, name, _ = TOLD["twilio"]
    assert name not in await told(kind, where, given, look, 24)


async def test_what_is_nearly_over_is_told_with_the_least_that_a_provider_takes():
    kind, where, given, _, look, name, _ = TOLD["vonage, SMS API"]
    assert (await told(kind, where, given, look, 0))[name] == "1800000"


def test_smpp_is_told_by_its_validity_period():
    data = {"kind": "smpp", "account": "main", "sender": "+815012345678", "host": "h", "system_id": "s"}
    account = SmppAccount.model_validate({**data, "password": "env:EXPIRY_SHORT"})
    text = replace(TEXT, text="あ" * 100, expires_at=NOW + 24 * HOUR)
    assert {piece["validity_period"] for piece in cut(text, account, 1)} == {"261121030000000+"}
    assert "validity_period" not in cut(TEXT, account, 1)[0]
    assert "validity_period" not in cut(text, account.model_copy(update={"expiry": False}), 1)[0]
