"""The words of the house, in every language: what they must say about danger, disease, mistakes and length."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
import yaml

from audiences.gazetteer import Gazetteer
from audiences.messengers import messengers
from onevoice import localize, sms
from onevoice.alert import Alert
from onevoice.checks import check_variant, composed, length
from onevoice.checks.case import Case
from onevoice.checks.samples import samples
from onevoice.compose import Content
from onevoice.compose.message import actions
from onevoice.facts import Disease, EmergencyNumber, Fact, FactSet, Form, Instant, Place, Places
from onevoice.letters import END, START
from onevoice.localize import ENGLISH
from onevoice.people import Means, Messenger, Need, Profile, Tier
from onevoice.variant import Severity, Variant

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = localize.languages(ROOT)
WORDED = (Tier.T1, Tier.T2, Tier.T4)
DO_NOT = "do-not"
CANNOT = {Need.HEARING: {"hear"}, Need.SIGHT: {"see", "read"}, Need.MOBILITY: {"walk", "drive"}}


@lru_cache(maxsize=1)
def _content() -> Content:
    return Content(ROOT)


@lru_cache(maxsize=1)
def _authority() -> Messenger:
    return messengers(ROOT)["millford-em"]


@lru_cache(maxsize=1)
def _alerts() -> tuple[Alert, ...]:
    """Samples of the usual size, without needs or anything special."""
    usual = (s for s in samples(_content().lexicon) if s.group == "all" and not s.needs and s.label == "2 places")
    return tuple(sample.alert for sample in usual)


def _says(language: str, action: str) -> bool:
    """True where a language says an action in any tier; from then on all of it is asked for."""
    keys = (key for tier in WORDED if (key := _content().lexicon.key(f"action.{action}", tier)))
    return any(not _content().sentence(language, key).missing for key in keys)


def _alert(hazard: str, kind: str, **facts: Fact | None) -> Alert:
    found = next(a for a in _alerts() if (a.hazard, str(a.kind)) == (hazard, kind))
    known = {name: fact for name, fact in {**found.factset.facts, **facts}.items() if fact}
    return found.model_copy(update={"factset": FactSet(facts=known)})


def _told(alert: Alert, language: str, means: Means = Means.SMS, tier: Tier = Tier.T2, *needs: Need) -> Variant:
    profile = Profile(languages=(language,), tier=tier, needs=needs)
    return _content().telling(alert, _authority()).to(profile, means)


def _blocking(variant: Variant, alert: Alert) -> set[str]:
    found = check_variant(variant, alert, _content(), _authority()).findings
    return {f.rule for f in found if f.severity is Severity.BLOCK}


# --- whom to call


@pytest.mark.parametrize("language", LANGUAGES)
def test_danger_to_life_names_the_number_to_call(language: str) -> None:
    """As the alert has it; another number in its place is blocked, also in an update that brought a new one."""
    alert = _alert("tornado", "all-clear", emergency_number=EmergencyNumber(number="112"))
    email = _told(alert, language, Means.EMAIL)
    assert "112" in email.parts["text"]
    assert "911" not in email.parts["text"]
    assert _blocking(email, alert) == set()
    wrong = email.model_copy(update={"parts": {**email.parts, "text": email.parts["text"].replace("112", "113")}})
    assert "C03" in _blocking(wrong, alert)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_holds_an_emergency_number_of_its_own(language: str) -> None:
    """Each town has its own; the facts alone bring it."""
    texts = [_content().sentence(language, key).text for key in _content().lexicon.sources]
    assert [text for text in texts if re.search(r"(?<!\d)(911|112|999|1[12]0|119)(?!\d)", text)] == []


def test_without_a_number_of_its_own_an_alert_names_the_authoritys() -> None:
    """An alert from before the fact existed is still told whole."""
    text = _told(_alert("tornado", "all-clear", emergency_number=None), "en", Means.EMAIL).parts["text"]
    assert "call 911." in text


# --- a hazard is in a language whole or not at all


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hazard_that_a_language_has_begun_is_whole(language: str) -> None:
    """Every hazard, each sentence of it and of its actions; no language waits for one any more."""
    lexicon = _content().lexicon
    begun = composed.begun(_content(), language)
    assert begun == set(lexicon.hazards)
    told = {action for hazard in begun for kind in lexicon.hazards[hazard].kinds.values() for action in kind.actions}
    told |= {instead for action in told if (instead := lexicon.actions[action].instead)}
    prefixes = (*(f"hazard.{hazard}." for hazard in begun), *(f"action.{action}." for action in told))
    asked = [key for key in lexicon.sources if key.startswith(prefixes)]
    assert [key for key in asked if _content().sentence(language, key).missing] == []


# --- who is put outside


ENDED = {
    "en": ["has ended", "over"],
    "es": ["terminaron", "ya no hay"],
    "fr": ["est finie", "sont finies", "fini"],
    "ar": ["انته"],
    "vi": ["đã hết", "đã xong"],
    "zh-Hans": ["解除", "结束", "过去了"],
    "zh-Hant": ["解除", "結束", "過去了"],
    "ht": ["fini", "pa gen .* ankò"],
    "pt": ["acabou", "terminou"],
    "ru": ["закончил", "прошел", "прошла", "прошло", "прекратил", "миновал", "устранен", "завершен"],
    "uk": ["закінчил", "минул", "минув", "припинен", "усунуто", "завершен"],
    "ko": ["끝났", "지나갔"],
    "it": ["è finit", "è terminat", "sono finit"],
    "tl": ["tapos na", "ligtas na", "wala na", "natapos"],
    "de": ["vorbei", "beendet"],
    "hi": ["खत्म", "समाप्त"],
    "so": ["dhammaa", "joogsa", "waa nabad"],
}
"""Words by which an all-clear says that it is over."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_dropped_place_gets_no_all_clear(language: str) -> None:
    """A place may be left out by a slip: its people hear what is known and whom to ask, not that they may return."""
    lexicon, text = _content().lexicon, _content().sentence
    ended = re.compile("|".join(ENDED[language]))
    outside = {name: entry.kinds["outside"] for name, entry in lexicon.hazards.items() if "outside" in entry.kinds}
    assert outside
    for hazard, kind in outside.items():
        assert [action for action in kind.actions if lexicon.actions[action].cap == "AllClear"] == []
        openings = {text(language, f"hazard.{hazard}.outside.opening.{tier}").text for tier in ("T1", "T2", "T4")}
        assert [opening for opening in openings if ended.search(opening.replace("covers", "").lower())] == []


# --- which disease


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["warning", "update", "all-clear"])
def test_a_known_disease_stands_in_the_first_line(language: str, kind: str) -> None:
    """By its name in the reader's language; a text that names another one is blocked."""
    alert = _alert("infectious_disease_outbreak", kind, disease=Disease(id="measles"))
    name = _content().sentence(language, "disease.measles").text
    text = _told(alert, language).parts["text"]
    first = text.split("\n")[2]
    assert name in first
    assert _blocking(_told(alert, language), alert) == set()
    other = _content().sentence(language, "disease.mumps").text
    wrong = _told(alert, language).model_copy(update={"parts": {"text": text.replace(name, other)}})
    assert _blocking(wrong, alert) & {"C02"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_disease_keeps_the_usual_first_line(language: str) -> None:
    """An outbreak is told before anybody knows what it is."""
    alert = _alert("infectious_disease_outbreak", "warning")
    usual = _content().sentence(language, "hazard.infectious_disease_outbreak.warning.opening.T2").text
    assert _told(alert, language).parts["text"].split("\n")[2] == usual


def test_the_name_of_a_disease_is_held_back_like_any_sentence() -> None:
    """It has a provenance and is part of what the text says, so a draft does not go out unseen."""
    alert = _alert("infectious_disease_outbreak", "warning", disease=Disease(id="measles"))
    assert "disease.measles" in _told(alert, "es").said


# --- which form of a hazard

FORMS = [("dam_or_levee_failure", "dam", "levee"), ("landslide_avalanche", "landslide", "avalanche")]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tier", WORDED)
@pytest.mark.parametrize("kind", ["watch", "warning", "update", "all-clear"])
@pytest.mark.parametrize(("hazard", "form", "other"), FORMS)
def test_a_title_names_the_form_that_happens(
    language: str, tier: Tier, kind: str, hazard: str, form: str, other: str
) -> None:
    """A dam or a levee, not both; a text that names the other one is blocked."""
    alert = _alert(hazard, kind, form=Form(id=form))
    here, there = (
        _content().sentence(language, f"hazard.{hazard}.{kind}.opening_of.{one}").text for one in (form, other)
    )
    told = _told(alert, language, tier=tier)
    assert told.parts["text"].split("\n")[2] == here != there
    assert _blocking(told, alert) == set()
    wrong = told.model_copy(update={"parts": {"text": told.parts["text"].replace(here, there)}})
    assert _blocking(wrong, alert) & {"C02"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("hazard", "form", "other"), FORMS)
def test_an_alert_that_does_not_say_its_form_keeps_the_usual_title(
    language: str, hazard: str, form: str, other: str
) -> None:
    """On a slope in winter nobody may know yet."""
    alert = _alert(hazard, "warning")
    usual = _content().sentence(language, f"hazard.{hazard}.warning.opening.T2").text
    assert _told(alert, language).parts["text"].split("\n")[2] == usual
    assert {form, other} == set(_content().lexicon.hazards[hazard].forms)


# --- noon and midnight


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("hour", [12, 24])
def test_noon_and_midnight_never_stand_in_a_text(language: str, hour: int) -> None:
    """A minute early, on the day that ends; the checks read it back, and refuse the round hour."""
    at = datetime(2026, 11, 22, 5, tzinfo=UTC) + timedelta(hours=hour)
    moment = Instant(at=at, zone="America/New_York")
    alert = _alert("river_flood", "warning", act_by=moment).model_copy(update={"act_by": at, "expires": at})
    text = _told(alert, language).parts["text"]
    line = next(line for line in text.split("\n") if "59" in line)
    assert "22" in line
    assert not re.search(r"(?<!\d)(12|00|0)[:h]00", text)
    assert _blocking(_told(alert, language), alert) == set()


# --- a mistake of ours


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("tier", WORDED)
def test_a_correction_says_sorry(language: str, tier: Tier) -> None:
    """In a text message by a sentence of its own, in an email in the detail."""
    alert = _alert("river_flood", "correction")
    key = _content().lexicon.key("frame.sorry", tier)
    assert key is not None
    sorry = _content().sentence(language, key).text
    assert sorry in _told(alert, language, Means.SMS, tier).parts["text"].split("\n")
    assert sorry not in _told(_alert("river_flood", "update"), language, Means.SMS, tier).parts["text"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sorry_is_the_first_thing_to_go(language: str) -> None:
    """Before anything that tells people what to do or where."""
    many = tuple(
        Place(id=f"z{n}", names={"en": f"Quarter of Saint Somebody {'ABCDEFGHIJKLMNOP'[n]}"}) for n in range(14)
    )
    alert = _alert("river_flood", "correction", places=Places(places=many, area_name={"en": "Millford"}))
    assert _told(alert, language).left_out[0] == "apology"


# --- length


def _ordinary() -> Iterator[Alert]:
    """Warnings for one place and for two, as they are sent from Millford."""
    gazetteer = Gazetteer.load(ROOT)
    for alert, ids in product(_alerts(), (["old-mill"], ["old-mill", "riverside"])):
        if alert.kind == "warning":
            zones = [gazetteer.zones[zone] for zone in ids]
            named = tuple(Place(id=zone.id, names=zone.names) for zone in zones)
            places = Places(places=named, area_name=gazetteer.area_name(ids))
            required = _content().lexicon.hazards[alert.hazard].kinds["warning"].required
            act_by = {} if "act_by" in required else {"act_by": None}
            yield _alert(alert.hazard, "warning", places=places, **act_by).model_copy(update=act_by)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("needs", [(), (Need.MOBILITY,), (Need.HEARING,), (Need.SIGHT,)], ids="+".join)
def test_an_ordinary_warning_keeps_to_its_budget(language: str, needs: tuple[Need, ...]) -> None:
    """Also for a reader with a need: nothing is too long, and the first action ends within two segments."""
    found = []
    begun = composed.begun(_content(), language)
    for alert, tier in product((alert for alert in _ordinary() if alert.hazard in begun), (Tier.T1, Tier.T2)):
        variant = _told(alert, language, Means.SMS, tier, *needs)
        rules = {f.rule for f in length.check(Case(variant, alert, _content(), _authority()))}
        if rules & {"N01", "N02"}:
            found.append((alert.hazard, tier, sms.count(variant.parts["text"])))
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_known_yet_never_stands_before_the_step(language: str) -> None:
    """A first message: who reads only two segments sees what to do; what is not known stands by the next message."""
    first = [s.alert for s in samples(_content().lexicon) if s.alert.kind == "warning" and "unknown" in s.label]
    late = []
    for alert, tier in product(first, (Tier.T1, Tier.T2)):
        variant = _told(alert, language, Means.SMS, tier)
        if "N02" in {f.rule for f in length.check(Case(variant, alert, _content(), _authority()))}:
            late.append((alert.hazard, tier))
    assert first
    assert late == []


def test_who_is_told_to_ask_for_a_ride_hears_once_whom_to_ask() -> None:
    """The line for the need does not ask again what the action has said; without a number it is not there."""
    flood = _told(_alert("river_flood", "warning"), "en", Means.SMS, Tier.T2, Need.MOBILITY).parts["text"]
    assert "For help, call or text: (413) 555-0142." in flood
    assert "Need a ride?" not in flood
    tornado = _told(_alert("tornado", "warning"), "en", Means.SMS, Tier.T2, Need.MOBILITY).parts["text"]
    assert "Cannot use stairs?" not in tornado
    assert "Cannot use stairs?" in _told(_alert("tornado", "warning"), "en", Means.PAGE).parts["text"]


# --- what must not turn around


def _polarity(language: str) -> dict[str, Any]:
    plain = yaml.safe_load((ROOT / "locales" / language / "polarity.yaml").read_text(encoding="utf-8"))
    return dict(plain)


def _negations(text: str, words: list[str], language: str) -> list[str]:
    if language.startswith("zh"):
        return [character for character in text if character in words]
    longest = sorted(words, key=len, reverse=True)
    either = "|".join(re.escape(word) if word.endswith("'") else rf"{re.escape(word)}{END}" for word in longest)
    return re.findall(rf"{START}(?:{either})", text.lower())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_says_no_exactly_where_its_polarity_file_does(language: str) -> None:
    """A `do not` keeps its negation in every tier; no other sentence gains or loses one."""
    polarity, lexicon = _polarity(language), _content().lexicon
    actions = {name: action for name, action in lexicon.actions.items() if _says(language, name)}
    assert list(polarity["actions"]) == [name for name in lexicon.actions if name in {*actions, *polarity["actions"]}]
    wrong = []
    for (name, action), tier in product(actions.items(), WORDED):
        listed = polarity["actions"][name]
        text = _content().sentence(language, f"action.{name}.{tier}").text
        said = _negations(text, polarity["negations"], language)
        if (
            listed["polarity"] != action.polarity
            or listed.get(tier, []) != said
            or (action.polarity == DO_NOT and not said)
        ):
            wrong.append((name, tier, text, said))
    assert wrong == []


def test_a_lost_negation_is_seen() -> None:
    """The reading of the polarity file tells a sentence from its opposite."""
    words = _polarity("en")["negations"]
    assert _negations("Do not boil the water.", words, ENGLISH) == ["not"]
    assert _negations("Do boil the water, nothing else.", ["not"], ENGLISH) == []
    assert _negations("请不要烧水。", _polarity("zh-Hans")["negations"], "zh-Hans") == ["不"]
    assert _negations("水沒有煮沸，請勿飲用。", _polarity("zh-Hant")["negations"], "zh-Hant") == ["沒", "勿"]
    assert _negations("N'entrez pas dans l'eau.", _polarity("fr")["negations"], "fr") == ["n'", "pas"]


# --- two ways of writing Chinese


@pytest.mark.parametrize(("language", "other"), [("zh-Hans", "zh-Hant"), ("zh-Hant", "zh-Hans")])
def test_no_sentence_has_a_character_of_the_other_script(language: str, other: str) -> None:
    """Nor does what people are shown beside the sentences: names of places, of groups of them and of messengers."""
    mine, theirs = (
        set(yaml.safe_load((ROOT / "locales" / tag / "reading.yaml").read_text(encoding="utf-8"))["common"])
        for tag in (language, other)
    )
    foreign = theirs - mine
    assert len(foreign) > 40
    texts = [_content().sentence(language, key).text for key in _content().lexicon.sources]
    assert [text for text in texts if foreign & set(text)] == []
    named = [one for m in messengers(ROOT).values() for one in (m.names, m.role)] + [
        zone.names for zone in Gazetteer.load(ROOT).zones.values()
    ]
    assert [names[language] for names in named if foreign & set(names.get(language, ""))] == []


# --- what a native reader looks at first


@pytest.mark.parametrize("language", LANGUAGES)
def test_doubtful_sentences_are_sentences_of_the_library(language: str) -> None:
    """Each with the reason for the doubt; a sentence that is gone cannot be doubtful."""
    glossary = yaml.safe_load((ROOT / "locales" / language / "glossary.yaml").read_text(encoding="utf-8"))
    assert glossary["doubtful"]
    assert set(glossary["doubtful"]) <= set(_content().lexicon.sources)
    assert all(len(why) > 10 for why in glossary["doubtful"].values())


@pytest.mark.parametrize("needs", [c for n in (1, 2, 3) for c in combinations(CANNOT, n)], ids="+".join)
def test_nobody_is_told_what_they_cannot_do(needs: tuple[Need, ...]) -> None:
    """Who lacks two things at once neither: what stands in for an action may need the second."""
    lexicon = _content().lexicon
    profile = Profile(languages=(ENGLISH,), tier=Tier.T2, needs=needs)
    cannot = set().union(*(CANNOT[need] for need in needs))
    told = {action for alert in _alerts() for action in actions(alert, lexicon, profile, str(alert.kind))}
    assert len(told) > 100
    assert {action for action in told if cannot.intersection(lexicon.actions[action].requires)} == set()


def test_a_number_that_only_speaks_is_for_people_who_hear() -> None:
    """Its sentence would be left out for others, and a step without words would stand in the message."""
    known = _content().lexicon.actions
    spoken = {key.split(".")[1] for key, text in _content().lexicon.sources.items() if "{help_phone}" in text}
    assert {action for action in spoken.intersection(known) if "hear" not in known[action].requires} == set()
