"""AWS Signature Version 4 against AWS's published test suite (aws-sig-v4-test-suite) and its documented example."""

from datetime import UTC, datetime

import pytest

from bot.gateways.aws_sigv4 import Signer

AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SUITE = Signer("AKIDEXAMPLE", SECRET, "us-east-1", "service")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
VECTORS = {
    "get-vanilla": ("GET", b"", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    "post-vanilla": ("POST", b"", {}, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    "post-header-key-sort": (
        "POST",
        b"",
        {"My-Header1": "value1"},
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
    "post-x-www-form-urlencoded": (
        "POST",
        b"Param1=value1",
        FORM,
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
}


@pytest.mark.parametrize("method, body, headers, signature", VECTORS.values(), ids=VECTORS.keys())
def test_the_published_vectors_have_their_signatures(method, body, headers, signature):
    sent = SUITE.headers(method, "https://example.amazonaws.com/", body, headers, AT)
    assert sent["Authorization"].rpartition("Signature=")[2] == signature
    assert sent["X-Amz-Date"] == "20150830T123600Z"
    assert "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request," in sent["Authorization"]


def test_a_session_token_is_sent_and_signed():
    signer = Signer("AKIDEXAMPLE", SECRET, "us-east-1", "service", "token")
    sent = signer.headers("POST", "https://example.amazonaws.com/", b"", {}, AT)
    assert sent["X-Amz-Security-Token"] == "token"
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token," in sent["Authorization"]


def test_runs_of_blanks_in_a_header_count_once():
    one, two = (
        SUITE.headers("GET", "https://example.amazonaws.com/", b"", {"My-Header1": value}, AT)["Authorization"]
        for value in ("a   b ", "a b")
    )
    assert one == two
