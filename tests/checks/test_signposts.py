"""Sign-posts are read back from the finished words, in every language, and one slip in them blocks."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from onevoice.alert import Alert
from onevoice.checks import check_variant, hearing, opening
from onevoice.checks.samples import AUTHORITY, samples
from onevoice.compose import Asked, Content, compose
from onevoice.facts import FactSet
from onevoice.localize import languages
from onevoice.localize.voice import voice
from onevoice.people import Means, Need, Profile, Tier
from onevoice.services import Hours, Line, Service, Services
from onevoice.variant import Severity, Variant

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = languages(ROOT)
RULES = frozenset(["C02", "C03", "C04", "C06", "S07"])


@lru_cache(maxsize=1)
def _content() -> Content:
    return Content(ROOT)


@lru_cache(maxsize=8)
def _alert(kind: str = "recovery", hazard: str = "river_flood") -> Alert:
    return next(s.alert for s in samples(_content().lexicon, hazard) if s.kind == kind and s.label == "2 places")


def _services(alert: Alert) -> tuple[Service, ...]:
    fact = alert.factset.get("services")
    assert isinstance(fact, Services)
    return fact.entries


def _with(alert: Alert, *entries: Service) -> Alert:
    known = alert.factset.facts | {"services": Services(entries=entries)}
    return alert.model_copy(update={"factset": FactSet(facts=known)})


def _text(alert: Alert, language: str, means: Means = Means.EMAIL, *needs: Need) -> Variant:
    profile = Profile(languages=(language,), tier=Tier.T2, needs=needs)
    return compose(alert, Asked(profile, means), _content(), AUTHORITY)


def _found(text: Variant, alert: Alert) -> set[str]:
    checked = check_variant(text, alert, _content(), AUTHORITY)
    return {f.rule for f in checked.findings if f.severity is Severity.BLOCK}


def _edited(text: Variant, edit: Callable[[str], str]) -> Variant:
    parts = {part: edit(words) for part, words in text.parts.items()}
    assert parts != text.parts
    return text.model_copy(update={"parts": parts})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "means", [Means.SMS, Means.EMAIL, Means.SOCIAL, Means.PAGE, Means.VOICE, Means.PRINT, Means.PACK]
)
def test_an_untouched_text_is_right(language: str, means: Means) -> None:
    """Nothing is found in any means of any language."""
    alert = _alert()
    assert not _found(_text(alert, language, means), alert) & RULES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("slip", "rule"),
    [
        (lambda t: t.replace("555-0151", "555-0157"), "C03"),
        (lambda t: t.replace("555-0151", "555-015"), "C03"),
        (lambda t: t.replace("555-0151", "555-0153"), "C03"),
        (lambda t: t.replace("Millford Listening Line", "Millford Listening Lane"), "C02"),
        (lambda t: t.replace("4 Mill Road", "14 Mill Road"), "C02"),
        (lambda t: t.replace("5:00", "6:00").replace("17h00", "18h00").replace("17:00", "18:00"), "C04"),
        (lambda t: t.replace("9:00", "8:00").replace("9h00", "8h00"), "C04"),
    ],
    ids=["digit", "cut short", "another's number", "name", "address", "closes", "opens"],
)
def test_one_slip_blocks(language: str, slip: Callable[[str], str], rule: str) -> None:
    """In every language, whatever its way of writing hours."""
    alert = _alert()
    assert rule in _found(_edited(_text(alert, language), slip), alert)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_day_more_or_less_blocks(language: str) -> None:
    """The days are read by the language's own names."""
    alert = _alert()
    _, home = _services(alert)
    less = home.model_copy(update={"hours": (Hours(days=(0, 1, 2, 3), opens="09:00", closes="17:00"),)})
    text = _text(_with(alert, less), language)
    assert "C04" in _found(text.model_copy(update={"factset": alert.factset.hash}), _with(alert, home))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "change",
    [{"always": False}, {"free": None}, {"lines": (Line(number="+14135550151"),)}],
    ids=["day and night", "free", "by text"],
)
def test_what_nobody_has_said_blocks(language: str, change: dict[str, object]) -> None:
    """The text says more than the entry."""
    alert = _alert()
    line, home = _services(alert)
    now = _with(alert, line.model_copy(update=change), home)
    assert _found(_text(alert, language), now) & {"C02", "C03"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_cannot_hear_is_never_sent_to_a_number_that_can_only_be_called(language: str) -> None:
    """They get the line for text, and the service that has none not at all; the other way round it blocks."""
    alert = _alert()
    text = _text(alert, language, Means.EMAIL, Need.HEARING)
    assert [one.split()[0] for one in text.services] == ["listening"]
    assert "555-0152" in text.parts["text"]
    assert "555-0151" not in text.parts["text"]
    assert not _found(text, alert) & RULES
    assert "S07" in _found(_edited(text, lambda t: t.replace("555-0152", "555-0151")), alert)


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one not in ("en", "es")])
def test_a_service_that_speaks_the_readers_language_goes_first(language: str) -> None:
    """And where the text leads to another one of its sort, it blocks."""
    alert = _alert()
    line, home = _services(alert)
    theirs = line.model_copy(
        update={"id": "theirs", "name": "Welcome Line", "languages": (language.partition("-")[0],)}
    )
    both = _with(alert, line, theirs, home)
    text = _text(both, language)
    assert text.services[0] == "theirs sample"
    assert not _found(text, both) & RULES
    assert "S07" in _found(_text(alert, language).model_copy(update={"factset": both.factset.hash}), both)


def test_a_text_that_leads_nowhere_blocks_unless_it_had_no_room() -> None:
    """What was left out is noted; what is not there else is a fault."""
    alert = _alert()
    lines = _edited(_text(alert, "en", Means.SMS), lambda t: "\n".join(x for x in t.split("\n") if "Line" not in x))
    assert "C02" in _found(lines, alert)
    said = tuple(key for key in lines.said if "signpost" not in key)
    assert "C02" not in _found(lines.model_copy(update={"left_out": ("sign-post",), "said": said}), alert)


def test_a_warning_leads_to_no_service() -> None:
    """The samples of a warning name none, and no wireless form has a line for one."""
    assert _alert("warning").factset.get("services") is None
    named = _with(_alert("warning"), *_services(_alert()))
    assert not _text(named, "en", Means.WIRELESS_360).services


def test_a_text_message_has_one_short_line_and_the_mail_all() -> None:
    """The first service that is wanted; by mail each of them, with all that is known."""
    alert = _alert()
    short, whole = (_text(alert, "en", means).parts["text"] for means in (Means.SMS, Means.EMAIL))
    assert "Someone to talk to: Millford Listening Line, (413) 555-0151.\n" in short
    assert "Repair" not in short
    assert (
        "Help with your home: Riverside Repair Network, (413) 555-0153. Address: 4 Mill Road. "
        "You can enter there with a wheelchair. Open: Mon-Fri 9:00 AM-5:00 PM. Please ask there what it costs.\n"
    ) in whole


# --- opening hours


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("style", ["short", "long"])
def test_every_languages_hours_are_read_back(language: str, style: str) -> None:
    """Runs of days, single days, noon, and several spans; written by one, read by the other."""
    spans = (
        Hours(days=(0, 1, 2, 3, 4), opens="09:00", closes="17:30"),
        Hours(days=(5,), opens="12:00", closes="14:00"),
        Hours(days=(1, 3, 6), opens="18:05", closes="23:59"),
    )
    service = _services(_alert())[1].model_copy(update={"hours": spans})
    spoken = voice(ROOT, language)
    said = spoken.hours(spans, "long" if style == "long" else "short")
    read = opening.read(f"Open: {said}.", spoken.language)
    assert frozenset(one.hours for one in read) == opening.expected(service)


# --- any text


def _hear(text: str, language: str) -> hearing.Heard:
    alert = _alert()
    question = hearing.Question(
        text=text,
        alert=alert,
        library=_content(),
        authority=AUTHORITY,
        language=language,
        zones={},
        needed=alert.actions,
    )
    return hearing.hear(question)


@pytest.mark.parametrize("language", LANGUAGES)
def test_any_text_is_asked_for_its_services(language: str) -> None:
    """Stated where the name and number are right; another number or other hours contradict; none at all is a lack."""
    text = _text(_alert(), language).parts["text"]
    right = _hear(text, language)
    assert "services" in right.states
    assert right.right
    for old, new in (("555-0151", "555-0159"), ("5:00", "6:00"), ("17h00", "18h00"), ("17:00", "18:00")):
        if old in text:
            assert "services" in {one.fact for one in _hear(text.replace(old, new), language).contradicts}
    nowhere = "\n".join(x for x in text.split("\n") if "Line" not in x and "Repair" not in x)
    assert "services" in _hear(nowhere, language).lacks


# --- a line that connects people


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_that_lost_its_line_that_connects_people_is_found(language: str) -> None:
    """A sign-post is such a line; without it and without the step about a neighbor there is none left (S08)."""
    alert = _alert()
    text = _text(alert, language, Means.SMS)
    assert "S08" not in {f.rule for f in check_variant(text, alert, _content(), AUTHORITY).findings}
    connects = ("frame.signpost", "action.check_on", "action.accept_help", "hazard.river_flood.recovery.impact")
    said = [_content().sentence(language, key).text.split("{")[0] for key in text.said if key.startswith(connects)]
    lost = _edited(text, lambda t: "\n".join(x for x in t.split("\n") if not x.startswith(tuple(said))))
    assert "S08" in {f.rule for f in check_variant(lost, alert, _content(), AUTHORITY).findings}


@pytest.mark.parametrize("kind", ["warning", "correction"])
def test_whoever_is_warned_need_not_be_connected(kind: str) -> None:
    """There is no time, or something to set right first."""
    alert = _alert(kind)
    text = _text(alert, "en", Means.SMS)
    assert "S08" not in {f.rule for f in check_variant(text, alert, _content(), AUTHORITY).findings}
