"""Phone numbers, kept as E.164 and checked by the phonenumbers library."""

from __future__ import annotations

import re

import phonenumbers

from bot.domain.errors import InvalidInput

DEFAULT_REGION = "JP"
_JAPAN = 81
_JP_MOBILE = re.compile(r"^0(?!800)[6789]0\d{8}$")  # 0800 is toll-free: nobody reads a text there


def parse_phone(text: str, *, region: str = DEFAULT_REGION) -> str:
    """Any dialable number as E.164 (``090-1234-5678`` -> ``+819012345678``).

    Raises InvalidInput when the text is no possible telephone number.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise _not_a_number() from None
    if not phonenumbers.is_possible_number(number):
        raise _not_a_number()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def parse_mobile(text: str, *, region: str = DEFAULT_REGION) -> str:
    """A number that can be texted, as E.164: a Japanese mobile one, 060/070/080/090 with 11 digits."""
    e164 = parse_phone(text, region=region)
    number = phonenumbers.parse(e164, None)
    if number.country_code != _JAPAN or not _JP_MOBILE.match(f"0{number.national_number}"):
        raise InvalidInput(
            "携帯電話番号は060・070・080・090で始まる11桁で入力してください(例 090-1234-5678)。",
            "Enter a mobile number of 11 digits that starts with 060, 070, 080 or 090 (for example 090-1234-5678).",
            field="phone",
        )
    return e164


def national(e164: str) -> str:
    """The number as people in its country write it (``090-1234-5678``)."""
    number = phonenumbers.parse(e164, None)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


def _not_a_number() -> InvalidInput:
    return InvalidInput(
        "電話番号として読み取れません。数字を確かめてください(例 090-1234-5678)。",
        "This is not a telephone number. Check the digits (for example 090-1234-5678).",
        field="phone",
    )
