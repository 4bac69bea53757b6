"""Versions among others: the chain, live alerts on shared ground, the CAP document, and what an incident says."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onevoice.alert import Area
from onevoice.checks import hearing
from onevoice.desk import around, draft, heard, incident, prepare, preview
from onevoice.desk.wiring import Desk
from onevoice.errors import Unusable
from onevoice.ledger import alerts
from onevoice.people import Means, Profile, Tier
from onevoice.variant import Severity, Variant

FLOOD = "examples/river_flood_warning.yaml"
TORNADO = "examples/tornado_warning.yaml"


@pytest.fixture
def release(desk: Desk, root: Path) -> Callable[[str], str]:
    """Store an example as a released version, without sending it."""

    def make(example: str) -> str:
        alert = draft.from_file(desk, root / example)
        chain = draft.new_chain(alert.hazard)
        named = alert.model_copy(update={"id": f"{chain}-1", "chain": chain})
        with desk.ledger.write() as conn:
            alerts.add(conn, named, author="x", at=desk.now())
            alerts.move(conn, named.id, of=("draft",), to="sending", released_at=desk.now())
        return named.id

    return make


def _rules(seen: Any) -> set[str]:
    return {f.rule for f in seen.prepared.findings}


def test_a_first_version_alone_has_no_findings_of_its_surroundings(desk: Desk, root: Path) -> None:
    """No chain, nobody else on the ground, a valid CAP document."""
    assert _rules(preview.preview(desk, str(root / FLOOD))) & {"C14", "C15", "C17", "C18", "C19", "C23"} == set()


def test_a_danger_that_has_one_name_in_two_languages_is_translated(desk: Desk, root: Path) -> None:
    """A tornado is a tornado in Spanish too: a warning at every tornado would teach people to look away."""
    assert "C14" not in _rules(preview.preview(desk, str(root / "examples/tornado_warning.yaml")))


def test_opposite_steps_of_two_live_alerts_block(desk: Desk, root: Path, release: Callable[[str], str]) -> None:
    """A tornado keeps people inside where a flood sends them up the hill."""
    release(TORNADO)
    seen = preview.preview(desk, str(root / FLOOD))
    assert "C19" in {f.rule for f in seen.prepared.blocks}


def test_a_live_alert_on_dropped_ground_is_seen(desk: Desk, release: Callable[[str], str]) -> None:
    """Only where the update leaves it, only for an update; a polygon that is another leaves its whole older ground."""
    first, there = release(FLOOD), release(FLOOD)
    with desk.ledger.read() as conn:
        older = alerts.value(draft.found(conn, first))
        elsewhere = next(zone for zone in desk.gazetteer.zones if zone not in older.area.zones)
        new = older.model_copy(update={"id": f"{older.chain}-2", "kind": "update", "area": Area(zones=(elsewhere,))})

        def left(**changes: Any) -> list[str]:
            return [one.id for one in around.around(desk, conn, new.model_copy(update=changes)).left]

        assert left() == [there]
        assert left(area=Area(zones=(*older.area.zones, elsewhere))) == []
        assert left(area=older.area.model_copy(update={"whole_zones": False})) == [there]
        assert left(kind="all-clear") == []


def test_two_real_dangers_at_once_may_be_told_by_a_person_with_a_reason(
    desk: Desk, root: Path, release: Callable[[str], str]
) -> None:
    """Opposite steps are the only stop that a person may pass: a flood warning cannot keep a tornado warning back."""
    release(TORNADO)
    alert = preview.preview(desk, str(root / FLOOD)).prepared.alert
    assert "C19" not in {f.rule for f in prepare.prepare(desk, alert, frozenset({"C19"})).blocks}
    assert "C19" in {f.rule for f in prepare.prepare(desk, alert, frozenset({"C01", "C03"})).blocks}


def test_a_file_that_only_a_chain_can_take_is_looked_at_without_a_document(desk: Desk, root: Path) -> None:
    """An update by itself names no older version, so there is no CAP document to find fault with yet."""
    seen = preview.preview(desk, str(root / "examples/river_flood_update.yaml"))
    assert "C14" not in _rules(seen)


def test_texts_that_make_no_valid_cap_document_block(desk: Desk, root: Path) -> None:
    """A headline that is too long for CAP in one language (C14); with the right one there is nothing to find."""
    seen = preview.preview(desk, str(root / FLOOD))
    alert, texts = seen.prepared.alert, seen.prepared.variants
    with desk.ledger.read() as conn:
        assert {f.rule for f in around.findings(desk, conn, alert, texts)} == set()
        broken = [_long(v) if v.means is Means.PAGE and v.profile == Profile(languages=("es",)) else v for v in texts]
        assert {f.rule for f in around.findings(desk, conn, alert, broken)} == {"C14"}


def test_a_block_in_another_language_than_it_says_blocks(desk: Desk, root: Path) -> None:
    """The French page under the tag of Spanish: facts and lengths are right, and no reader of Spanish could read it."""
    seen = preview.preview(desk, str(root / FLOOD))
    alert = seen.prepared.alert
    texts = [v for v in seen.prepared.variants if v.means is Means.PAGE and v.profile.tier is Tier.T2]
    french = next(v for v in texts if v.profile.languages == ("fr",))
    swapped = [v.model_copy(update={"parts": french.parts}) if v.profile.languages == ("es",) else v for v in texts]
    with desk.ledger.read() as conn:
        assert "C14" not in {f.rule for f in around.findings(desk, conn, alert, texts)}
        found = [f for f in around.findings(desk, conn, alert, swapped) if f.severity is Severity.BLOCK]
    assert [(f.rule, f.message) for f in found] == [("C14", "The block that says es reads as fr.")]


def _long(variant: Variant) -> Variant:
    return variant.model_copy(update={"parts": {**variant.parts, "headline": "x" * 161}})


def test_an_incident_tells_the_facts_of_all_its_alerts(desk: Desk, release: Callable[[str], str]) -> None:
    """Each fact with the alert that it comes from."""
    flood = release(FLOOD)
    with desk.ledger.read() as conn:
        name = alerts.value(draft.found(conn, flood)).incident
    found = incident.show(desk, name)
    assert [alert["id"] for alert in found["alerts"]] == [flood]
    assert found["facts"]["act_by"][0]["alert"] == flood
    assert found["findings"] == []
    with pytest.raises(Unusable, match="Nothing has been released"):
        incident.show(desk, "no-such-incident")


@pytest.mark.parametrize("language", ["en", "es", "ar", "zh-Hans"])
def test_our_own_text_says_what_the_alert_says(desk: Desk, root: Path, language: str) -> None:
    """As `text facts --means` judges it; and with one word changed no more."""
    seen = preview.preview(desk, str(root / FLOOD))
    ours = next(
        v
        for v in seen.prepared.variants
        if v.means is Means.PAGE and v.profile.languages == (language,) and v.profile.tier is Tier.T2
    )
    text = ours.parts["text"]
    path = str(root / FLOOD)
    assert _right(heard.facts(desk, path, language, text, means=Means.PAGE))
    assert not _right(heard.facts(desk, path, language, text.replace("Riverside", "Orchard"), means=Means.PAGE))


def _right(found: hearing.Heard) -> bool:
    return (
        not [c for c in found.contradicts if c.fact not in ("act_by", "expires", "issued", "date")]
        and found.lacks == []
    )


def test_a_text_that_is_empty_or_in_no_language_is_refused(desk: Desk, root: Path) -> None:
    """With what there is."""
    with pytest.raises(Unusable, match="There is no text"):
        heard.facts(desk, str(root / FLOOD), "en", " ")
    with pytest.raises(Unusable, match="There is no language 'xx'"):
        heard.facts(desk, str(root / FLOOD), "xx", "a")


def test_a_short_text_has_counts_and_a_long_one_a_score_with_its_interval(desk: Desk) -> None:
    """A formula says nothing of twelve words."""
    short = heard.readability(desk, "en", Tier.T1, "Go up the hill now. Take your papers.")
    assert (short.measure, short.score, short.verdict) == ("counts", None, "pass")
    long = heard.readability(desk, "en", Tier.T1, "Notwithstanding residual inundation, evacuate expeditiously. " * 40)
    assert long.score is not None
    assert long.interval is not None
    assert long.interval[0] <= long.score <= long.interval[1]
    assert long.verdict == "fail"


@pytest.mark.parametrize("language", ["ar", "de", "ru"])
def test_a_text_in_another_language_gets_no_verdict(desk: Desk, language: str) -> None:
    """An English text is not easy Arabic."""
    with pytest.raises(Unusable, match=f"does not read as {language}"):
        heard.readability(desk, language, Tier.T1, "Go up the hill now. Take your papers, and tell a neighbor.")
