import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onevoice.alert import AlertFile
from onevoice.desk import draft, resolve
from onevoice.desk.values import DRAFTER
from onevoice.desk.wiring import Desk
from onevoice.errors import Unusable
from onevoice.facts import Disease, EmergencyNumber, Form, Instant, LocalNote, ProperName, Shelter
from onevoice.moments import resolve_moment, resolve_span
from onevoice.settings import Settings

NOW = datetime(2026, 7, 1, 16, 0, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
GOOD = """hazard: river_flood
status: Exercise
area: {zones: [old-mill]}
facts: {act_by: "+4h"}
"""


def with_(old: str, new: str) -> str:
    """Change the good file in one place."""
    assert old in GOOD
    return GOOD.replace(old, new)


def fact(words: str) -> str:
    """Add a fact to the good file."""
    return with_('{act_by: "+4h"}', f'{{act_by: "+4h", {words}}}')


@pytest.fixture(scope="module")
def clock(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk that never opens its database, on a summer noon."""
    return Desk(Settings(home=tmp_path_factory.mktemp("clock"), content=root), now=lambda: NOW)


def meant(desk: Desk, folder: Path, text: str | bytes) -> object:
    """Resolve a file with these words."""
    file = folder / "alert.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return draft.from_file(desk, file)


OUTBREAK = (
    "hazard: infectious_disease_outbreak\nmessenger: millford-public-health\nstatus: Exercise\n"
    "area: {zones: [old-mill]}\nfacts: {disease: measles}\n"
)


BAD: dict[str, tuple[str | bytes, str]] = {
    "a field that nobody knows": (
        GOOD + "segmens: [newcomers]",
        r"alert\.yaml, line \d: .*Did you mean 'segments'",
    ),
    "a field of the area": (with_("zones", "zonse"), r"'area\.zonse'.*Did you mean 'zones'"),
    "an unknown hazard": (with_("river_flood", "river_floods"), "hazard: .*Did you mean: river_flood"),
    "an unknown kind": (GOOD + "kind: warn", "kind: .*'warning'"),
    "a kind that the hazard has not": (GOOD + "kind: rumor-control", "kind: There is no 'rumor-control'.*warning"),
    "an unknown zone": (with_("old-mill", "oldmil"), "area.zones: .*'oldmil'.*Did you mean: old mill.*All zones:"),
    "an unknown segment": (GOOD + "segments: [new_comers]", "segments: .*Did you mean: newcomers"),
    "an unknown action": (GOOD + "actions: [move_to_high_ground]", "actions: .*Did you mean: move_to_higher_ground"),
    "an unknown fact": (fact("weather: bad"), "facts.weather: .*Known facts: act_by"),
    "an unknown messenger": (GOOD + "messenger: unknown", "messenger: .*not an authority.*millford-em"),
    "an unknown source": (fact("source: unknown"), "facts.source: .*cannot be unknown.*cause, impact, onset"),
    "a hazard that is unknown": (with_("river_flood", "unknown"), "hazard: There is no 'unknown'"),
    "a status in small letters": (with_("Exercise", "exercise"), "status: .*'Actual', 'Exercise' or 'Test'"),
    "no status": (with_("status: Exercise\n", ""), "status is missing.*See examples"),
    "no time to act by": (with_('facts: {act_by: "+4h"}\n', ""), "facts: .*needs act_by"),
    "a time without a zone": (with_("+4h", "2026-08-01T18:30"), "facts.act_by: .*has no zone.*offset"),
    "a time that is none": (with_("+4h", "soon"), "facts.act_by: 'soon' is no time.*18:30"),
    "a day that is none": (with_('"+4h"', "2026-13-45"), "facts.act_by: '2026-13-45' is no time"),
    "a time at the end of time": (with_("+4h", "9999-12-31T23:59:59-12:00"), "facts.act_by: .*is no time"),
    "a time in the past": (with_("+4h", "2026-06-01T18:30:00-04:00"), "facts.act_by: .*has passed"),
    "now": (with_("+4h", "+0m"), "facts.act_by: .*has passed"),
    "a span that counts back": (
        with_("+4h", "-30m"),
        "facts.act_by: -30m counts back from now.*has passed.*18:30",
    ),
    "a span with the sign of print": (with_("+4h", "\u22122h"), "facts.act_by: .*counts back from now"),
    "an expiry in the past": (GOOD + "expires: 2026-06-01T18:30:00-04:00", r"line \d, expires: .*has passed"),
    "another century": (with_("+4h", "2126-07-01T18:30:00-04:00"), "facts.act_by: .*more than a year away"),
    "an end before the deadline": (GOOD + 'expires: "+1h"', "expires: .*before people must have acted"),
    "unknown, not initial": (fact("impact: unknown"), "facts.impact: .*initial: true.*next_update"),
    "unknown, no next message": (fact("impact: unknown") + "initial: true", "facts.impact: .*next_update"),
    "an impact of one's own": (fact("impact: the dam broke"), "facts.impact: .*takes only unknown"),
    "two kinds of area": (with_("]}", "], places: [Old Mill]}"), "exactly one of .*it has zones, places"),
    "no area": (with_("{zones: [old-mill]}", "{}"), "exactly one of .*it has none"),
    "an area in words": (with_("{zones: [old-mill]}", "here"), "area: .*See examples"),
    "latitude and longitude swapped": (
        with_("zones: [old-mill]", "polygon: [[-72.52, 40.02], [-72.52, 40.00], [-72.50, 40.00], [-72.52, 40.02]]"),
        "area.polygon: .*look swapped",
    ),
    "a polygon elsewhere": (
        with_("zones: [old-mill]", "polygon: [[50, 10], [50, 11], [51, 11], [50, 10]]"),
        "area.polygon: .*jurisdiction lies between",
    ),
    "a polygon of no numbers": (
        with_("zones: [old-mill]", "polygon: [[.nan, 10], [50, 11], [51, 11], [50, 10]]"),
        "area.polygon.0.0: .*number",
    ),
    "a circle in words": (with_("zones: [old-mill]", "circle: here"), r"line \d: area.circle: this is no \[latitude"),
    "an area of one word": (with_("{zones: [old-mill]}", "here"), r"line \d: area: "),
    "a circle without a radius": (with_("zones: [old-mill]", "circle: [40.0, -72.52, 0]"), "area.circle: .*radius"),
    "an area file in another folder": (with_("zones: [old-mill]", "file: ../../x"), "area.file: .*beside"),
    "an area file that is not there": (with_("zones: [old-mill]", "file: x.geojson"), "x.geojson: .*cannot be read"),
    "a number that nobody can ring": (fact("help_phone: call us"), r"facts.help_phone: .*\+14135550150"),
    "a short code in words": (fact("emergency_number: nine eleven"), 'facts.emergency_number: .*"911"'),
    "a disease that has no name here": (
        OUTBREAK.replace("measles", "measels"),
        "facts.disease: There is no 'measels'.*measles",
    ),
    "a disease where none can be told": (fact("disease: measles"), "facts.disease: No sentence of river_flood"),
    "a product where none can be told": (fact("product: Milk"), "facts.product: No sentence of river_flood"),
    "a rumor where none can be told": (fact("rumor: The dam broke"), "facts.rumor: No sentence of river_flood"),
    "an outage that does not say which number works": (
        "hazard: emergency_number_outage\nstatus: Exercise\narea: {zones: [old-mill]}\n",
        "needs other_number",
    ),
    "a road without a name": (fact("road_closed: "), "facts.road_closed: .*name is missing.*sign"),
    "a road with a list of names": (fact("road_closed: [A, B]"), "facts.road_closed: .*no name"),
    "a road without its English name": (fact("road_closed: {es: B}"), "facts.road_closed: .*no name"),
    "a shelter without an address": (fact("shelter: {name: Gym}"), "facts.shelter: address is missing.*Write"),
    "a shelter's name in two lines": (
        fact('shelter: {name: "Gym\\nNorth", address: A}'),
        r"facts\.shelter\.name: .*more than one line.*in one line\.$",
    ),
    "a road with a line separator": (
        fact('road_closed: "Mill\\u2028Road"'),
        r"facts\.road_closed: .*more than one line",
    ),
    "a tab in an address": (fact('shelter: {name: G, address: "1\\tA"}'), r"facts\.shelter\.address: .*U\+0009"),
    "a note in two lines": (
        fact('note: {texts: {en: "One.\\nTwo."}, written_by: M}'),
        r"facts\.note\.texts\.en: .*more than one line",
    ),
    "a shelter in words": (fact("shelter: Gym"), "facts.shelter: .*name and an address"),
    "a shelter that has what it cannot": (fact("shelter: {name: G, address: A, beds: 3}"), "no field 'beds'.*Write"),
    "a note in words": (fact("note: be careful"), "facts.note: .*Write note:"),
    "a link that is none": (GOOD + "more_info: our page", "more_info: .*https://"),
    "a field given twice": (GOOD + 'facts: {act_by: "+1h"}', r"alert\.yaml, line 5: .*'facts' is given twice"),
    "a reference": ("a: &a [*a]", "line 1: .*references"),
    "brackets without end": ("[" * 5000, "too deep"),
    "braces without end": ("a: " + "{a: " * 3000, "too deep"),
    "a letter that no text can hold": (GOOD + 'reason: "\\ud800"', "line 5: .*cannot be sent"),
    "an escape character": (GOOD + 'reason: "\\e[2J"', "line 5: .*cannot be sent"),
    "rubbish": ("a: [b", "line 1: This is no YAML or JSON"),
    "a tab": ("hazard:\triver\n\t- x: [", "line 1: This is no YAML or JSON"),
    "a list": ("- a\n- b\n", "An alert file is a list of fields.*See examples"),
    "nothing": ("", "An alert file is a list of fields.*See examples"),
    "two files in one": (GOOD + "---\n" + GOOD, "line 5: .*another document"),
    "a program": ("a: !!python/object/apply:os.system ['true']", "is missing|no field"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "not UTF-8 text"),
    "another encoding": (GOOD.encode("utf-16"), "not UTF-8 text"),
    "NUL": (b"hazard: river\0flood\n", "cannot be sent"),
    "ten megabytes": (b"a: b\n" * 2_000_000, "larger than 64 KB"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_a_sentence(name: str, root: Path, clock: Desk, tmp_path: Path) -> None:
    """Whatever somebody types, they read in one short line what is wrong and where."""
    text, expected = BAD[name]

    with pytest.raises(Unusable, match=expected) as caught:
        meant(clock, tmp_path, text)

    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 450
    assert str(root) not in str(caught.value)


@pytest.mark.parametrize(("evening", "clock_time"), [("2026-03-08T01:00Z", "02:30"), ("2026-11-01T02:00Z", "01:30")])
def test_the_night_when_the_clocks_change_is_named(evening: str, clock_time: str, root: Path, tmp_path: Path) -> None:
    """A time that the clocks skip or show twice is refused in a file too, and the offset is asked for."""
    desk = Desk(Settings(home=tmp_path, content=root), now=lambda: datetime.fromisoformat(evening))

    with pytest.raises(Unusable, match=f"line 4, facts.act_by: .*{clock_time}.*the clocks change.*Write 2026-"):
        meant(desk, tmp_path, with_("+4h", clock_time))


@pytest.mark.parametrize("name", ["nope.yaml", ".", "a\0b.yaml"])
def test_a_file_that_cannot_be_read_is_named(name: str, clock: Desk, tmp_path: Path) -> None:
    """No file, a folder, or a name that cannot be one: said, with what to look at."""
    with pytest.raises(Unusable, match=r"cannot be read.*Check its name"):
        draft.from_file(clock, tmp_path / name)


def test_the_good_file_is_good(clock: Desk, tmp_path: Path) -> None:
    """The file that every bad one is made from resolves, with or without a byte order mark, and as JSON."""
    json_text = json.dumps(yaml.safe_load(GOOD))

    found = [meant(clock, tmp_path, text) for text in (GOOD, GOOD.encode("utf-8-sig"), json_text)]

    assert [alert.act_by for alert in found] == [NOW + timedelta(hours=4)] * 3  # type: ignore[attr-defined]  # alerts


def test_what_yaml_takes_for_numbers_is_taken_as_people_mean_it(clock: Desk, tmp_path: Path) -> None:
    """18:30 without quotes is a time, a number to ring keeps its plus, `no` stays a word where a word is wanted."""
    text = fact("onset: 17:45, help_phone: +14135550150, road_closed: No").replace('"+4h"', "18:30")

    facts = meant(clock, tmp_path, text + "incident: 2026").factset.facts  # type: ignore[attr-defined]  # an alert

    assert facts["act_by"].at == datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert facts["onset"].at == datetime(2026, 7, 1, 21, 45, tzinfo=UTC)
    assert facts["help_phone"].e164 == "+14135550150"
    assert facts["road_closed"] == ProperName(names={"en": "No"})


def test_the_number_for_danger_is_the_authoritys_unless_it_is_typed(clock: Desk, tmp_path: Path) -> None:
    """A short code stays a short code, with or without quotation marks."""
    usual, typed = (meant(clock, tmp_path, text) for text in (GOOD, fact("emergency_number: 112")))

    assert usual.factset.facts["emergency_number"] == EmergencyNumber(number="911")  # type: ignore[attr-defined]  # alerts
    assert typed.factset.facts["emergency_number"] == EmergencyNumber(number="112")  # type: ignore[attr-defined]  # alerts


def test_a_disease_is_named_by_its_id(clock: Desk, tmp_path: Path) -> None:
    """Every language has a name for it; nobody types one."""
    alert = meant(clock, tmp_path, OUTBREAK)

    assert alert.factset.facts["disease"] == Disease(id="measles")  # type: ignore[attr-defined]  # an alert


def test_a_form_is_one_that_the_hazard_has(clock: Desk, tmp_path: Path) -> None:
    """Another, or one where there is nothing to tell apart, would be lost without a sign."""
    text = "hazard: dam_or_levee_failure\nstatus: Exercise\narea: {zones: [old-mill]}\nfacts: {form: %s}\n"

    assert meant(clock, tmp_path, text % "levee").factset.facts["form"] == Form(id="levee")  # type: ignore[attr-defined]  # an alert
    with pytest.raises(Unusable, match="Did you mean: dam, levee"):
        meant(clock, tmp_path, text % "avalanche")
    with pytest.raises(Unusable, match="river_flood has one form"):
        meant(clock, tmp_path, fact("form: dam"))


def test_the_number_that_works_is_no_emergency_number_of_the_town(clock: Desk, tmp_path: Path) -> None:
    """The town's own number is the one that fails, and stays a fact of its own."""
    text = "hazard: emergency_number_outage\nstatus: Exercise\narea: {zones: [old-mill]}\n"

    facts = meant(clock, tmp_path, text + 'facts: {other_number: "+14135550145"}\n').factset.facts  # type: ignore[attr-defined]  # an alert

    assert facts["other_number"] == EmergencyNumber(number="+14135550145")
    assert facts["emergency_number"] == EmergencyNumber(number="911")


def test_a_rumor_typed_as_one_line_is_english_that_nobody_has_checked(clock: Desk, tmp_path: Path) -> None:
    """Other languages have no words for it, and the check of notes asks who has looked."""
    text = "hazard: rumor_control\nkind: rumor-control\nstatus: Exercise\narea: {zones: [old-mill]}\n"

    facts = meant(clock, tmp_path, text + "facts: {truth: It is open, rumor: It is closed}\n").factset.facts  # type: ignore[attr-defined]  # an alert

    assert facts["truth"] == LocalNote(texts={"en": "It is open"}, written_by=DRAFTER)


def test_a_shelter_is_understood_as_typed(clock: Desk, tmp_path: Path) -> None:
    """Yes and true are yes; what was not typed is not said."""
    text = fact("shelter: {name: Gym, address: 1 Main Street, pets: yes, accessible: true, opens: 17:00}")

    shelter = meant(clock, tmp_path, text).factset.facts["shelter"]  # type: ignore[attr-defined]  # an alert

    opens = Instant(at=datetime(2026, 7, 1, 21, 0, tzinfo=UTC), zone="America/New_York")
    assert shelter == Shelter(name={"en": "Gym"}, address="1 Main Street", pets=True, accessible=True, opens=opens)


def test_spaces_around_words_are_not_the_words(clock: Desk, tmp_path: Path) -> None:
    """A block of YAML ends with a line break; the name does not."""
    text = GOOD.replace('{act_by: "+4h"}', '\n  act_by: "+4h"\n  road_closed: |\n    Mill Road  \n')

    alert = meant(clock, tmp_path, text)

    assert alert.factset.facts["road_closed"] == ProperName(names={"en": "Mill Road"})  # type: ignore[attr-defined]  # an alert


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates() | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from([*AlertFile.model_fields, "zonez"])


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(ANYTHING | st.dictionaries(FIELDS, ANYTHING, max_size=5))
def test_parsing_gives_a_file_or_a_sentence(plain: object) -> None:
    """Of any value comes an alert file or an Unusable, and nothing else."""
    said = "here: "
    try:
        assert isinstance(resolve.parse(plain, where="here"), AlertFile)
    except Unusable as problem:
        said = str(problem)
    assert said.startswith("here: ")


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["act_by", "shelter", "note", "help_phone", "bus_from", "impact"]), ANYTHING))
def test_any_fact_resolves_or_is_a_sentence(clock: Desk, facts: dict[str, object]) -> None:
    """Of any value for a fact comes an alert or an Unusable that names a fact."""
    plain = {"hazard": "flash_flood", "status": "Exercise", "area": {"zones": ["market"]}, "facts": facts}
    where = "facts"
    try:
        file = resolve.parse(plain, where="here")
        assert resolve.resolve(clock, file, base=Path(), chain="c").hazard == "flash_flood"
    except Unusable as problem:
        where = problem.where
    assert where.split(".")[0] in {"facts", "here", "expires"}


MOMENTS = {
    "18:30": datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
    " 18:30 ": datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
    "8:05": datetime(2026, 7, 2, 12, 5, tzinfo=UTC),
    "12:00": datetime(2026, 7, 2, 16, 0, tzinfo=UTC),
    "12:01": datetime(2026, 7, 1, 16, 1, tzinfo=UTC),
    "+90m": datetime(2026, 7, 1, 17, 30, tzinfo=UTC),
    "+2h": datetime(2026, 7, 1, 18, 0, tzinfo=UTC),
    "+1d": datetime(2026, 7, 2, 16, 0, tzinfo=UTC),
    "2026-08-01T18:30:00-05:00": datetime(2026, 8, 1, 23, 30, tzinfo=UTC),
    "2026-08-01T18:30Z": datetime(2026, 8, 1, 18, 30, tzinfo=UTC),
}


@pytest.mark.parametrize("text", MOMENTS)
def test_a_time_is_the_next_one_that_people_mean(text: str) -> None:
    """Clock times are the next such time on the deployment's clocks; spans count from now."""
    assert resolve_moment(text, now=NOW, zone=NEW_YORK, where="facts.act_by") == MOMENTS[text]


@pytest.mark.parametrize(
    ("now", "text", "meanings"),
    [
        ("2026-03-08T00:50-05:00", "02:30", ("2026-03-08T01:30-05:00 for 01:30", "2026-03-08T03:30-04:00 for 03:30")),
        ("2026-10-31T22:00-04:00", "01:30", ("2026-11-01T01:30-04:00 for the first", "2026-11-01T01:30-05:00 for the")),
        ("2026-11-01T01:10-04:00", "01:30", ("2026-11-01T01:30-04:00 for the first", "2026-11-01T01:30-05:00 for the")),
        ("2026-11-01T01:45-04:00", "01:30", ("2026-11-01T01:30-04:00 for the first", "2026-11-01T01:30-05:00 for the")),
        ("2026-11-01T01:10-05:00", "01:30", ("2026-11-01T01:30-04:00 for the first", "2026-11-01T01:30-05:00 for the")),
    ],
)
def test_a_time_of_a_night_on_which_clocks_change_is_refused_with_both_its_meanings(
    now: str, text: str, meanings: tuple[str, str]
) -> None:
    """Both can be typed as they are named, and are one hour apart on the clock of the world or on the wall."""
    with pytest.raises(Unusable) as refused:
        resolve_moment(text, now=datetime.fromisoformat(now), zone=NEW_YORK, where="facts.act_by")
    typed = [meaning.split()[0] for meaning in meanings]
    moments = [resolve_moment(one, now=NOW, zone=NEW_YORK, where="x") for one in typed]
    assert all(meaning in refused.value.remedy for meaning in meanings)
    assert moments[1] - moments[0] == timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "text", "means"),
    [
        ("2026-11-01T01:45-05:00", "01:30", "2026-11-02T01:30-05:00"),
        ("2026-11-01T00:30-04:00", "03:00", "2026-11-01T03:00-05:00"),
        ("2026-03-08T01:00-05:00", "03:30", "2026-03-08T03:30-04:00"),
        ("2026-03-08T03:10-04:00", "02:30", "2026-03-09T02:30-04:00"),
    ],
)
def test_other_times_of_such_a_night_are_what_they_are(now: str, text: str, means: str) -> None:
    """Only the hour that is lost or comes twice is in doubt."""
    found = resolve_moment(text, now=datetime.fromisoformat(now), zone=NEW_YORK, where="facts.act_by")
    assert found == datetime.fromisoformat(means)


def test_a_span_is_never_shortened_by_its_seconds() -> None:
    """Told in whole minutes, a span ends at the minute after, never before."""
    late = NOW + timedelta(seconds=20)
    assert resolve_moment("+1m", now=late, zone=NEW_YORK, where="x") == NOW + timedelta(minutes=2)


@pytest.mark.parametrize(
    ("now", "text", "said"),
    [
        (datetime(2026, 3, 8, 1, 0, tzinfo=UTC), "02:30", "2026-03-08 02:30 does not exist"),
        (datetime(2026, 11, 1, 1, 0, tzinfo=UTC), "01:30", "2026-11-01 01:30 comes twice"),
        (NOW, "24:00", "24:00 is no time of day"),
        (NOW, "18:60", "18:60 is no time of day"),
        (NOW, "+90", "is no time"),
        (NOW, "+10000m", "is no time"),
        (NOW, "2026-08-01", "has no zone"),
        (NOW, "0001-01-01T00:00+14:00", "is no time"),
        (NOW, "tomorrow", "is no time"),
        (NOW, "", "is no time"),
    ],
)
def test_a_time_that_nobody_can_know_is_refused(now: datetime, text: str, said: str) -> None:
    """Daylight saving, missing zones and words are named, with the field and what to write instead."""
    with pytest.raises(Unusable, match=f"^facts.act_by: .*{said}.*(Write|Add)"):
        resolve_moment(text, now=now, zone=NEW_YORK, where="facts.act_by")


@pytest.mark.parametrize("text", ["90", "soon", "m", "-5m", "1w", ""])
def test_a_span_that_is_none_is_refused(text: str) -> None:
    """Only minutes, hours and days are spans."""
    with pytest.raises(Unusable, match=r"no span of time.*90m"):
        resolve_span(text, where="expires_after")


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (GOOD.replace("+4h", "soon"), "line {facts}, facts.act_by", "'soon' is no time"),
        (GOOD + "expires:\n  soon\n", "line {expires}, expires", "'soon' is no time"),
        (GOOD + "severity: Bad\n", "line {severity}", "severity: Input should be"),
        (GOOD.replace("old-mill", "oldmil"), "line {area}, area.zones", "There is no zone 'oldmil'"),
    ],
)
def test_what_is_refused_is_named_with_file_line_and_field(
    text: str, place: str, said: str, desk: Desk, tmp_path: Path
) -> None:
    """Who has the file open goes to that line."""
    file = tmp_path / "alert.yaml"
    file.write_text(text, encoding="utf-8")
    lines = {line.partition(":")[0]: n for n, line in enumerate(text.splitlines(), start=1)}

    with pytest.raises(Unusable, match=said) as refused:
        draft.from_file(desk, file)

    assert refused.value.where == f"{file}, {place.format_map(lines)}"
    assert refused.value.remedy
