"""What providers and carriers say, in words: Japanese first, English beside it."""

from __future__ import annotations

FAILURES = {
    "absent": ("電源が入っていないか圏外", "Phone off or out of reach"),
    "blocked": ("受信を拒否する設定・契約", "The phone or its contract refuses our texts"),
    "opted_out": ("通信会社で配信停止の登録", "Opted out at the carrier"),
    "no_such_number": ("使われていない番号など", "No such number"),
    "filtered": ("迷惑SMSの判定で止められた", "Held back by a filter"),
    "expired": ("有効期限切れ", "Its time ran out on the way"),
    "bad_text": ("文が長すぎるか、送れない文字", "Too long, or characters that the road does not take"),
    "bad_sender": ("差出人の番号・名前が使えない", "Our number or name may not be used"),
    "account": ("契約・鍵・残高の問題(運用担当者へ)", "Key, contract or credit: an operator must act"),
    "busy": ("混雑、または経路の一時停止", "Busy, or the road is down for the moment"),
    "other": ("その他(コードを参照)", "Other: see the code"),
}
"""Why a text was not taken or did not arrive."""

REFUSALS = {
    "unsigned": ("署名がない", "Not signed"),
    "signature": ("署名が合わない", "Wrong signature"),
    "stale": ("時刻が古すぎるか先すぎる", "Too old or ahead"),
    "replayed": ("一度受け取った要求", "Received before"),
    "payload": ("本文が署名と合わない", "Another body than was signed"),
    "certificate": ("証明書を信頼できない", "Certificate not trusted"),
    "topic": ("設定にないトピック", "Not the configured topic"),
    "address": ("許可していないアドレスから", "Address not allowed"),
    "credentials": ("認証情報が合わない", "Wrong credentials"),
    "account": ("別のアカウントあて", "Another account's"),
}
"""Why a request was not believed."""

ROAD_STATES = {
    "up": ("動いています", "Up"),
    "down": ("止まっています", "Down"),
    "slow": ("混み合っています", "Busy"),
    "unused": ("まだ使われていません", "Not used yet"),
}

GATEWAY_GROUPS = {"failure": FAILURES, "refusal": REFUSALS, "road_state": ROAD_STATES}
