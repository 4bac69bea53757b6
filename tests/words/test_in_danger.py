"""Who cannot hear is never left with "call" in danger: the number takes texts, or somebody else can call."""

from collections.abc import Iterator
from functools import lru_cache, partial
from pathlib import Path

import pytest

from audiences.messengers import messengers
from onevoice import localize
from onevoice.alert import Alert
from onevoice.checks import check_variant
from onevoice.checks.samples import samples
from onevoice.compose import Content
from onevoice.facts import EmergencyNumber, FactSet
from onevoice.people import Means, Messenger, Need, Profile, Tier
from onevoice.variant import Severity, Variant

ROOT = Path(__file__).resolve().parents[2]
TEXT, ASK = "frame.in_danger.text", "frame.in_danger.ask"
CALLS = "{emergency_number}"


@lru_cache(maxsize=1)
def _content() -> Content:
    return Content(ROOT)


@lru_cache(maxsize=1)
def _alerts() -> tuple[Alert, ...]:
    usual = (s for s in samples(_content().lexicon) if s.group == "all" and not s.needs and s.label == "2 places")
    return tuple(sample.alert for sample in usual)


def _authority(*, takes_texts: bool) -> Messenger:
    return messengers(ROOT)["millford-em"].model_copy(update={"emergency_by_text": takes_texts})


def _told(
    alert: Alert, authority: Messenger, means: Means = Means.EMAIL, *needs: Need, language: str = "en"
) -> Variant:
    profile = Profile(languages=(language,), tier=Tier.T2, needs=needs)
    text = _content().telling(alert, authority).to(profile, means)
    checked = check_variant(text, alert, _content(), authority)
    assert [f for f in checked.findings if f.severity is Severity.BLOCK] == []
    return checked


def _telling_to_call() -> Iterator[Alert]:
    """The alerts whose details at T2 name the number to call in danger."""
    lexicon = _content().lexicon
    for alert in _alerts():
        parts = (lexicon.key(f"hazard.{alert.hazard}.{alert.kind}.{part}", Tier.T2) for part in ("detail", "why"))
        if any(CALLS in lexicon.sources[key] for key in parts if key):
            yield alert


def _smoke() -> Alert:
    return next(a for a in _alerts() if (a.hazard, str(a.kind)) == ("wildfire_smoke", "warning"))


@pytest.mark.parametrize("language", localize.languages(ROOT))
@pytest.mark.parametrize(("takes_texts", "line"), [(True, TEXT), (False, ASK)])
def test_who_cannot_hear_is_told_how_to_get_help(language: str, *, takes_texts: bool, line: str) -> None:
    """In every language, by what the town's number can; only where the mail tells to call, and only to them."""
    authority = _authority(takes_texts=takes_texts)
    told = partial(_told, _smoke(), authority, language=language)
    assert line in told(Means.EMAIL, Need.HEARING).said
    assert line not in told(Means.EMAIL).said
    assert line not in told(Means.SMS, Need.HEARING).said
    assert line in told(Means.PAGE).said


def test_every_mail_that_tells_to_call_in_danger_has_the_line() -> None:
    """All hazards and kinds."""
    authority, alerts = _authority(takes_texts=True), list(_telling_to_call())
    assert len(alerts) > 10
    silent = [
        f"{alert.hazard}.{alert.kind}"
        for alert in alerts
        if TEXT not in _told(alert, authority, Means.EMAIL, Need.HEARING).said
    ]
    assert silent == []


def test_a_number_that_only_this_alert_gives_is_not_known_to_take_texts() -> None:
    """What the authority's file says is about the authority's number."""
    facts = {**_smoke().factset.facts, "emergency_number": EmergencyNumber(number="112")}
    alert = _smoke().model_copy(update={"factset": FactSet(facts=facts)})
    said = _told(alert, _authority(takes_texts=True), Means.EMAIL, Need.HEARING).said
    assert ASK in said
    assert TEXT not in said


def test_where_nothing_tells_to_call_there_is_no_such_line() -> None:
    """A flood's mail names no emergency number."""
    flood = next(a for a in _alerts() if (a.hazard, str(a.kind)) == ("river_flood", "warning"))
    said = _told(flood, _authority(takes_texts=True), Means.EMAIL, Need.HEARING).said
    assert not {TEXT, ASK} & set(said)
