"""What providers and carriers say, and what we do about it, in words: Japanese first, English beside it."""

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

OUR_CODES = {
    "road_down": ("経路が止まっているため待っている", "Waits: the road is down"),
    "road_full": ("経路の速さの上限のため待っている", "Waits: the road's rate is used up"),
    "road_quiet": ("経路の休み時間のため待っている", "Waits: the road's quiet hours"),
    "budget": ("きょうの予算を使い切ったため待っている", "Waits: today's budget is used up"),
    "too_many": ("この番号への1時間の上限のため待っている", "Waits: too many to this number within an hour"),
    "quiet": ("夜間のため待っている", "Waits: quiet hours"),
    "by_hand": ("職員が経路を選んで、もう一度送る", "A person sends it once more"),
    "awaited": (
        "送れたか分からないので、配信結果を待っている",
        "Waits for a receipt: nobody knows whether it went out",
    ),
    "unknown": ("送れたか分からないまま", "Nobody knows whether it went out"),
    "again": ("送れたか分からないので、もう一度送る", "Sent once more: nobody knows whether it went out"),
    "no_road": ("使える経路がない", "No road takes it"),
    "road_gone": ("その経路の設定がなくなった", "That road is configured no more"),
    "characters": ("どの経路でも送れない文字がある", "No road carries its characters"),
    "too_long": ("どの経路にも長すぎる", "Too long for every road"),
    "not_on_roster": ("登録のない番号なので送らない", "Not sent: the number is not on the roster"),
    "last_check": ("送る前の確認で取り消し(STOP・引き継ぎなど)", "Cancelled by the last check (STOP, takeover …)"),
    "no_connection": ("経路につながらない", "No connection to the road"),
    "never_arrived": ("事業者に届いていなかった", "It never reached the provider"),
    "hand_off": ("受け渡しのフォルダーに置いた(運ぶまで届かない)", "In the hand-off folder: to be carried"),
    "hand_off_guarded": (
        "受け渡しのフォルダーに置いた(数式と間違われない字を前に足した)",
        "As above, with a guard before it",
    ),
    "hand_off_file": ("運ぶファイルに入った", "Written into a file to carry"),
    "hand_off_carried": ("ファイルを事業者の画面へ運んだ", "Its file was carried to the vendor"),
    "claim_expired": ("送っている途中で止まった", "Cut off while it was sent"),
}
"""Codes of our own beside a text; any other is the provider's."""

LIFE = {
    "retry": ("今は受け取られず、送り直す", "Not taken now, to be tried again"),
    "written": ("経路の文字に合わせて書き換え", "Rewritten for the road's characters"),
}
"""What happens to a text beside its states."""

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
    "malformed": ("署名は正しいが、読み取れない", "Signed, but it could not be read"),
    "no_number": ("差出人が電話番号ではない", "The sender is no telephone number"),
    "unknown_account": (
        "設定にないアカウントあて(ファイルの名前を確かめる)",
        "No such account: look at its file's name",
    ),
    "error": ("確かめられなかった", "It could not be checked"),
}
"""Why a request is in the quarantine."""

DECISIONS = {
    "released": ("受け取った", "Taken"),
    "forced": ("確かめずに受け取った", "Taken without verifying"),
    "dropped": ("不要にした", "Dropped"),
    "came": ("事業者の再送で届いた", "Came by the provider's retry"),
}
"""What became of such a request: a person decided, or all its texts came again and were believed."""

ROAD_STATES = {
    "up": ("動いています", "Up"),
    "down": ("止まっています", "Down"),
    "probing": ("1通で試しています", "Trying with one text"),
    "unused": ("まだ使われていません", "Not used yet"),
}

LEVELS = {
    "free": ("余裕があります", "Enough left"),
    "warned": ("80%を超えました", "More than 80 % used"),
    "used_up": ("使い切りました。定時の連絡は明日まで待ちます", "Used up: scheduled texts wait until tomorrow"),
    "ceiling": ("上限です。119の案内のほかは明日まで待ちます", "At the ceiling: all but 119 guidance waits"),
    "lifted": ("きょうは上限なしにしてあります", "Lifted for today"),
}
"""Where the day's budget stands."""

GATEWAY_GROUPS = {
    "failure": FAILURES,
    "our_code": OUR_CODES,
    "refusal": REFUSALS,
    "decision": DECISIONS,
    "road_state": ROAD_STATES,
    "level": LEVELS,
}
