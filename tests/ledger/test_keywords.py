import pytest

from onevoice.ledger.keywords import Meaning, folded, understand

WORDS = {
    "en": {
        "stop": ["stop", "opt out"],
        "start": ["start", "yes"],
        "help": ["help"],
        "distress": ["trapped", "i need help"],
    },
    "es": {"stop": ["alto", "parar"], "start": ["sí"], "help": ["ayuda"], "distress": ["necesito ayuda", "atrapado"]},
    "fr": {"stop": ["arrêt"], "help": ["aide"], "distress": ["au secours"]},
    "ar": {"stop": ["إيقاف", "توقف"], "help": ["مساعدة"], "distress": ["النجدة", "محاصر"]},
    "zh-Hans": {"stop": ["停止"], "help": ["帮助"], "distress": ["救命", "被困"]},
    "zh-Hant": {"stop": ["退訂", "停止"], "help": ["幫助"], "distress": ["救命", "受困"]},
    "vi": {"stop": ["dừng"], "help": ["trợ giúp"], "distress": ["cứu"]},
    "tl": {
        "stop": ["ihinto", "huwag na"],
        "start": ["opo"],
        "help": ["tulong"],
        "distress": ["saklolo", "hindi makalabas"],
    },
    "ru": {"stop": ["стоп"], "help": ["помощь"], "distress": ["тону", "помогите"]},
    "uk": {"stop": ["стоп"], "help": ["допомога"], "distress": ["тону", "допоможіть", "стікає кровʼю"]},
    "de": {"stop": ["stopp"], "start": ["ja"], "help": ["hilfe"], "distress": ["brauche hilfe", "es brennt"]},
    "hi": {"stop": ["बंद"], "start": ["शुरू"], "help": ["मदद"], "distress": ["बचाओ", "डूब रहे", "फँसे"]},
    "so": {
        "stop": ["jooji"],
        "start": ["bilow"],
        "help": ["caawimo"],
        "distress": ["i caawi", "waan qarqayaa", "oksijiin la'"],
    },
    "ko": {"stop": ["수신거부"], "start": ["예"], "help": ["도움"], "distress": ["갇혔", "살려"]},
    "it": {"stop": ["basta"], "start": ["inizio"], "help": ["aiuto"], "distress": ["aiutatemi", "siamo bloccati"]},
}


@pytest.mark.parametrize(
    ("text", "meaning", "language"),
    [
        ("STOP", "stop", None),
        ("  stop. ", "stop", None),
        ("ＳＴＯＰ", "stop", None),
        ("Stop 🛑!!", "stop", None),
        ("STOP STOP", "stop", None),
        ("s\u200btop", "stop", None),
        ("QUIT", "stop", None),
        ("Opt-out", "stop", "en"),
        ("ALTO", "stop", "es"),
        ("ARRET", "stop", "fr"),
        ("arrêt", "stop", "fr"),
        ("إيقاف", "stop", "ar"),
        ("ايقاف", "stop", "ar"),
        ("تـوقـف", "stop", "ar"),
        ("停止。", "stop", None),  # written alike in both scripts
        ("退訂！", "stop", "zh-Hant"),
        ("dừng", "stop", "vi"),
        ("DUNG", "stop", "vi"),
        ("đúng", "maybe-stop", "vi"),
        ("si", "start", "es"),
        ("SÍ!", "start", "es"),
        ("yes", "start", "en"),
        ("Help?", "help", None),
        ("帮助", "help", "zh-Hans"),
        ("幫助", "help", "zh-Hant"),
        ("我們受困在屋頂上", "distress", "zh-Hant"),
        ("請不要退訂我的", "maybe-stop", "zh-Hant"),
        ("I need help", "distress", "en"),
        ("we are TRAPPED on the roof", "distress", "en"),
        ("Stop! We are trapped", "distress", "en"),
        ("¡Necesito   ayuda!", "distress", "es"),
        ("我们被困在屋顶上", "distress", "zh-Hans"),
        ("والنجدة الآن", "distress", "ar"),
        ("수신거부", "stop", "ko"),
        ("예.", "start", "ko"),
        ("지하실에 갇혔어요", "distress", "ko"),
        ("СТОП", "stop", None),  # one word in both languages: answered in the one that the person reads
        ("Допомога!", "help", "uk"),
        ("ДОПОМОЖІТЬ нам", "distress", "uk"),
        ("помогите нам", "distress", "ru"),
        ("Я тону", "distress", None),
        *((f"сусід стікає кров{apostrophe}ю", "distress", "uk") for apostrophe in ("ʼ", "'", "’", "`", "")),
        ("사람 살려주세요!", "distress", "ko"),
        ("도움이 되었어요", "other", None),
        ("수신거부할게요", "maybe-stop", "ko"),
        ("Ihinto", "stop", "tl"),
        ("Opo!", "start", "tl"),
        ("TULONG", "help", "tl"),
        ("Saklolo, hindi makalabas si Nanay", "distress", "tl"),
        ("Huwag na po muna", "maybe-stop", "tl"),
        ("Basta!", "stop", "it"),
        ("Inizio", "start", "it"),
        ("AIUTO", "help", "it"),
        ("Aiutatemi, sono solo", "distress", "it"),
        ("Siamo bloccati in cantina", "distress", "it"),
        ("tutto fine", "other", None),
        ("बंद", "stop", "hi"),
        ("बाद", "other", None),
        ("शुरू!", "start", "hi"),
        ("मदद", "help", "hi"),
        ("बचाओ", "distress", "hi"),
        ("हम छत पर फंसे हैं", "distress", "hi"),
        ("सब ठीक है", "other", None),
        ("JOOJI", "stop", "so"),
        ("fadlan jooji", "maybe-stop", "so"),
        ("guriga jooga", "other", None),  # stay at home
        ("Bilow!", "start", "so"),
        ("Caawimo?", "help", "so"),
        ("caawimo ma heli karaa", "other", None),
        ("fadlan i caawi!", "distress", "so"),
        ("Waan qarqayaa", "distress", "so"),
        ("waan OKSIJIIN LA’ nahay", "distress", "so"),
        ("STOPP", "stop", "de"),
        ("Ja!", "start", "de"),
        ("Hilfe", "help", "de"),
        ("Ich brauche Hilfe", "distress", "de"),
        ("Bei uns im Haus, es brennt!", "distress", "de"),
        ("Wir sind schon aus dem Haus", "other", None),
        ("Bitte stopp", "maybe-stop", "de"),
        ("please stop texting me", "maybe-stop", None),
        ("don't stop", "maybe-stop", None),
        ("the bus stopped", "other", None),
        ("helpful, thanks", "other", None),
        ("ok", "other", None),
        ("", "unreadable", None),
        ("🙏🙏", "unreadable", None),
        ("\x00\x07", "unreadable", None),
        ("...", "unreadable", None),
    ],
)
def test_what_a_reply_means(text: str, meaning: str, language: str | None) -> None:
    """Keywords count as the whole reply in any case, width, accent and with emoji; distress counts anywhere."""
    found = understand(text, WORDS)
    assert (found.meaning, found.language) == (meaning, language)
    assert found.urgent is (meaning == "distress")


def test_without_any_language_the_carriers_words_still_count() -> None:
    """A missing list of words never makes us deaf to STOP."""
    assert understand("stop", {}).meaning is Meaning.STOP
    assert understand("UNSTOP", {}).meaning is Meaning.START


@pytest.mark.parametrize("text", ["I'm stuck", "I’m stuck", "Iʼm stuck", "I`m stuck", "IM  STUCK", "i'm: stuck"])
def test_apostrophes_do_not_matter(text: str) -> None:
    """People type apostrophes in every way, or not at all."""
    assert folded(text) == "im stuck"
