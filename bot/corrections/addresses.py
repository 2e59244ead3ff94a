"""Japanese addresses in folded text: postal codes, prefectures with their towns, blocks and numbers, rooms."""

from __future__ import annotations

import re

_INSTEAD = "〇〇"
_PREFECTURES = (
    "青森|岩手|宮城|秋田|山形|福島|茨城|栃木|群馬|埼玉|千葉|神奈川|新潟|富山|冨山|石川|福井|山梨|長野|岐阜|静岡|愛知|三重|滋賀"
    "|兵庫|奈良|和歌山|鳥取|島根|岡山|広島|山口|徳島|香川|愛媛|高知|福岡|佐賀|長崎|熊本|大分|宮崎|鹿児島|沖縄"
)
_KANJI = "[々ヶ\u3400-\u4dbf\u4e00-\u9fff]"
_LETTER = "[々ヶ\u3400-\u4dbf\u4e00-\u9fffぁ-ゖー]"
_COUNT = "[0-9一二三四五六七八九十百]{1,4}"
_TOWNS = f"(?:{_LETTER}{{1,8}}?[市区町村郡])*{_LETTER}{{0,8}}?"
_HOUSES = "まんしょん|あぱーと|はいつ|こーぽ|めぞん|れじでんす|団地"

ADDRESSES = tuple(
    (re.compile(pattern), _INSTEAD)
    for pattern in (
        r"〒 ?\d{3} ?-? ?\d{4}",
        rf"(?:北海道|東京都|京都府|大阪府|(?:{_PREFECTURES})県)(?:{_LETTER}{{1,6}}?[市区町村郡])*",
        rf"{_TOWNS}{_COUNT}丁目(?:[-の ]*{_COUNT}(?:番地?|号)?){{0,3}}",
        rf"{_TOWNS}{_COUNT}番(?:地|[町丁])(?:[-の ]*{_COUNT}号?)?",
        rf"{_COUNT}番{_COUNT}号",
        rf"(?:{_KANJI}{{1,8}}|[ぁ-ゖー]{{1,5}})[市区町村丁通台丘]\d{{1,4}}[-の]\d{{1,4}}(?:[-の]\d{{1,5}})?",
        rf"{_KANJI}{{2,8}}\d{{1,4}}[-の]\d{{1,4}}[-の]\d{{1,5}}",
        rf"{_LETTER}{{1,10}}(?:{_HOUSES})[0-9a-z棟-]*(?:号室?)?",
        r"[0-9a-z]{1,5}号室",
    )
)
"""Patterns, each with what stands in for it. A town alone is none: many live there."""
