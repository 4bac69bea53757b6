from pathlib import Path

import pytest

from onevoice.checks import counting, formulas, levels, readability, syllables
from onevoice.errors import OutOfReach
from onevoice.people import Tier
from onevoice.wordlists import prepare_dictionary


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Stay inside. Close windows. Wait for us.", 3),
        ("Where: Old Mill.\nGo up now", 2),
        ("لا تدخلوا الماء. هل تحتاجون إلى مساعدة؟ اتصلوا بنا.", 3),
        ("不要进入水中。马上去高处！需要帮助吗？请打电话。", 4),
        ("Version 2.5 is here.", 1),
        ("---\n. .\n", 0),
    ],
)
def test_short_orders_count_as_sentences_in_every_script(text: str, sentences: int) -> None:
    """Sentence marks of Latin, Arabic and Chinese text, and the end of a line."""
    assert len(counting.split(text)) == sentences


@pytest.mark.parametrize(
    ("text", "language", "units"),
    [
        ("Do not walk or drive in flood water.", "en", 8),
        ("l’eau monte aujourd’hui", "fr", 3),
        ("no one-way street", "en", 3),
        ("اذهبوا الآن إلى مكان عالٍ.", "ar", 5),
        ("请马上去高处。", "zh-Hans", 6),
        ("请去 Old Mill。", "zh-Hans", 4),
    ],
)
def test_words_are_counted_and_characters_where_words_have_no_gaps(text: str, language: str, units: int) -> None:
    """A Latin name in Chinese text counts one unit a word."""
    assert counting.units(text, language) == units


def test_facts_are_neutral_words() -> None:
    """A long list of places is not the writer's long sentence, and its numbers are not the writer's numbers."""
    counts = counting.count(["Where: {places}.", "Call: {help_phone}."], "en")
    assert counts
    assert (counts.longest, counts.numbers, counts.mean) == (2, 0, 2.0)


@pytest.mark.parametrize(
    ("texts", "language", "tier", "verdict"),
    [
        (["Go up now."], "en", Tier.T1, "pass"),
        (["One two three four five six seven eight nine ten eleven twelve."], "en", Tier.T1, "fail"),
        (["Go up.", "One two three four five six seven eight nine ten eleven twelve."], "en", Tier.T1, "pass"),
        (["Go up.", "One two three four five six seven eight nine ten eleven twelve thirteen."], "en", Tier.T1, "fail"),
        (["Bring 3 friends and 4 lamps."], "en", Tier.T1, "fail"),
        (["Bring 3 friends and 4 lamps."], "en", Tier.T2, "pass"),
        (["word " * 200 + "."], "en", Tier.T4, "pass"),
        (["水" * 26 + "。", "水。", "水。"], "zh-Hans", Tier.T1, "fail"),
        (["水" * 25 + "。", "水。", "水。"], "zh-Hans", Tier.T1, "pass"),
        (["từ " * 14 + "."], "vi", Tier.T1, "pass"),
        (["ขึ้นที่สูง"], "th", Tier.T1, "not-measurable"),
        ([], "en", Tier.T1, "not-measurable"),
    ],
)
def test_the_verdict_is_by_counts_of_the_language(texts: list[str], language: str, tier: Tier, verdict: str) -> None:
    """Never with a score: no formula says anything about so few words."""
    found = readability.of_text(texts, language, tier)
    assert (found.verdict, found.score, found.measure) == (verdict, None, "counts")


# --- formulas

PLAIN = ("Go to the hill now. The water will come fast. Do not drive. Take your dog with you. " * 7).strip()
HARD = (
    "Considerable inundation of residential infrastructure is anticipated throughout the municipality. "
    "Immediate precautionary evacuation is recommended to all inhabitants. " * 8
)


@pytest.fixture(scope="module", autouse=True)
def _dictionary(tmp_path_factory: pytest.TempPathFactory) -> None:
    prepare_dictionary(tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("aviso", 3), ("agua", 2), ("río", 2), ("rio", 1), ("ahora", 3), ("área", 3), ("inundación", 4), ("guerra", 2),
        ("pingüino", 3), ("aéreo", 4), ("ley", 1), ("ya", 1), ("queso", 2), ("oiga", 2), ("ciudad", 2), ("caída", 3),
    ],
)  # fmt: skip
def test_spanish_syllables_follow_the_spelling(word: str, number: int) -> None:
    """Hyphenation, which the library uses, would give aviso two and área one."""
    assert syllables.syllables(word, "es") == (number if word != "rio" else 1)


@pytest.mark.parametrize(("word", "number"), [("evacuate", 4), ("immediately", 5), ("area", 3), ("flooded", 2)])
def test_english_syllables_come_from_the_dictionary(word: str, number: int) -> None:
    """Without it long words would count as short."""
    assert syllables.syllables(word, "en") == number


def test_the_english_formulas_give_the_published_values() -> None:
    """Five sentences with 4 words and 5 syllables each: by hand 0.39·4 + 11.8·1.25 - 15.59 and so on."""
    text = ["Go over there now."] * 30
    grade, ease = formulas.scores(text, "en")
    assert (grade.formula.name, grade.value, grade.words) == ("Flesch-Kincaid grade", 0.7, 120)
    assert (ease.formula.name, ease.value) == ("Flesch reading ease", 97.0)


def test_the_spanish_formula_gives_the_published_value() -> None:
    """INFLESZ: 206.835 - 62.3·syllables/word - words/sentence; four words, eight syllables."""
    (score,) = formulas.scores(["Agua, aviso, área, ya."] * 25, "es")
    assert (score.formula.name, score.value) == ("INFLESZ", round(206.835 - 62.3 * 9 / 4 - 4, 1))


WORDS = {
    "pt": {"água": 2, "não": 1, "evacuação": 5, "história": 3, "dia": 2, "rio": 2, "rainha": 3, "noite": 2, "casas": 2,
           "queijo": 2, "muito": 2, "saída": 3, "energia": 4, "avião": 3},
    "de": {"aber": 2, "über": 2, "wasser": 2, "straßen": 2, "neue": 2, "feuer": 2, "bäume": 2, "hochwasser": 3,
           "quelle": 2, "sofort": 2, "evakuierung": 5},
    "nl": {"water": 2, "gaan": 1, "huizen": 2, "meteen": 2, "buiten": 2, "zeeën": 2, "straat": 1, "nieuw": 1,
           "overstroming": 4},
    "ru": {"вода": 2, "немедленно": 4, "дом": 1, "наводнение": 5, "выше": 2},
    "pl": {"woda": 2, "niebo": 2, "powódź": 2, "natychmiast": 3, "ulica": 3, "ewakuacja": 5, "ziemia": 2},
}  # fmt: skip
"""Counted by hand."""


@pytest.mark.parametrize("language", WORDS)
def test_syllables_are_those_that_people_say(language: str) -> None:
    """Hyphenation would give the German aber and the Portuguese água one each."""
    assert {word: syllables.syllables(word, language) for word in WORDS[language]} == WORDS[language]


TEN = {
    "de": ("Gehen Sie sofort in ein höheres Stockwerk oder weiter.", "Wiener Sachtextformel 1", 4.6),
    "it": ("Salite subito ai piani alti e non usate auto.", "Gulpease", 82.3),
    "pt": ("Suba agora para um lugar alto e não volte.", "Martins", 89.3),
    "nl": ("Ga nu naar een hoge plek en kom niet terug.", "Flesch-Douma", 105.1),
    "ru": ("Сейчас же идите на высокое место и не ходите.", "Oborneva", 74.9),
    "pl": ("Idź teraz na wysokie miejsce i nie wracaj tam.", "FOG-PL", 3.6),
    "sv": ("Gå nu till en högre plats och stanna där.", "LIX", 9.0),
}


@pytest.mark.parametrize("language", TEN)
def test_each_formula_gives_what_its_definition_gives(language: str) -> None:
    """The same sentence again and again, its measures counted by hand, the published formula worked out on paper."""
    sentence, name, value = TEN[language]
    score = formulas.scores([sentence] * 20, language)[0]
    assert (score.formula.name, score.value) == (name, value)


def test_a_value_beyond_its_range_is_the_end_of_it() -> None:
    """A grade below zero is no grade."""
    score = formulas.scores(["Go up."] * 100, "en")[0]
    assert score.value == 0.0
    assert score.formula.band(score.value) == "grade 5 and below"


def test_every_formula_can_be_worked_out() -> None:
    """Who needs syllables has somebody who counts them; every limit is there; a tier asks more than the next."""
    for formula in levels.levels().formulas:
        spoken = {"syllables", "one", "three", "four"} & formula.times.keys()
        assert not spoken or all(levels.base(tag) in syllables.COUNTERS for tag in formula.languages)
        assert formula.source
        first, second, third = (formula.limits[tier] for tier in (Tier.T1, Tier.T2, Tier.T3))
        assert first > second > third if formula.easier == "higher" else first < second < third
        assert formula.range[0] <= min(formula.limits.values())
        assert max(formula.limits.values()) <= formula.range[1]


def test_a_score_stands_between_what_its_sentences_would_give() -> None:
    """The same each time; and a formula fails a text only where the whole of it is beyond the limit."""
    mixed = [PLAIN, HARD]
    (grade, _), (again, _) = (formulas.scores(mixed, "en", intervals=True) for _ in range(2))
    assert grade.interval
    assert grade.interval[0] < grade.value < grade.interval[1]
    assert again == grade
    hard = formulas.scores([HARD] * 2, "en", intervals=True)[0]
    assert hard.fails(Tier.T2)
    assert not hard.fails(Tier.T4)
    few = formulas.scores([HARD], "en", intervals=True)[0]
    assert few.words < levels.levels().judged_from
    assert not few.fails(Tier.T2)


def test_plain_and_hard_texts_are_told_apart() -> None:
    """At the plain level and at the standard level."""
    assert all(score.passes(Tier.T1) for score in formulas.scores([PLAIN], "en"))
    assert not any(score.passes(Tier.T3) for score in formulas.scores([HARD], "en"))
    assert all(score.passes(Tier.T4) for score in formulas.scores([HARD], "en"))


def test_under_a_hundred_words_there_is_no_number() -> None:
    """Ninety-nine words have none, a hundred have one."""
    assert formulas.scores(["Go up. " * 49 + "Go."], "en") == []
    assert formulas.scores(["Go up. " * 50], "en") != []


@pytest.mark.parametrize("language", ["ar", "zh-Hans", "vi", "ht", "tl", "hi", "so", "uk", "th", "sw"])
def test_where_no_formula_holds_there_is_no_number(language: str) -> None:
    """The library would give some of these languages a number made for English."""
    assert formulas.scores([PLAIN], language) == []


def test_a_formula_with_borrowed_bands_says_so() -> None:
    """French has English bands: its finding is a note."""
    (score,) = formulas.scores(["Montez sur la colline. L'eau arrive vite. " * 20], "fr")
    assert not score.formula.calibrated


def test_without_the_dictionary_there_is_an_error_and_no_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Never a number that is silently too easy."""
    _forget()

    class Lost:
        def syllable_count(self, _: str) -> int:
            raise LookupError

    monkeypatch.setattr(syllables, "_counter", lambda _: Lost())
    with pytest.raises(OutOfReach, match="dictionary is not prepared"):
        formulas.scores([PLAIN], "en")
    _forget()


def _forget() -> None:
    syllables.syllables.cache_clear()
    formulas.sizes.cache_clear()


def test_the_dictionary_is_looked_for_at_home_only(tmp_path: Path) -> None:
    """Preparing it twice does no harm."""
    prepare_dictionary(tmp_path)
    assert (tmp_path / "nltk_data" / "corpora" / "cmudict" / "cmudict").is_file()
