"""Texts that OneVoice did not write: partners' posts, translations and paragraphs in each language's own ways."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from onevoice.alert import Alert, Status
from onevoice.checks import hearing
from onevoice.checks.reading import moments
from onevoice.checks.reading.digits import in_digits
from onevoice.checks.reading.folded import fold
from onevoice.checks.reading.words import tongue
from onevoice.checks.samples import samples
from onevoice.compose import Content
from onevoice.facts import Disease, Fact, FactSet, Instant, Place, Places, ProperName, Shelter

Hear = Callable[[Alert, str, str], hearing.Heard]
Heard = Callable[[str, str], hearing.Heard]
CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "strangers_texts.yaml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def flood(library: Content, zones: Mapping[str, Mapping[str, str]]) -> Alert:
    """A flood warning for Old Mill and Riverside: act by 6:30 PM on Sunday, November 22."""
    found = next(
        s.alert for s in samples(library.lexicon) if (s.alert.hazard, s.alert.kind) == ("river_flood", "warning")
    )
    act_by, sent = datetime(2026, 11, 22, 23, 30, tzinfo=UTC), datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
    expires = datetime(2026, 11, 23, 11, 30, tzinfo=UTC)
    zone = "America/New_York"
    places = Places(places=tuple(Place(id=z, names={**zones[z]}) for z in ("old-mill", "riverside")))
    facts: dict[str, Fact] = {
        "places": places,
        "act_by": Instant(at=act_by, zone=zone),
        "expires": Instant(at=expires, zone=zone),
    }
    return found.model_copy(
        update={
            "factset": FactSet(facts=found.factset.facts | facts),
            "sent": sent, "act_by": act_by, "expires": expires, "status": Status.ACTUAL,
        }
    )  # fmt: skip


@pytest.fixture
def heard(hear: Hear, flood: Alert) -> Heard:
    """What is heard in a text about the flood."""
    return lambda language, text: hear(flood, language, text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['language']} {case['text'][:40]}")
def test_a_text_is_judged_by_what_it_says(heard: Heard, case: dict[str, Any]) -> None:
    """Right where it is right, however it says it; and the rule that finds it where it is wrong."""
    found = heard(case["language"], case["text"])
    wrong = case.get("wrong")
    if wrong is None:
        assert (found.contradicts, found.lacks) == ([], [])
        assert {"source", "hazard", "place", "action", "act_by", "url"} <= set(found.states)
    else:
        assert wrong in {c.rule for c in found.contradicts} | {f"lacks {name}" for name in found.lacks}


CONDITIONS: dict[str, dict[str, str]] = yaml.safe_load(
    (Path(__file__).parent / "conditions_texts.yaml").read_text(encoding="utf-8")
)
NOTHING: Mapping[str, Fact] = {}


@pytest.fixture
def with_shelter(hear: Hear, flood: Alert) -> Callable[..., hearing.Heard]:
    """What is heard in a text where the flood's alert has a shelter, and more."""

    def heard(
        language: str,
        text: str,
        *,
        pets: bool | None = None,
        no_papers: bool | None = None,
        more: Mapping[str, Fact] = NOTHING,
    ) -> hearing.Heard:
        shelter = Shelter(
            name={"en": "Millford High School"}, address="12 School Street", pets=pets, no_papers=no_papers
        )
        facts = FactSet(facts=flood.factset.facts | {**more} | {"shelter": shelter})
        return hear(flood.model_copy(update={"factset": facts}), language, text)

    return heard


@pytest.mark.parametrize("language", CONDITIONS)
@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("Millford High School, 12 School Street.", None),
        ("Millford High School (School Street).", None),
        ("Millford High School, 21 School Street.", "21 School Street"),
        ("Millford High School: School Street 14", "School Street 14"),
        ("1a school street", "1a school street"),
    ],
)
def test_another_number_beside_the_street_is_another_door(
    with_shelter: Callable[..., hearing.Heard], language: str, said: str, wrong: str | None
) -> None:
    """In every language an address is written as it is in English."""
    told = [c for c in with_shelter(language, said).contradicts if c.fact == "shelter"]
    assert [(c.rule, c.found) for c in told] == ([("C06", wrong)] if wrong else [])


ON_THE_WAY: Mapping[str, Fact] = {
    "road_closed": ProperName(names={"en": "Mill Road"}),
    "bus_from": ProperName(names={"en": "Town Hall"}),
}


def test_every_language_says_how_things_are_on_the_way(library: Content) -> None:
    """A language without such words would hear nothing."""
    assert set(CONDITIONS) == set(library.languages)


@pytest.mark.parametrize("language", CONDITIONS)
@pytest.mark.parametrize("said", ["open", "closed", "not_open"])
def test_a_closed_road_is_not_called_open(with_shelter: Callable[..., hearing.Heard], language: str, said: str) -> None:
    """And what is right is not held: it is closed while another is open, or it is not open."""
    found = with_shelter(language, CONDITIONS[language][said], more=ON_THE_WAY)
    told = [c.rule for c in found.contradicts if c.fact == "road_closed"]
    assert told == (["C08"] if said == "open" else [])


@pytest.mark.parametrize("language", CONDITIONS)
@pytest.mark.parametrize(("stop", "lacks"), [("Town Hall", False), ("the Library", True)])
def test_who_tells_of_the_buses_tells_where_they_leave(
    with_shelter: Callable[..., hearing.Heard], language: str, stop: str, lacks: bool
) -> None:
    """Another stop is none; who says nothing of buses lacks nothing."""
    found = with_shelter(language, f"{CONDITIONS[language]['buses']} {stop}.", more=ON_THE_WAY)
    assert ("bus_from" in found.lacks, "bus_from" in found.states) == (lacks, not lacks)
    assert "bus_from" not in with_shelter(language, CONDITIONS[language]["open"], more=ON_THE_WAY).lacks


@pytest.mark.parametrize("language", CONDITIONS)
@pytest.mark.parametrize("pets", [True, False, None])
@pytest.mark.parametrize("said", ["welcome", "refused", "no", "left"])
def test_animals_are_welcome_where_the_shelter_takes_them(
    with_shelter: Callable[..., hearing.Heard], language: str, pets: bool | None, said: str
) -> None:
    """And only there; what nobody has said contradicts nothing."""
    text = CONDITIONS[language].get(said, "")
    told = [c.rule for c in with_shelter(language, text, pets=pets).contradicts if c.fact == "shelter"]
    wrong = text and pets is not None and {"welcome": not pets, "refused": pets, "no": pets}.get(said, False)
    assert told == (["C08"] if wrong else [])


PAPERS: Mapping[str, Mapping[str, str]] = yaml.safe_load(
    (Path(__file__).parent / "papers_texts.yaml").read_text(encoding="utf-8")
)


def test_every_language_says_whether_papers_are_asked_for(library: Content) -> None:
    """A language without such words would hear nothing."""
    assert set(PAPERS) == set(library.languages)


@pytest.mark.parametrize("language", PAPERS)
@pytest.mark.parametrize("no_papers", [True, None])
@pytest.mark.parametrize("said", ["asked", "none", "along", "home"])
def test_no_papers_are_asked_for_at_a_shelter_that_asks_for_none(
    with_shelter: Callable[..., hearing.Heard], language: str, no_papers: bool | None, said: str
) -> None:
    """Who has none would stay in the flood. Papers to take along, and papers to go home, are another thing."""
    found = with_shelter(language, PAPERS[language][said], no_papers=no_papers).contradicts
    told = [c.rule for c in found if c.fact == "shelter"]
    assert told == (["C08"] if said == "asked" and no_papers else [])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "SOURCE: el río puede inundar Old Mill y Riverside. Pueden cruzar el agua. LINK"),
        ("fr", "SOURCE : le fleuve peut monter à Old Mill et Riverside. N'entrez pas dans l'eau. LINK"),
        ("vi", "SOURCE: sông dâng cao ở Old Mill và Riverside. Không lội nước. LINK"),
        ("ht", "SOURCE: rivyè a ap monte nan Old Mill ak Riverside. Pa janbe dlo a. LINK"),
    ],
)
def test_a_flood_that_tells_of_the_water_is_not_taken_for_bad_water(heard: Heard, language: str, text: str) -> None:
    """A word that the hazard's own sentences say too tells of no other hazard."""
    assert [c for c in heard(language, text).contradicts if c.fact == "hazard"] == []


def test_another_hazard_is_heard_where_only_it_is_named(heard: Heard) -> None:
    """Nobody gets a warning of fire in place of one of the river."""
    told = heard("es", "SOURCE: alerta de incendio en Old Mill y Riverside. LINK").contradicts
    assert [(c.rule, c.found) for c in told if c.fact == "hazard"] == [("C09", "wildfire_evacuation")]


def test_an_amount_that_nobody_states_is_pointed_out(heard: Heard) -> None:
    """In somebody's own words it may be a local addition; an approved amount in another unit is none."""
    found = heard("en", "SOURCE: river flood in Old Mill and Riverside. The river rose 7 feet. LINK")
    assert "No fact of the alert states “7 feet”." in [note.message for note in found.notes]


@pytest.mark.parametrize("behind", ["에 ", "에서는 ", " ", "和"])
def test_a_place_is_found_before_a_particle(heard: Heard, behind: str) -> None:
    """Korean and Chinese write on without a gap: a place that is not in the area is one all the same."""
    found = heard("ko", f"SOURCE: Old Mill, Riverside, Harbor{behind}하천 홍수 경보. LINK")
    assert [note.message for note in found.notes if "Harbor" in note.message] or "C10" in {
        c.rule for c in found.contradicts
    }
    assert "Harbor" not in "".join(note.message for note in heard("ko", "SOURCE: Old Mill, Harborside에. LINK").notes)


@pytest.mark.parametrize("language", CONDITIONS)
def test_each_day_of_the_year_is_read_as_it_is_written(library: Content, language: str) -> None:
    """Also where a month and a weekday have one short name: Mar is March and Tuesday in Tagalog, May is there is."""
    voice = library.voice(language)
    spoken = tongue(library.root, voice.language)
    for day in range(365):
        told = Instant(at=datetime(2026, 1, 1, 23, 30, tzinfo=UTC) + timedelta(days=day), zone="America/New_York")
        said = in_digits(fold(voice.instant(told), language), spoken)
        (moment,), alone = moments.read(said, spoken)
        assert moment.same_clock(told)
        assert moment.days
        assert moment.same_day(told, told.local.date() - timedelta(days=400))
        assert alone == []


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("May 22", [(5, 22)]),
        ("sa gabi ng May 22", [(5, 22)]),
        ("May isang bata sa bahay.", []),
        ("May 2 bahay na nasira", []),
        ("2. May dumadagundong?", []),
        ("6:30 ng gabi, May 2.\nMay tanong?", []),
        ("ika-3 ng Marso", [(3, 3)]),
        ("nang ilang linggo", []),
        ("tatlong linggo na", []),
    ],
)
def test_a_tagalog_word_that_is_also_a_day_is_read_by_what_stands_beside_it(
    library: Content, said: str, days: list[tuple[int, int]]
) -> None:
    """“May” is “there is”, “linggo” is also a week."""
    spoken = tongue(library.root, library.voice("tl").language)
    _, alone = moments.read(in_digits(fold(said, "tl"), spoken), spoken)
    assert [pair for day in alone for pair in day.dates] == days
    assert [day for day in alone if day.weekday is not None] == []


@pytest.mark.parametrize(
    ("language", "said", "hours"),
    [
        ("en", "from 8 p.m. tonight until 6 a.m. Tuesday", [20, 6]),
        ("en", "tonight 8 until 6 a.m.", [20, 6]),
        ("en", "8 p.m. tonight, 6 a.m. tomorrow", [20, 6]),
        ("es", "de las 8 p. m. de esta noche a las 6 a. m. del martes", [20, 6]),
        ("zh-Hans", "今晚8点到早上6点", [20, 6]),
    ],
)
def test_the_night_belongs_to_the_time_before_it(library: Content, language: str, said: str, hours: list[int]) -> None:
    """6 a.m. is in the morning, also behind "tonight until"."""
    spoken = tongue(library.root, library.voice(language).language)
    found, _ = moments.read(in_digits(fold(said, language), spoken), spoken)
    assert [moment.hour for moment in found] == hours


HAZARDS: list[dict[str, str]] = yaml.safe_load(
    (Path(__file__).parent / "hazards_texts.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", HAZARDS, ids=lambda case: f"{case['language']} {case['text'][:40]}")
def test_other_hazards_are_judged_by_what_a_text_says(hear: Hear, library: Content, case: dict[str, str]) -> None:
    """The hazard and its steps, in somebody's own words."""
    asked = (case["hazard"], case.get("kind", "warning"))
    alert = next(s.alert for s in samples(library.lexicon, case["hazard"]) if (s.alert.hazard, s.alert.kind) == asked)
    measles: dict[str, Fact] = {"disease": Disease(id="measles")} if asked[0] == "infectious_disease_outbreak" else {}
    alert = alert.model_copy(update={"factset": FactSet(facts=alert.factset.facts | measles)})
    found = hear(alert, case["language"], case["text"])
    told = {c.rule for c in found.contradicts} | {
        f"lacks {name}" for name in found.lacks if name in ("hazard", "action")
    }
    assert case["wrong"] in told if "wrong" in case else not told


TIMES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "times_texts.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", TIMES, ids=lambda case: f"{case['language']} {case['text'][:40]}")
def test_a_time_is_read_with_what_it_is_for(library: Content, case: dict[str, Any]) -> None:
    """A bare hour behind "by"; the end of a stretch of time, which is no last moment to do something."""
    spoken = tongue(library.root, library.voice(case["language"]).language)
    found, _ = moments.read(in_digits(fold(case["text"], case["language"]), spoken), spoken)
    assert [moment.hour for moment in found] == case["hours"]
    if found:
        last = found[-1]
        assert (last.since is not None) == case.get("ends", False)
        assert list(last.roles) == case.get("roles", list(last.roles))
        assert not (case.get("ends") and "act_by" in last.roles)
