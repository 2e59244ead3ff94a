"""What is shown of a request holds no secret, in whatever spelling."""

import base64
import json
from html import escape
from urllib.parse import quote, quote_plus, urlencode

import pytest
from pydantic import SecretStr
from yarl import URL

from bot.gateways.hidden_secrets import secrets_of, without_keys, without_secrets

SECRET = 'abc+def!ghi&jkl "/ \\é~日'
SPELLINGS = {
    "plain": str,
    "quoted": lambda secret: quote(secret, safe=""),
    "quoted but for slashes": quote,
    "a form": quote_plus,
    "small letters": lambda secret: quote(secret, safe="").lower(),
    "twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "an address": lambda secret: str(URL("https://a/").with_query({"k": secret})).partition("=")[2],
    "a path": lambda secret: URL.build(path="/" + secret).raw_path[1:],
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON as UTF-8": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "JSON with quoted slashes": lambda secret: json.dumps(secret)[1:-1].replace("/", r"\/"),
    "XML": escape,
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 for addresses": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "base64 in a form": lambda secret: quote_plus(base64.b64encode(secret.encode()).decode()),
    **{
        f"basic of {user}": lambda secret, user=user: base64.b64encode(f"{user}:{secret}".encode()).decode()
        for user in ("a", "ab", "abc", "mimamori")
    },
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_is_hidden_in_every_spelling(spelling):
    spelled = SPELLINGS[spelling](SECRET)
    assert without_secrets(f"to=1&p={spelled}&text=hello", [SECRET]) == "to=1&p=…&text=hello"


def test_of_two_secrets_one_of_which_begins_the_other_nothing_is_left():
    assert without_secrets("key=abcdefgh", ["abcd", "abcdefgh"]) == "key=…"


def test_what_is_named_like_a_key_is_hidden_even_where_it_is_mistyped():
    query = urlencode({"key": "K1", "Api_Key": "K2", "from": "x", "access-token": "K3", "text": "hi", "PASSWORD": "K4"})
    shown = without_keys(f"https://a/b?{query}#c")
    assert shown == "https://a/b?key=…&Api_Key=…&from=x&access-token=…&text=hi&PASSWORD=…#c"
    assert without_keys("token=K&text=key") == "token=…&text=key"


def test_the_first_word_of_a_text_is_no_key():
    assert without_keys("https://a/b?keyword=YES&text=key%3D5") == "https://a/b?keyword=YES&text=key%3D5"


def test_secrets_are_found_wherever_they_stand_but_for_those_that_any_text_holds():
    held = {"a": [SecretStr("first"), {"b": (SecretStr("second"), "plain")}], "c": SecretStr("abc")}
    assert list(secrets_of(held)) == ["first", "second"]
