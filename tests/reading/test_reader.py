from __future__ import annotations

import pytest

from bot.domain.errors import ScriptError
from bot.domain.reading import Context, Intent, Priority
from bot.reading.reader import LONGEST, Reader


@pytest.mark.parametrize(
    "text,code",
    [
        ("息するのがえらい", "dyspnea"),
        ("胸が締め付けられます", "chest_pain"),
        ("脈がとびます", "arrhythmia"),
        ("唇が紫色です", "cyanosis"),
        ("顔色がとても悪い", "pale"),
        ("母の様子がおかしい", "strange"),
        ("父がもうろうとしています", "confusion"),
        ("妻が気を失いました", "unconscious"),
        ("子供がけいれんしました", "seizure"),
        ("血の混じった痰が出ます", "hemoptysis"),
        ("助けてください", "rescue"),
        ("死にたいです", "suicide"),
    ],
)
def test_each_red_flag_is_an_emergency_and_named(reader, text, code):
    reading = reader.read(text, Context.DAILY)
    assert reading.priority is Priority.EMERGENCY
    assert code in reading.present


@pytest.mark.parametrize(
    "text,code",
    [
        ("息苦しくないです", "dyspnea"),
        ("息苦しさはありません", "dyspnea"),
        ("胸も痛くないし", "chest_pain"),
        ("息苦しさや胸の痛みなどはないです", "chest_pain"),
        ("けいれんはしていません", "seizure"),
        ("no chest pain or trouble breathing", "dyspnea"),
        ("没有胸痛", "chest_pain"),
        ("가슴 통증은 없어요", "chest_pain"),
        ("không khó thở", "dyspnea"),
        ("sem falta de ar", "dyspnea"),
    ],
)
def test_a_negated_red_flag_is_absent_and_quiet(reader, text, code):
    reading = reader.read(text, Context.DAILY)
    assert reading.priority is Priority.NONE
    assert code in reading.absent
    assert not reading.present


@pytest.mark.parametrize(
    "text",
    ["息苦しくないと言ったら嘘になります", "息苦しくないわけではないです", "胸が痛くないこともないです"],
)
def test_a_double_negation_is_present(reader, text):
    assert reader.read(text, Context.DAILY).priority is Priority.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "感謝の気持ちで胸がいっぱいです",
        "胸が痛むニュースばかりですね",
        "1 暇で死にそうです",
        "1 意識して水を飲んでいます",
        "息子は元気です",
        "dying of boredom, 1",
        "隣の人が救急車で運ばれました",
    ],
)
def test_an_idiom_and_a_stranger_alarm_nobody(reader, text):
    assert reader.read(text, Context.DAILY).priority.rank < Priority.URGENT.rank


def test_a_sign_gone_today_is_urgent_and_one_gone_for_days_is_quiet(reader):
    today = reader.read("昨日の夜は息苦しかったけど今は平気です", Context.DAILY)
    before = reader.read("先週は胸が痛かったけど治りました", Context.DAILY)
    assert today.priority is Priority.URGENT
    assert before.priority is Priority.NONE
    assert before.absent == ("chest_pain",)


def test_a_convulsion_within_the_day_stays_an_emergency(reader):
    assert reader.read("さっきけいれんしました。もう治まりました", Context.DAILY).priority is Priority.EMERGENCY


def test_a_red_flag_of_somebody_at_home_is_an_emergency_but_not_the_residents(reader):
    reading = reader.read("私は咳だけです。妻が息苦しそうです", Context.DAILY)
    assert reading.priority is Priority.EMERGENCY
    assert "dyspnea" not in reading.present


@pytest.mark.parametrize(
    "text",
    [
        "咳が止まりません",
        "鼻血ストップしない",
        "下痢が止まらない",
        "can't stop coughing",
        "the cough won't stop",
        "咳をやめたい",
    ],
)
def test_a_stop_word_inside_a_symptom_stops_nothing(reader, text):
    assert reader.read(text, Context.DAILY).intent is Intent.REPORT


@pytest.mark.parametrize(
    "text",
    [
        "停止",
        "STOP",
        "Stop.",
        "ｓｔｏｐ",
        "ストップ",
        "配信停止してください",
        "もう送らないで",
        "退订",
        "그만 보내세요",
        "hủy",
        "parar",
        "basta",
        "itigil",
        "बन्द",
    ],
)
def test_a_stop_word_alone_stops_in_every_language(reader, text):
    reading = reader.read(text, Context.FREE)
    assert reading.intent is Intent.OPT_OUT
    assert reading.priority is Priority.NONE


@pytest.mark.parametrize("text", ["HELP", "ヘルプ", "help"])
def test_help_alone_is_help(reader, text):
    assert reader.read(text, Context.FREE).intent is Intent.HELP


@pytest.mark.parametrize(
    "text,answer",
    [("1", "yes"), ("はい", "yes"), ("ある", "yes"), ("2", "no"), ("いいえ", "no"), ("ないです", "no"), ("no", "no")],
)
def test_the_danger_question_is_answered(reader, text, answer):
    reading = reader.read(text, Context.DANGER)
    assert reading.answer == answer
    assert reading.intent is Intent.REPORT
    assert reading.priority is (Priority.EMERGENCY if answer == "yes" else Priority.NONE)
    assert reading.understood


def test_consent_with_a_symptom_keeps_both(reader):
    reading = reader.read("1でお願いします。まだ咳が出ます 37.7", Context.CONSENT)
    assert reading.intent is Intent.CONSENT_YES
    assert reading.answer == "yes"
    assert reading.present == ("cough",)
    assert reading.temperature == 37.7


def test_easing_correcting_and_answering_later_are_told(reader):
    assert reader.read("1", Context.DAILY).eased
    assert reader.read("だいぶ楽になりました", Context.DAILY).eased
    assert reader.read("さっきの間違い、38.2です", Context.DAILY).correction
    assert reader.read("sorry I meant 2", Context.DAILY).correction
    later = reader.read("いま運転中です", Context.DAILY)
    assert later.later
    assert (later.intent, later.priority) == (Intent.OTHER, Priority.NONE)


@pytest.mark.parametrize(
    "text,context",
    [("", "daily"), ("😂", "daily"), ("あ", "daily"), ("4", "consent"), ("1", "recovery"), ("qwzx", "daily")],
)
def test_what_cannot_be_placed_is_other_and_not_understood(reader, text, context):
    reading = reader.read(text, Context(context))
    assert (reading.intent, reading.priority, reading.understood) == (Intent.OTHER, Priority.NONE, False)


def test_a_clause_of_unknown_words_beside_a_menu_digit_is_doubt(reader):
    assert not reader.read("1 でも肝胆相照の麒麟が峻厳です", Context.DAILY).understood
    assert reader.read("1 36.5 元気です", Context.DAILY).understood


def test_evidence_points_into_the_reply_as_received(reader):
    text = "　４　ｲｷｸﾞﾙｼｲ　３７．８"
    marks = {mark.rule: text[mark.start : mark.end] for mark in reader.read(text, Context.DAILY).evidence}
    assert marks["menu:4"] == "４"
    assert marks["value:temperature"] == "３７．８"
    assert marks["red_flag:dyspnea"].startswith("ｲｷｸﾞﾙ")


def test_a_text_longer_than_any_sms_goes_to_a_person(reader):
    reading = reader.read("天気がよい。" * 800, Context.DAILY)
    assert reading.priority is Priority.URGENT
    assert not reading.understood
    text = "はなし。" * LONGEST + "息が苦しい"
    marks = [mark for mark in reader.read(text, Context.DAILY).evidence if mark.rule == "red_flag:dyspnea"]
    assert text[marks[0].start : marks[0].end].startswith("息が苦し")


def test_the_language_in_the_file_changes_nothing(reader):
    assert reader.read("khó thở", Context.DAILY, "ja") == reader.read("khó thở", Context.DAILY, "vi")


def test_a_folder_without_a_lexicon_or_with_a_broken_one_is_told(tmp_path):
    with pytest.raises(ScriptError):
        Reader.load(tmp_path)
    (tmp_path / "ja.yaml").write_text(
        "language: ja\nletters: '[ぁ-ゟ]'\nred_flags: {dyspnea: [{say: '('}]}\n", encoding="utf-8"
    )
    with pytest.raises(ScriptError, match=r"ja\.yaml"):
        Reader.load(tmp_path)


def test_the_version_names_what_stands_in_the_files(reader):
    assert len(reader.version) == 16
    assert reader.read("1", Context.DAILY).version == reader.version


@pytest.mark.parametrize(
    "text,code",
    [
        ("近所の人に顔色が真っ青と言われました", "pale"),
        ("友達に唇が紫だと言われた", "cyanosis"),
        ("ドラマを見てたら急に息が苦しくなった", "dyspnea"),
        ("ゲームしてた息子が急に意味の分からないことを言いだした", "confusion"),
        ("友達もいないし死にたい", "suicide"),
        ("近所もいない、だれか助けて", "rescue"),
    ],
)
def test_a_danger_told_beside_somebody_else_stays_the_persons_own(reader, text, code):
    reading = reader.read(text, Context.DAILY)
    assert reading.priority is Priority.EMERGENCY
    assert code in reading.present


@pytest.mark.parametrize("text", ["隣の人が急に倒れて救急車が来た。私は1", "ドラマで主人公が血を吐いた、泣いた 1"])
def test_a_danger_of_strangers_and_of_fiction_is_none(reader, text):
    assert reader.read(text, Context.DAILY).priority is Priority.NONE


@pytest.mark.parametrize("text", ["右手に力が入らない", "片方の手がいうこときかん", "みぎての、ちから、はいらない"])
def test_half_of_the_body_without_strength_is_an_emergency_although_it_says_not(reader, text):
    assert reader.read(text, Context.DAILY).priority is Priority.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "晕倒了，小时候得过肺炎",
        "気を失いました、去年コロナにかかりました",
    ],
)
def test_what_was_long_ago_in_a_clause_of_its_own_hides_no_danger(reader, text):
    assert reader.read(text, Context.DAILY).priority is Priority.EMERGENCY


@pytest.mark.parametrize("text", ["胸が痛かった、先週のことです", "之前有過呼吸困難的經驗，那是三年前氣喘的時候"])
def test_a_time_told_behind_a_comma_dates_what_stands_before_it(reader, text):
    assert reader.read(text, Context.DAILY).priority is Priority.NONE


@pytest.mark.parametrize(
    "text", ["SMSは苦手なのでなしにしてください", "thoi khoi nhan tin, toi tu theo doi duoc", "もうメールは送らないで"]
)
def test_whoever_wants_no_messages_when_asked_for_consent_declines(reader, text):
    reading = reader.read(text, Context.CONSENT)
    assert (reading.intent, reading.priority) == (Intent.CONSENT_NO, Priority.NONE)


@pytest.mark.parametrize("text", ["me duele el pecho y ahora respiro bien", "胸が痛い、息は楽になりました"])
def test_a_breath_that_is_well_again_ends_no_pain_of_the_chest(reader, text):
    reading = reader.read(text, Context.DAILY)
    assert (reading.priority, reading.present, reading.absent) == (Priority.EMERGENCY, ("chest_pain",), ("dyspnea",))


@pytest.mark.parametrize(
    "text", ["昨日は胸が痛かったけど今は息も楽です", "mais cedo ele tava sem ar, agora tá corado e esperto"]
)
def test_a_past_sign_is_over_when_all_is_told_to_be_well(reader, text):
    assert reader.read(text, Context.DAILY).priority is Priority.URGENT


def test_a_letter_that_is_yes_in_one_language_and_no_in_another_answers_nothing(reader):
    assert reader.read("k", Context.CONSENT).answer is None


@pytest.mark.parametrize(
    "text,code",
    [
        ("助けて、熱はない", "rescue"),
        ("たすけて 咳はありません", "rescue"),
        ("息できん、熱はないです", "dyspnea"),
        ("me duele el pecho, fiebre no", "chest_pain"),
        ("labios morados fiebre no", "cyanosis"),
        ("chest hurts, fever no", "chest_pain"),
        ("dor no peito febre nao", "chest_pain"),
        ("没有咳嗽. 咳血", "hemoptysis"),
        ("llamen una ambulancia no tengo fiebre", "rescue"),
        ("ambulance bolaunus jworo chaina", "rescue"),
    ],
)
def test_what_is_denied_behind_a_danger_is_not_the_danger(reader, text, code):
    reading = reader.read(text, Context.DAILY)
    assert reading.priority is Priority.EMERGENCY
    assert code in reading.present


@pytest.mark.parametrize(
    "text",
    [
        "救急車も助けもいりません",
        "死にたいとか息苦しいとかはないです",
        "no fever, cough or chest pain",
        "tos y dolor de pecho no",
    ],
)
def test_a_list_that_is_denied_as_a_whole_alarms_nobody(reader, text):
    assert reader.read(text, Context.DAILY).priority is Priority.NONE


@pytest.mark.parametrize(
    "text",
    [
        "先月もコロナにかかりましたけど、息が苦しい",
        "先月もコロナにかかりましたし、助けて",
        "先月もコロナにかかりました、息できん",
        "息苦しい、朝は普通でした",
        "胸が痛いけど朝は普通でした",
        "血を吐きました。朝は普通でした",
    ],
)
def test_what_was_before_told_in_another_clause_ends_nothing(reader, text):
    assert reader.read(text, Context.DAILY).priority is Priority.EMERGENCY


@pytest.mark.parametrize(
    "text", ["昨夜は息苦しかったけど、今朝は普通でした", "ontem com 39,5 ele delirava; hoje conversa direito"]
)
def test_a_sign_of_the_night_that_is_well_in_the_morning_is_over(reader, text):
    assert reader.read(text, Context.DAILY).priority is not Priority.EMERGENCY
