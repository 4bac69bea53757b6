"""Each rule on finished texts of the small library: silent where all is right, and heard where one thing is wrong."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polib
import pytest

from onevoice import checks
from onevoice.alert import Alert
from onevoice.compose import Asked, Content, compose
from onevoice.facts import Instant, LocalNote, Phone, Places, ProperName, Shelter, Unknown
from onevoice.localize import stamp
from onevoice.people import Means, Messenger, Need, Profile, Tier
from onevoice.variant import Finding, Scope, Severity, Variant

MakeAlert = Callable[..., Alert]
CHURCH = Messenger(id="church", kind="partner-org", names={"en": "Hill Church"})
LANGUAGES = [("en",), ("es",), ("ar",), ("zh-Hans",), ("ar", "en"), ("es", "zh-Hans")]
NIGHTLY = {"N01", "N02", "N03", "R01"}
"""Length and reading level: the small library's made-up translations are too long for them."""


class Desk:
    """Composes and checks, and lets a test change the text in between."""

    def __init__(self, content: Content, authority: Messenger) -> None:
        self.content, self.authority = content, authority

    def text(self, alert: Alert, *languages: str, **asked: Any) -> Variant:
        """A composed text."""
        profile = Profile(languages=languages or ("en",), tier=asked.pop("tier", Tier.T2), needs=asked.pop("needs", ()))
        asked.setdefault("means", Means.EMAIL)
        return compose(alert, Asked(profile, **asked), self.content, self.authority)

    def found(self, variant: Variant, alert: Alert) -> tuple[Finding, ...]:
        """Its findings, less those about length."""
        checked = checks.check_variant(variant, alert, self.content, self.authority)
        return tuple(f for f in checked.findings if f.rule not in NIGHTLY)

    def changed(self, variant: Variant, alert: Alert, old: str, new: str, part: str = "text") -> set[str]:
        """The rules that find a change in one part."""
        assert old in variant.parts[part]
        parts = {**variant.parts, part: variant.parts[part].replace(old, new)}
        found = self.found(variant.model_copy(update={"parts": parts}), alert)
        return {f.rule for f in found if f.severity is Severity.BLOCK and f.scope is Scope.RELEASE}


@pytest.fixture
def desk(content: Content, authority: Messenger) -> Desk:
    """A desk over the small library."""
    return Desk(content, authority)


# --- silent where all is right


WAYS = [
    pytest.param(languages, means, id=f"{'+'.join(languages)}-{means}")
    for languages in LANGUAGES
    for means in Means
    if means in (Means.SMS, Means.EMAIL, Means.PAGE)  # every other text is in one language
    or (len(languages) == 1 and means is not Means.WIRELESS_90)
]


@pytest.mark.parametrize(("languages", "means"), WAYS)
@pytest.mark.parametrize("status", ["Actual", "Exercise", "Test"])
def test_a_right_text_has_no_findings(
    desk: Desk, alert: MakeAlert, languages: tuple[str, ...], means: Means, status: str
) -> None:
    """In every language, by every means, with a co-sign where there is one, for each status."""
    tier = Tier.T4 if len(languages) > 1 else Tier.T2  # two made-up translations need the larger budget
    given = alert(status=status)
    voice = CHURCH if means in (Means.SMS, Means.EMAIL, Means.PAGE) else None  # the others are the authority's own
    assert desk.found(desk.text(given, *languages, means=means, messenger=voice, tier=tier), given) == ()


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("group", ["new", "kept", "outside"])
def test_a_right_update_has_no_findings(
    desk: Desk,
    alert: MakeAlert,
    moment: Callable[[float], Instant],
    named: Callable[..., Places],
    language: str,
    group: str,
) -> None:
    """Though it names the old time and the dropped place."""
    before = {"act_by": moment(3), "places": named("Harbor", "Old Mill"), "help_phone": Phone(e164="+14135550149")}
    given = alert("update", previous=before)
    assert desk.found(desk.text(given, language, group=group), given) == ()


@pytest.mark.parametrize("needs", [(Need.MOBILITY,), (Need.HEARING,), (Need.SIGHT, Need.HEARING)])
def test_a_right_text_for_a_need_has_no_findings(desk: Desk, alert: MakeAlert, needs: tuple[Need, ...]) -> None:
    """With `instead` in place of an action, and another number."""
    given = alert()
    assert desk.found(desk.text(given, needs=needs), given) == ()


def test_a_right_text_with_everything_has_no_findings(
    desk: Desk, alert: MakeAlert, moment: Callable[[float], Instant]
) -> None:
    """Names, addresses and notes may hold numbers of their own."""
    given = alert(
        impact=Unknown(),
        onset=Unknown(),
        shelter=Shelter(name={"en": "School 12"}, address="7 Route 9", opens=moment(2), pets=True),
        road_closed=ProperName(names={"en": "Route 9"}),
        note=LocalNote(texts={"en": "Bus 5 runs."}, written_by="office", checked_by={"en": "office"}),
        next_update=moment(1),
    )
    assert desk.found(desk.text(given), given) == ()


def test_the_areas_name_stands_for_the_list_only_where_that_was_left_out(
    desk: Desk, alert: MakeAlert, named: Callable[..., Places]
) -> None:
    """The variant says that the list was left out; without that it is a wrong place."""
    many = named(*(f"Quarter of Saint Somebody {n}" for n in "ABCDEFGHI"), area="The valley")
    given = alert(places=many)
    text = desk.text(given, means=Means.SMS)
    assert "list of places" in text.left_out
    assert desk.found(text, given) == ()
    claimed = text.model_copy(update={"left_out": ()})
    assert "C10" in {f.rule for f in desk.found(claimed, given)}


# --- heard where one thing is wrong


@pytest.mark.parametrize("language", ["en", "es", "ar", "zh-Hans"])
@pytest.mark.parametrize("part", ["text", "html"])
@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("(413) 555-0140", "(413) 555-014", "C03"),
        ("(413) 555-0140", "(413) 555-0149", "C03"),
        ("(413) 555-0140", "", "C02"),
        ("7kq2wd", "7kq2wb", "C07"),
        ("https://alerts.example/a/7kq2wd", "", "C02"),
        ("Riverside", "Harbor", "C10"),
        ("Riverside", "Riverside Harbor", "C10"),
        ("Old Mill", "", "C10"),
        ("Climb the hill now.", "", "C08"),
        ("Do not use a boat.", "Use a boat.", "C08"),
        ("Do not use a boat.", "Take a lamp.", "C08"),
        ("STORM WARNING.", "", "C02"),
        ("STORM WARNING.", "STORM watch.", "C02"),
        ("Roofs can fly.", "Roofs can not fly.", "C02"),
    ],
)
def test_a_changed_fact_blocks_the_release(
    desk: Desk, alert: MakeAlert, language: str, part: str, old: str, new: str, rule: str
) -> None:
    """In plain text and in HTML, in every language."""
    given = alert()
    assert rule in desk.changed(desk.text(given, language), given, old, new, part)


@pytest.mark.parametrize(
    ("means", "part", "old", "new", "rule"),
    [
        (Means.PAGE, "text", "Roofs can fly.", "Roofs can fall.", "C02"),
        (Means.PAGE, "description", "Roofs can fly.", "Roofs can fall.", "C02"),
        (Means.PAGE, "instruction", "Climb the hill now.", "Climb the hill.", "C08"),
        (Means.PACK, "text", "Roofs can fly.", "Roofs can fall.", "C02"),
        (Means.PACK, "questions", "Roofs can fly.", "Roofs can fall.", "C02"),
    ],
)
def test_a_change_in_one_part_blocks_though_another_part_is_right(
    desk: Desk, alert: MakeAlert, means: Means, part: str, old: str, new: str, rule: str
) -> None:
    """What happens stands more than once on a page: “in hours” for “in minutes” in its text was missed."""
    given = alert()
    text = desk.text(given, means=means)
    assert sum(old in words for words in text.parts.values()) > 1
    assert rule in desk.changed(text, given, old, new, part)


@pytest.mark.parametrize(
    ("language", "old", "new", "rule"),
    [
        ("en", "6:30 PM ET, Sun", "6:30 AM ET, Sun", "C04"),
        ("en", "6:30 PM ET, Sun", "7:30 PM ET, Sun", "C04"),
        ("en", "6:30 PM ET, Sun", "6:30 PM, Sun", "C04"),
        ("en", "6:30 PM ET, Sun Nov 22", "6:30 PM ET, Mon Nov 23", "C05"),
        ("en", "6:30 PM ET, Sun Nov 22", "6:30 PM ET, Sun Nov 23", "C05"),
        ("en", "6:30 PM ET, Sun Nov 22", "2:30 PM ET, Sun Nov 22", "C04"),
        ("en", "6:30 PM ET, Sun Nov 22", "tonight", "C02"),
        ("es", "18:30 ET", "16:30 ET", "C04"),
        ("es", "18:30 ET, dom 22 nov", "18:30 ET, dom 22 oct", "C05"),
        ("ar", "6:30 م", "6:30 ص", "C04"),
        ("ar", "الأحد 22", "الاثنين 22", "C05"),
        ("zh-Hans", "下午6:30", "上午6:30", "C04"),
        ("zh-Hans", "11月22日", "11月23日", "C05"),
    ],
)
def test_a_changed_time_or_date_blocks_the_release(
    desk: Desk, alert: MakeAlert, language: str, old: str, new: str, rule: str
) -> None:
    """Read by the pattern of the language, with half of the day, zone, weekday and date."""
    given = alert()
    assert rule in desk.changed(desk.text(given, language), given, old, new)


@pytest.mark.parametrize("means", [Means.SMS, Means.EMAIL, Means.PAGE])
def test_two_times_that_change_places_block_the_release(
    desk: Desk, alert: MakeAlert, moment: Callable[[float], Instant], means: Means
) -> None:
    """Both are times of the alert, but each stands behind the other's label."""
    given = alert(impact=Unknown(), next_update=moment(1))
    text = desk.text(given, means=means)
    swapped = text.parts["text"].replace("6:30 PM", "#").replace("3:30 PM", "6:30 PM").replace("#", "3:30 PM")
    changed = text.model_copy(update={"parts": {**text.parts, "text": swapped}})
    assert "C04" in {f.rule for f in desk.found(changed, given)}


@pytest.mark.parametrize(
    ("new", "rule"),
    [
        ("Take a lamp. Bring 3 friends.", "C06"),
        ("Take a lamp at 9:15.", "C04"),
        ("Take a lamp. Call 413 555 0199.", "C03"),
        ("Take a lamp. See www.other.example.", "C07"),
        ("Take a lamp. Back at 4 pm.", "C04"),
        ("Take a lamp. Back at 9:15 PM ET, Sun Nov 22.", "C04"),
        ("Take a lamp. Back at 6:30 PM ET, Tue Nov 24.", "C05"),
    ],
)
def test_a_stranger_blocks_the_release(desk: Desk, alert: MakeAlert, new: str, rule: str) -> None:
    """A number, time, phone or link that no fact states."""
    given = alert()
    assert rule in desk.changed(desk.text(given), given, "Take a lamp.", new)


def test_a_stranger_in_the_subject_blocks_the_release(desk: Desk, alert: MakeAlert) -> None:
    """The subject need not say all, but nothing else either."""
    given = alert()
    assert "C06" in desk.changed(desk.text(given), given, "STORM WARNING.", "STORM WARNING 5.", "subject")


@pytest.mark.parametrize(
    ("status", "old", "new"),
    [
        ("Exercise", "DRILL\n", ""),
        ("Exercise", "\nDRILL", ""),
        ("Exercise", "DRILL", "TRIAL"),
        ("Test", "TRIAL", "DRILL"),
        ("Actual", "Hill Office\n", "DRILL\nHill Office\n"),
    ],
)
def test_a_wrong_mark_blocks_the_release(desk: Desk, alert: MakeAlert, status: str, old: str, new: str) -> None:
    """An exercise is marked first and last with its own mark; a real alert has none."""
    given = alert(status=status)
    assert "C24" in desk.changed(desk.text(given, means=Means.SMS), given, old, new)


def test_each_reader_of_two_languages_sees_a_mark(desk: Desk, alert: MakeAlert) -> None:
    """A bilingual exercise without the second language's mark is blocked."""
    given = alert(status="Exercise")
    text = desk.text(given, "en", "es")
    assert "C24" in desk.changed(text, given, "En español: DRILL", "")
    assert "C24" in desk.changed(text, given, "En español: DRILL\nEn", "En")


def test_no_exercise_says_that_it_is_none(desk: Desk, alert: MakeAlert) -> None:
    """“This is not a drill” is for real alerts at most."""
    given = alert(status="Exercise")
    assert "L12" in desk.changed(desk.text(given), given, "Nothing happens.", "This is not a drill.")


def test_a_text_without_its_authority_is_blocked(desk: Desk, alert: MakeAlert) -> None:
    """The trusted voice never replaces it."""
    given = alert()
    assert "C25" in desk.changed(desk.text(given, messenger=CHURCH), given, "Hill Office", "Hill Church")


def test_actions_in_another_order_are_blocked(desk: Desk, alert: MakeAlert) -> None:
    """The one that saves lives stands first."""
    given = alert()
    text = desk.text(given, means=Means.SMS)
    swapped = text.parts["text"].replace(
        "Climb the hill now.\nDo not use a boat.", "Do not use a boat.\nClimb the hill now."
    )
    assert swapped != text.parts["text"]
    changed = text.model_copy(update={"parts": {"text": swapped}})
    assert "C08" in {f.rule for f in desk.found(changed, given)}


def test_what_a_text_claims_about_itself_is_no_evidence(desk: Desk, alert: MakeAlert) -> None:
    """A text without the second action is blocked also if it says that nothing is missing."""
    given = alert()
    text = desk.text(given, means=Means.SMS)
    less = {"text": text.parts["text"].replace("Do not use a boat.\n", "")}
    said = tuple(key for key in text.said if key != "action.no_boat.T2")
    changed = text.model_copy(update={"parts": less, "said": said, "actions": ("climb", "take_lamp"), "spans": {}})
    assert "C08" in {f.rule for f in desk.found(changed, given)}


def test_a_text_that_counts_other_actions_than_it_tells_is_blocked(desk: Desk, alert: MakeAlert) -> None:
    """The ledger and the approver go by what the variant says of itself."""
    given = alert()
    claimed = desk.text(given).model_copy(update={"actions": ("climb", "no_boat")})
    assert {f.rule for f in desk.found(claimed, given)} == {"C08"}


def test_an_update_that_says_nothing_new_is_blocked(
    desk: Desk, alert: MakeAlert, moment: Callable[[float], Instant]
) -> None:
    """If the time to act by changed, people who have the older message must hear it."""
    given = alert("update", previous={"act_by": moment(3)})
    text = desk.text(given, group="kept")
    assert "C16" not in {f.rule for f in desk.found(text, given)}
    silent = {part: words.replace("New time:", "Time:") for part, words in text.parts.items()}
    assert "C16" in {f.rule for f in desk.found(text.model_copy(update={"parts": silent}), given)}


def test_an_unknown_that_is_not_said_is_blocked(
    desk: Desk, alert: MakeAlert, moment: Callable[[float], Instant]
) -> None:
    """Nothing is left to guess: the sentence stands in the text, and the next message's time."""
    given = alert(impact=Unknown(), next_update=moment(1))
    text = desk.text(given)
    assert "C02" in desk.changed(text, given, "We do not know yet how strong it is.", "")
    assert "C02" in desk.changed(text, given, "Next: 3:30 PM ET, Sun Nov 22.", "")


# --- translation


def _translate(words: Path, key: str, **fields: object) -> None:
    path = words / "locales" / "es" / "LC_MESSAGES" / "messages.po"
    po = polib.pofile(str(path))
    entry = next(e for e in po if e.msgctxt == key)
    for name, value in fields.items():
        setattr(entry, name, value)
    entry.tcomment = str(_signed("reviewed", entry))
    po.save()


def _signed(what: stamp.What, entry: polib.POEntry) -> stamp.Stamp:
    return stamp.signed(stamp.Stamp(), what, "A. Person", date(2026, 11, 22), (entry.msgid, entry.msgstr))


def _stand_behind(words: Path, key: str, what: stamp.What) -> None:
    path = words / "locales" / "es" / "LC_MESSAGES" / "messages.po"
    po = polib.pofile(str(path))
    entry = next(e for e in po if e.msgctxt == key)
    entry.tcomment = str(_signed(what, entry))
    po.save()


@pytest.mark.parametrize(
    ("key", "fields", "rule"),
    [
        ("frame.more", {"msgstr": ""}, "P02"),
        ("action.take_lamp", {"msgstr": ""}, "P02"),
        ("frame.where", {"flags": ["fuzzy"]}, "P03"),
        ("frame.call", {"msgstr": "Llame."}, "P04"),
        ("frame.where", {"msgstr": "Zona."}, "P04"),
        ("frame.more", {"msgstr": "Info: {uri}"}, "P04"),
        ("frame.act_by.T2", {"msgstr": "Antes."}, "P04"),
    ],
)
def test_a_fault_of_a_translation_holds_back_its_language_only(
    words: Path, alert: MakeAlert, authority: Messenger, key: str, fields: dict[str, object], rule: str
) -> None:
    """Everybody else gets the release; these readers get what their segment falls back on."""
    _translate(words, key, **fields)
    desk = Desk(Content(words), authority)
    found = desk.found(desk.text(alert(), "es"), alert())
    assert {(f.rule, f.severity, f.scope) for f in found} == {(rule, Severity.BLOCK, Scope.LANGUAGE)}
    assert desk.found(desk.text(alert()), alert()) == ()


@pytest.mark.parametrize(
    ("status", "what", "rule", "severity"),
    [
        ("Exercise", "drafted", "P01", Severity.WARN),
        ("Test", "drafted", "P01", Severity.WARN),
        ("Actual", "drafted", "P01", Severity.BLOCK),
        ("Actual", "translated", "P05", Severity.WARN),
        ("Exercise", "translated", "P05", Severity.NOTE),
    ],
)
def test_a_machine_draft_never_goes_out_for_real(
    words: Path, alert: MakeAlert, authority: Messenger, status: str, what: stamp.What, rule: str, severity: Severity
) -> None:
    """In an exercise it is only pointed out; what one person translated wants a second one."""
    _stand_behind(words, "action.take_lamp", what)
    desk, given = Desk(Content(words), authority), alert(status=status)
    found = desk.found(desk.text(given, "es"), given)
    assert {(f.rule, f.severity, f.scope) for f in found} == {(rule, severity, Scope.VARIANT)}


def test_a_note_that_nobody_checked_is_pointed_out(desk: Desk, alert: MakeAlert) -> None:
    """By its language."""
    note = LocalNote(
        texts={"en": "The bridge is open.", "es": "El puente."}, written_by="office", checked_by={"es": "x"}
    )
    given = alert(note=note)
    assert {f.rule for f in desk.found(desk.text(given), given)} == {"P06"}
    assert desk.found(desk.text(given, "es"), given) == ()


# --- length and reading level


def test_a_text_message_over_its_budget_is_pointed_out(
    content: Content, alert: MakeAlert, authority: Messenger
) -> None:
    """The finding says how many segments there are, how many are allowed, and what forced the long alphabet."""
    text = compose(alert(), Asked(Profile(languages=("en",)), Means.SMS), content, authority)
    long = text.model_copy(update={"parts": {"text": text.parts["text"] + "\nç" + "x" * 100}})
    found = checks.check_variant(long, alert(), content, authority).findings
    over = next(f for f in found if f.rule == "N01")
    assert (over.severity, over.scope) == (Severity.WARN, Scope.VARIANT)
    assert over.message == "5 segments (UCS-2 because of ç); 3 are allowed."


def test_marks_and_co_sign_do_not_count_against_the_budget(words: Path, alert: MakeAlert, authority: Messenger) -> None:
    """What compose fitted, the check passes."""
    path = words / "templates" / "actions.yaml"
    text = path.read_text(encoding="utf-8").replace("Climb the hill now.", "Climb the hill now" + ", and on" * 9 + ".")
    path.write_text(text, encoding="utf-8")
    content, given = Content(words), alert(status="Exercise")
    made = compose(given, Asked(Profile(languages=("en",)), Means.SMS, CHURCH), content, authority)
    assert len(made.parts["text"]) > 306
    assert {f.rule for f in checks.check_variant(made, given, content, authority).findings} <= {"N02", "R01"}


def test_a_late_first_action_is_pointed_out(words: Path, alert: MakeAlert, authority: Messenger) -> None:
    """It should end within the first two segments."""
    path = words / "templates" / "hazards" / "storm.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("Roofs can fly.", "Roofs é" + "x" * 300), encoding="utf-8")
    content = Content(words)
    text = compose(alert(), Asked(Profile(languages=("en",)), Means.SMS), content, authority)
    found = checks.check_variant(text, alert(), content, authority).findings
    assert {"N01", "N02"} <= {f.rule for f in found}


def test_what_was_left_out_is_noted(
    content: Content, alert: MakeAlert, named: Callable[..., Places], authority: Messenger
) -> None:
    """A note, never a warning: the page has all of it."""
    given = alert(places=named(*(f"Quarter of Saint Somebody {n}" for n in "ABCDEFGHI"), area="The valley"))
    text = compose(given, Asked(Profile(languages=("en",)), Means.SMS), content, authority)
    note = next(f for f in checks.check_variant(text, given, content, authority).findings if f.rule == "N03")
    assert note.severity is Severity.NOTE
    assert note.message.startswith("Left out: third action, second action")


def test_readability_warns_and_never_blocks(words: Path, alert: MakeAlert, authority: Messenger) -> None:
    """Its verdict stands with the variant, with counts and without a score."""
    path = words / "templates" / "hazards" / "storm.yaml"
    long = "Roofs " + "and walls " * 12 + "can fly."
    path.write_text(path.read_text(encoding="utf-8").replace("Roofs can fly.", long), encoding="utf-8")
    content = Content(words)
    text = compose(alert(), Asked(Profile(languages=("en",)), Means.EMAIL), content, authority)
    checked = checks.check_variant(text, alert(), content, authority)
    assert checked.readability
    assert (checked.readability.verdict, checked.readability.score) == ("fail", None)
    assert checked.readability.counts["longest_sentence"] == 27
    assert [(f.rule, f.severity) for f in checked.findings] == [("R01", Severity.WARN)]
