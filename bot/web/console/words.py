"""Every code that staff meet, in words: Japanese first, English beside it."""

from __future__ import annotations

from typing import NamedTuple

from bot.web.console.road_words import GATEWAY_GROUPS, LIFE


class Word(NamedTuple):
    """One term in both languages."""

    ja: str
    en: str


_PRIORITY = {
    "emergency": Word("緊急", "Emergency"),
    "urgent": Word("至急", "Urgent"),
    "routine": Word("通常", "Routine"),
    "none": Word("なし", "None"),
}

_REASON = {
    "red_flag": Word("緊急の症状", "Red-flag symptom"),
    "urgent_report": Word("悪化・心配な値の報告", "Worse, or a worrying value"),
    "question": Word("質問・相談", "Question"),
    "not_understood": Word("読み取りきれない返事", "Not fully understood"),
    "no_clear_answer": Word("はっきりした返事がない", "No clear answer"),
    "report_to_read": Word("職員が読む報告", "A report to read"),
    "unknown_sender": Word("登録のない番号から", "Number not on the roster"),
    "wrong_number": Word("宛先違いの連絡", "Wrong number"),
    "opted_out": Word("配信停止(STOP)の連絡", "Sent STOP"),
    "after_stop": Word("配信停止のあとの連絡", "A text after STOP"),
    "release_confirmation": Word("終了の確認待ち", "Release to confirm"),
    "opted_in": Word("再開の希望(引き継ぎ中)", "Wants messages again"),
    "enrolled_while_waiting": Word("対応待ちのあいだに登録", "Enrolled while waiting for staff"),
    "takeover_left": Word("引き継ぎのまま8時間操作なし", "Takeover left for 8 hours"),
    "damaged_text": Word("文字化けを含む連絡", "Text arrived damaged"),
    "too_many_texts": Word("自動返信が1時間の上限に達した", "Too many automatic answers"),
    "flood": Word("短い時間に多くのSMSが届いた(まとめて1件)", "Many texts in a short time, as one task"),
    "unreadable": Word("処理できなかった連絡(必ず読んでください)", "Could not be processed: read it"),
    "bad_text": Word("SMSにできない文字・長さで送れなかった", "Text could not be sent as it is"),
    "filtered": Word("迷惑メール対策などで止められたSMS", "Text was held back by a filter"),
    "account": Word("事業者との契約・設定のため送れなかった", "Not sent: our account"),
    "not_on_roster": Word("登録のない番号には送らない", "Not sent: not on the roster"),
    "script": Word("台本による引き継ぎ", "Handed over by the script"),
}

_CALL = {
    "no_consent": Word("SMSに同意なし。電話で見守り", "Declined texts"),
    "no_answer_to_consent": Word("はじめの連絡に返事がない", "No answer to the first text"),
    "no_answer": Word("健康観察に返事がない", "No answer to the daily check"),
    "release_notice": Word("終了のお知らせを電話で", "Tell of the release by phone"),
    "opted_out": Word("配信停止(STOP)。電話で見守り", "Sent STOP"),
    "wrong_number": Word("宛先違い。正しい番号の確認", "Wrong number"),
    "undelivered": Word("SMSが届かなかった", "Text was not delivered"),
    "unconfirmed": Word("SMSが届いたか分からない", "We do not know whether the text arrived"),
    "no_such_number": Word("使われていない番号。正しい番号の確認", "No such number: ask for the right one"),
    "blocked": Word("SMSの受信を拒否・停止。電話で確認", "The phone or carrier refuses our texts"),
}

_CALL_OUTCOME = {
    "reached": Word("話せた", "Reached"),
    "no_answer": Word("出なかった", "No answer"),
    "wrong_number": Word("番号違いだった", "Wrong number"),
    "call_again": Word("あとでかけ直す", "Call again"),
    "other": Word("その他", "Other"),
    "replied": Word("返事が届いた", "Answered by text"),
}

_OUTCOME = {
    "recovered": Word("回復・観察期間の終了", "Recovered"),
    "handled_by_phone": Word("電話で対応した", "Handled by phone"),
    "hospitalised": Word("入院", "Hospitalised"),
    "moved": Word("転出・他の保健所へ", "Moved away"),
    "wrong_person": Word("人違い・宛先違い", "Wrong person"),
    "other": Word("その他", "Other"),
    "handed_back": Word("ボットに戻した", "Handed back"),
    "release_confirmed": Word("終了を確認した", "Release confirmed"),
    "number_confirmed": Word("番号を確認した", "Number confirmed"),
    "flood": Word("ほかの連絡とまとめた", "Gathered with others"),
}

_CONTROL = {
    "bot": Word("ボットが対応中", "The bot answers"),
    "waiting_human": Word("職員の対応待ち", "Waits for a person"),
    "human": Word("職員が対応中", "A person answers"),
    "closed": Word("終了", "Closed"),
}

_CONSENT = {
    "none": Word("同意はまだ", "Not asked or not answered"),
    "given": Word("SMSに同意", "Consented"),
    "declined": Word("SMSに同意しない", "Declined"),
    "withdrawn": Word("同意を撤回(STOP)", "Withdrawn (STOP)"),
}

_CASE = {
    "enrolled": Word("同意待ち", "Before consent"),
    "monitoring": Word("健康観察中", "Monitored"),
    "phone_only": Word("電話で見守り", "By phone"),
    "release_pending": Word("終了の確認待ち", "Release to confirm"),
    "released": Word("観察終了", "Released"),
    "closed": Word("終了(職員)", "Closed by staff"),
}

_STEP = {
    "consent": Word("はじめの連絡と同意", "First text and consent"),
    "resting": Word("次の健康観察を待つ", "Waits for the next check"),
    "daily": Word("きょうの健康観察", "Today's check"),
    "danger": Word("危険がないかの確認", "Danger question"),
    "with_staff": Word("職員の対応待ち", "With staff"),
    "phone_only": Word("電話で見守り", "By phone"),
    "released": Word("観察終了のあと", "After release"),
}

_BACK_TO = {
    "consent": Word("同意をたずね直す(SMSを送る)", "Ask for consent again"),
    "resting": Word("次の健康観察を待つ(今は送らない)", "Wait for the next check"),
    "daily": Word("きょうの健康観察をたずねる", "Ask today's check now"),
    "danger": Word("危険がないかをたずねる", "Ask the danger question now"),
    "phone_only": Word("電話での見守りにする(SMSは送らない)", "Look after by phone"),
    "released": Word("観察終了のあととして待つ", "After release"),
}

_TEXT_STATE = {
    "queued": Word("送信待ち", "Queued"),
    "submitting": Word("送信中", "Submitting"),
    "unknown": Word("送れたか確認中", "Unknown"),
    "accepted": Word("送信済み", "Accepted"),
    "delivered": Word("届いた", "Delivered"),
    "undelivered": Word("届かなかった", "Undelivered"),
    "expired": Word("期限切れで届かなかった", "Expired"),
    "rejected": Word("送れなかった", "Rejected"),
    "cancelled": Word("取り消し", "Cancelled"),
}

_TEXT_KIND = {
    "answer": Word("自動返信", "Answer"),
    "scheduled": Word("定時連絡", "Scheduled"),
    "emergency": Word("緊急案内", "Emergency guidance"),
    "staff": Word("職員", "Staff"),
    "farewell": Word("停止の確認", "STOP confirmation"),
}

_INTENT = {
    "consent_yes": Word("同意する", "Consents"),
    "consent_no": Word("同意しない", "Declines"),
    "opt_out": Word("配信停止", "STOP"),
    "opt_in": Word("配信再開", "START"),
    "help": Word("使い方", "HELP"),
    "report": Word("体調の報告", "Report"),
    "question": Word("質問・依頼", "Question"),
    "wrong_number": Word("宛先違い", "Wrong number"),
    "thanks": Word("お礼・了解", "Thanks"),
    "other": Word("その他", "Other"),
}

_EVIDENCE = {
    "red_flag": Word("緊急の症状", "Red flag"),
    "danger": Word("緊急のことば", "Danger"),
    "urgent": Word("至急のことば", "Urgent"),
    "symptom": Word("症状", "Symptom"),
    "state": Word("調子", "State"),
    "value": Word("値", "Value"),
    "menu": Word("番号", "Menu"),
    "answer": Word("返事", "Answer"),
    "intent": Word("用件", "Intent"),
    "negated": Word("「ない」と言っている", "Negated"),
    "gone": Word("もうおさまった", "Gone"),
    "long_gone": Word("以前のこと", "Long gone"),
    "supposed": Word("もしもの話・質問", "Supposed"),
    "others": Word("ほかの人のこと", "Somebody else"),
    "home": Word("同居の方のこと", "Somebody at home"),
    "denied": Word("打ち消している", "Denied"),
    "idiom": Word("慣用句(症状ではない)", "Idiom"),
    "like": Word("緊急・至急の例に似ている", "Like a grave example"),
}

_SIGN = {
    "labour": Word("陣痛・破水", "Labour"),
    "stroke": Word("脳卒中のうたがい", "Stroke"),
    "anaphylaxis": Word("強いアレルギー", "Anaphylaxis"),
    "palpitations": Word("動悸", "Palpitations"),
    "worse": Word("昨日より悪い", "Worse"),
    "cannot_drink": Word("水分・食事がとれない", "Cannot drink or eat"),
    "keeps_vomiting": Word("何度も吐く", "Keeps vomiting"),
    "no_urine": Word("尿が出ない", "No urine"),
    "cannot_get_up": Word("起き上がれない", "Cannot get up"),
    "severe_pain": Word("強い痛み", "Severe pain"),
    "blood_elsewhere": Word("出血", "Bleeding"),
    "high_words": Word("高熱", "High fever"),
    "baby": Word("乳幼児の様子", "Baby"),
    "pregnancy": Word("妊娠中の症状", "Pregnancy"),
    "medicine": Word("薬がない", "Out of medicine"),
    "no_food": Word("食べ物がない", "No food"),
    "visit": Word("受診・入院の希望", "Asks for a visit"),
    "well": Word("元気", "Well"),
    "eased": Word("良くなっている", "Eased"),
    "same": Word("変わりない", "Same"),
    "unwell": Word("具合が悪い", "Unwell"),
    "mild": Word("軽い", "Mild"),
    "later": Word("あとで", "Later"),
    "correction": Word("訂正", "Correction"),
    "request": Word("依頼", "Request"),
    "complaint": Word("苦情", "Complaint"),
    "offtopic": Word("別の話", "Off topic"),
    "yes": Word("はい", "Yes"),
    "no": Word("いいえ", "No"),
    "temperature": Word("体温", "Temperature"),
    "spo2": Word("SpO2", "SpO2"),
}

_CONTEXT = {
    "consent": Word("同意", "Consent"),
    "daily": Word("きょうの体調", "Daily check"),
    "temperature": Word("体温", "Temperature"),
    "spo2": Word("SpO2", "SpO2"),
    "recovery": Word("終了のあとの体調", "After release"),
    "free": Word("なし", "Nothing"),
    "danger": Word("危険がないか", "Danger question"),
}

_CORRECTION = {
    "open": Word("管理者の見直し待ち", "Waits for a manager"),
    "accepted": Word("例に採用", "Accepted"),
    "declined": Word("見送り", "Declined"),
}

_WRITTEN_IN = {
    "ja": Word("日本語", "Japanese"),
    "en": Word("英語", "English"),
    "zh-Hans": Word("中国語(簡体字)", "Chinese (simplified)"),
    "zh-Hant": Word("中国語(繁体字)", "Chinese (traditional)"),
    "ko": Word("韓国語", "Korean"),
    "pt": Word("ポルトガル語", "Portuguese"),
    "es": Word("スペイン語", "Spanish"),
    "vi": Word("ベトナム語", "Vietnamese"),
    "tl": Word("タガログ語", "Tagalog"),
    "ne": Word("ネパール語", "Nepali"),
}

_ROLE = {
    "staff": Word("職員", "Staff"),
    "manager": Word("管理者", "Manager"),
    "admin": Word("システム管理者", "Administrator"),
}

_LANGUAGE = {
    "ja": Word("日本語", "Japanese"),
    "ja-easy": Word("やさしい日本語", "Plain Japanese"),
    "en": Word("英語", "English"),
}

_DAY0 = {"onset": Word("発症日", "Onset"), "last_exposure": Word("最後に接触した日", "Last exposure")}

_GROUPS: dict[str, dict[str, Word]] = {
    "priority": _PRIORITY,
    "reason": _REASON,
    "call": _CALL,
    "call_outcome": _CALL_OUTCOME,
    "outcome": _OUTCOME,
    "control": _CONTROL,
    "consent": _CONSENT,
    "case": _CASE,
    "step": _STEP,
    "back_to": _BACK_TO,
    "text_state": _TEXT_STATE,
    "life": _TEXT_STATE | {code: Word(*pair) for code, pair in LIFE.items()},
    "text_kind": _TEXT_KIND,
    "intent": _INTENT,
    "evidence": _EVIDENCE,
    "sign": _SIGN,
    "context": _CONTEXT,
    "correction": _CORRECTION,
    "written_in": _WRITTEN_IN,
    "role": _ROLE,
    "language": _LANGUAGE,
    "day0": _DAY0,
    **{group: {code: Word(*pair) for code, pair in words.items()} for group, words in GATEWAY_GROUPS.items()},
}


def word(group: str, code: str | None) -> Word:
    """The words of a code; a code that a script made up itself stands for itself."""
    if code is None:
        return Word("-", "None")
    return _GROUPS[group].get(str(code), Word(str(code), str(code)))


def words_of(group: str) -> dict[str, Word]:
    """All codes of a group."""
    return dict(_GROUPS[group])


def knows(group: str, code: str) -> bool:
    """Whether a code has words of its own."""
    return code in _GROUPS[group]
