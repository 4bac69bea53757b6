"""Words: rare ones where a list of the language's own says so, jargon, and hard terms that must be explained."""

from pathlib import Path

import pytest
import wordfreq

from onevoice import localize
from onevoice.checks import levels, measure, vocabulary, words
from onevoice.checks.terms import Glossary, Term, glossary
from onevoice.compose import Content
from onevoice.people import Tier
from onevoice.variant import Layer, Readability, Severity
from onevoice.wordlists import prepare_dictionary

ROOT = Path(__file__).resolve().parents[2]
EASY = ["Go to the hill now.", "The water comes fast.", "Take your dog and your bag.", "Wait there for help."] * 6
HARD = ["Inundation precludes vehicular egress.", "Precipitous runoff endangers riparian dwellings."] * 8
NONE = Glossary()


@pytest.fixture(scope="module", autouse=True)
def _dictionary(tmp_path_factory: pytest.TempPathFactory) -> None:
    prepare_dictionary(tmp_path_factory.mktemp("home"))


def _measured(text: str, language: str = "en", tier: Tier = Tier.T1) -> Readability:
    return measure.of_any(text, language, tier, ROOT)


def _layer(found: Readability, name: str) -> Layer:
    return next(layer for layer in found.layers if layer.measure == name)


# --- rare words


def test_rare_words_are_told_from_everyday_ones() -> None:
    """With the rarest first; words of the glossary are no rare words, in whatever form."""
    easy, hard = vocabulary.rare(EASY, "en", NONE), vocabulary.rare(HARD, "en", NONE)
    assert easy is not None
    assert hard is not None
    assert easy.share < 5
    assert hard.share > 50
    assert "inundation" in hard.words
    known = Glossary(terms={"flood": Term(term="inundation"), "bank": Term(term="riparian dwelling")})
    left = vocabulary.rare(HARD, "en", known)
    assert left is not None
    assert {"inundation", "riparian", "dwellings"} & set(left.words) == set()


def test_facts_are_no_rare_words() -> None:
    """Names are not the writer's choice."""
    with_facts = vocabulary.rare([f"{text} Where: {{places}}." for text in EASY], "en", NONE)
    assert with_facts is not None
    assert with_facts.words == ()


@pytest.mark.parametrize("language", ["ht", "so", "sw", "am", "zh-Hans", "ja", "ko", "th", "xx"])
def test_a_language_without_a_list_of_its_own_is_not_measurable(language: str) -> None:
    """Asked for Swahili the library answers in English, and for Chinese it fails."""
    assert vocabulary.rare(EASY, language, NONE) is None
    told = _layer(_measured("\n".join(EASY), language), "rare words in a hundred")
    assert (told.verdict, told.score) == ("not-measurable", None)
    assert told.why.startswith(f"There is no list of how common words of {language}")


def test_every_list_is_in_the_library() -> None:
    """Under the name that we ask for; nothing is nearest to anything."""
    assert set(levels.levels().vocabulary.lists.values()) <= set(wordfreq.available_languages("best"))


def test_too_few_words_are_not_measurable() -> None:
    """A text message is too short for a share."""
    told = _layer(_measured("Go to the hill now."), "rare words in a hundred")
    assert (told.verdict, told.score) == ("not-measurable", None)


def test_where_words_bend_the_share_is_shown_and_judges_nobody() -> None:
    """A polite order is rare in Spanish texts, and easy."""
    text = "Suba ya a un lugar alto. No entre al agua. Lleve sus medicinas y documentos. Espere ayuda en su casa. " * 6
    told = _layer(_measured(text, "es"), "rare words in a hundred")
    assert told.verdict == "shown"
    assert told.score is not None
    assert told.score > 5


# --- jargon and hard terms


@pytest.mark.parametrize(
    ("text", "language", "word"),
    [
        ("Shelter in place until we call.", "en", "Shelter in place"),
        ("Inundation is imminent.", "en", "Inundation"),
        ("Hay muchos damnificados.", "es", "damnificados"),
        ("Les sinistrés sont au centre.", "fr", "sinistrés"),
        ("请切勿下水。", "zh-Hans", "切勿"),
        ("請向權責機關回報。", "zh-Hant", "權責機關"),
        ("اتصلوا مع الجهات المختصة.", "ar", "الجهات المختصة"),
        ("Otorite konpetan yo ap vini.", "ht", "Otorite konpetan"),
        ("Cơ quan chức năng sẽ đến.", "vi", "Cơ quan chức năng"),
        ("Очікуються сильні опади.", "uk", "опади"),
        ("침수가 시작되었습니다.", "ko", "침수"),
        ("유관 기관에서 나옵니다.", "ko", "유관 기관"),
        ("Napipinto ang baha.", "tl", "Napipinto"),
        ("Tutulong ang kinauukulan.", "tl", "kinauukulan"),
        ("Evacuate subito la scuola.", "it", "Evacuate"),
        ("Sono attese forti precipitazioni.", "it", "precipitazioni"),
        ("सड़कें जलमग्न हैं।", "hi", "जलमग्न"),
        ("प्रशासन मदद करेगा।", "hi", "प्रशासन"),
        ("Biyaha wasakhaysan ha cabbina.", "so", "wasakhaysan"),
        ("Hadda bilaaba daadgurayn.", "so", "daadgurayn"),
        ("Der Niederschlag ist stark.", "de", "Niederschlag"),
        ("Gehen Sie unverzüglich hinaus.", "de", "unverzüglich"),
    ],
)
def test_words_that_only_colleagues_use_fail_a_plain_text(text: str, language: str, word: str) -> None:
    """With what to say instead; people who know the terms may be told them."""
    told = _layer(_measured(text, language), "jargon")
    assert told.verdict == "fail"
    assert word in told.words
    assert f"{word}: say “" in told.why
    assert _measured(text, language).verdict == "fail"
    assert not [one for one in _measured(text, language, Tier.T4).layers if one.measure == "jargon"]


@pytest.mark.parametrize("language", localize.languages(ROOT))
def test_no_shipped_plain_sentence_is_jargon(language: str) -> None:
    """Every language has a list, and keeps to it; what it proposes instead is no jargon either."""
    content = Content(ROOT)
    terms = glossary(ROOT, language)
    assert len(terms.jargon) >= 5
    texts = {key: content.sentence(language, key).text for key in content.lexicon.sources if not key.endswith(".T4")}
    assert {
        key: found for key, text in texts.items() if (found := list(vocabulary.jargon(text, language, terms)))
    } == {}
    assert [plain for plain in terms.jargon.values() if list(vocabulary.jargon(plain, language, terms))] == []


def test_a_hard_term_is_explained_once_in_a_very_plain_text() -> None:
    """By its gloss, or by the sentence that the glossary names."""
    bare = "TORNADO WARNING. Go inside now."
    assert _layer(_measured(bare), "hard terms").words == ("tornado",)
    assert _layer(_measured(f"{bare} A tornado is a strong turning wind."), "hard terms").verdict == "pass"
    assert list(vocabulary.unexplained(bare, ["hazard.tornado.warning.impact.T1"], "en", ROOT)) == []
    assert list(vocabulary.unexplained(bare, ["hazard.tornado.warning.opening.T1"], "en", ROOT)) != []


# --- the library by day


def _library(pool: dict[str, str], tier: Tier) -> set[tuple[str, Severity]]:
    found = words.check(Content(ROOT), pool, "en", "tornado", tier)
    return {(one.rule, one.severity) for one in found}


def test_the_library_is_looked_at_level_by_level() -> None:
    """Jargon stops; a rare word is pointed out; a term that nothing explains too."""
    opening, impact = "hazard.tornado.warning.opening.T1", "hazard.tornado.warning.impact.T1"
    assert _library({opening: "TORNADO WARNING.", impact: "The wind can break homes."}, Tier.T1) == set()
    assert _library({opening: "TORNADO WARNING."}, Tier.T1) == {("R06", Severity.WARN)}
    assert _library({opening: "TORNADO WARNING."}, Tier.T2) == set()
    assert _library({impact: "The wind is imminent."}, Tier.T2) == {("R05", Severity.BLOCK)}
    assert _library({impact: "The wind is imminent."}, Tier.T4) == set()
    rare = {f"hazard.tornado.warning.{n}": text for n, text in enumerate(HARD)}
    assert ("R04", Severity.WARN) in _library(rare, Tier.T2)
    assert _library({str(n): text for n, text in enumerate(EASY)}, Tier.T1) == set()


def test_all_layers_of_a_long_text_are_told() -> None:
    """Counts, vocabulary and formulas, each with what it asks; the score and its interval stand for the whole."""
    found = _measured("\n".join(HARD * 4), tier=Tier.T2)
    assert [layer.layer for layer in found.layers] == ["counts", "vocabulary", "vocabulary", "formula", "formula"]
    assert found.measure == "Flesch-Kincaid grade"
    assert found.score is not None
    assert found.interval is not None
    assert found.interval[0] <= found.score <= found.interval[1]
    assert {layer.verdict for layer in found.layers if layer.layer == "formula"} == {"fail"}
    short = _measured("Go up now.")
    assert {(one.verdict, one.why) for one in short.layers if one.layer == "formula"} == {
        ("not-measurable", "A formula says nothing of fewer than 100 words.")
    }
    assert (short.score, short.verdict) == (None, "pass")
    assert [one.why for one in _measured("اذهبوا الآن.", "ar").layers if one.layer == "formula"] == [
        "No formula is known to hold for ar."
    ]
