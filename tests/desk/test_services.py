"""The directory at the desk: taken in, dated, confirmed; named by messages, and never in imminent danger."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audiences import town_services
from onevoice.alert import Alert, AlertFile
from onevoice.desk import prepare, services, services_fit
from onevoice.desk.officers import Actor
from onevoice.desk.resolve import resolve
from onevoice.desk.texts import Key, Texts
from onevoice.desk.wiring import Desk
from onevoice.errors import Unusable
from onevoice.ledger import chronicle
from onevoice.people import Means
from onevoice.services import Services
from onevoice.variant import Finding, Severity, Variant

LINE, NURSE, WELCOME = "Millford Listening Line", "Millford Nurse Line", "Welcome Center Listening Line"
SAM = Actor("Sam Okafor", "approver")


def _alert(desk: Desk, kind: str = "recovery", hazard: str = "river_flood", **more: Any) -> Alert:
    plain = {"hazard": hazard, "kind": kind, "status": "Exercise", "area": {"zones": ["old-mill"]}, **more}
    return resolve(desk, AlertFile.model_validate(plain), base=desk.settings.content_root, chain="flood")


def _named(alert: Alert) -> list[str]:
    fact = alert.factset.get("services")
    return [entry.name for entry in fact.entries] if isinstance(fact, Services) else []


def _text(desk: Desk, alert: Alert, profile: str, means: Means = Means.EMAIL) -> Variant:
    texts = Texts(desk, alert, frozenset())
    chosen = texts.choose(Key(profile, means, None, "all", 0))
    assert chosen.variant_id
    return texts.made[chosen.variant_id]


def _found(desk: Desk, alert: Alert) -> list[Finding]:
    return list(services_fit.findings(desk, alert))


def _file(desk: Desk, change: Callable[[list[dict[str, Any]]], Any]) -> Path:
    """The directory of the town, changed."""
    file = desk.settings.home / "changed.json"
    town_services.generate(file, desk.today)
    plain = json.loads(file.read_text(encoding="utf-8"))
    change(plain["contents"])
    file.write_text(json.dumps(plain), encoding="utf-8")
    return file


def _later(desk: Desk, days: int) -> None:
    now = desk.now() + timedelta(days=days)
    desk.now = lambda: now


def _set(name: str, **more: Any) -> Callable[[list[dict[str, Any]]], Any]:
    return lambda contents: [one.update(more) for one in contents if one["name"] == name]


def _drop(name: str) -> Callable[[list[dict[str, Any]]], Any]:
    return lambda contents: contents.remove(next(one for one in contents if one["name"] == name))


# --- named by a message


@pytest.mark.parametrize(
    ("kind", "hazard"),
    [
        ("recovery", "river_flood"),
        ("support", "community_mental_health"),
        ("check-in", "social_isolation_checkin"),
        ("preparedness", "river_flood"),
    ],
)
def test_four_kinds_lead_to_services_always(desk: Desk, kind: str, hazard: str) -> None:
    """Those that audiences/services.yaml names for the kind, in its order; and nothing is found."""
    alert = _alert(desk, kind, hazard)
    fact = alert.factset.get("services")
    assert isinstance(fact, Services)
    shown = services.policy(desk).shown[kind]
    assert list(dict.fromkeys(entry.sort for entry in fact.entries)) == [*shown]
    assert not [f for f in _found(desk, alert) if f.severity is Severity.BLOCK]


@pytest.mark.parametrize("kind", ["warning", "update", "watch"])
def test_other_kinds_lead_nowhere(desk: Desk, kind: str) -> None:
    """A warning in imminent danger never does."""
    facts = {"act_by": "+45m"} if kind != "watch" else {}
    assert _named(_alert(desk, kind, facts=facts)) == []


def test_a_warning_that_names_one_is_refused(desk: Desk) -> None:
    """There are seconds; a watch has time, and may."""
    with pytest.raises(Unusable, match="danger now"):
        _alert(desk, "warning", urgency="Immediate", facts={"act_by": "+45m", "services": [LINE]})
    assert _named(_alert(desk, "watch", facts={"services": [LINE]})) == [LINE]


@pytest.mark.parametrize("named", ["Milford Line", [], ["Milford Line"], {"name": LINE}])
def test_what_is_no_service_is_refused_with_those_that_there_are(desk: Desk, named: Any) -> None:
    """A slip of the keyboard must not silence a helpline."""
    with pytest.raises(Unusable, match="services"):
        _alert(desk, facts={"services": named})


def test_without_a_directory_the_message_is_blocked(desk: Desk) -> None:
    """Nobody is told that help is there without being told where."""
    services.take_in(desk, _file(desk, lambda contents: contents.__delitem__(slice(1, None))))  # one listening line
    (found,) = _found(desk, _alert(desk, "preparedness"))
    assert (found.rule, found.severity) == ("S06", Severity.BLOCK)
    assert "services import" in found.remedy


def test_an_all_clear_leads_to_somebody_to_talk_to_and_waits_for_nobody(desk: Desk) -> None:
    """It is never held up by a helpline: what is not good for some days yet is left out."""
    assert _named(_alert(desk, "all-clear")) == [LINE, WELCOME]
    assert "Someone to talk to" in _text(desk, _alert(desk, "all-clear"), "en|T2|", Means.SMS).parts["text"]
    _later(desk, 25)
    alert = _alert(desk, "all-clear")
    assert _named(alert) == []
    assert not _found(desk, alert)


# --- for whom


def test_who_speaks_the_readers_language_goes_first(desk: Desk) -> None:
    """A reader of Vietnamese is led to the line on which Vietnamese is spoken."""
    alert = _alert(desk, "support", "community_mental_health")
    assert LINE in _text(desk, alert, "en|T2|").parts["text"]
    text = _text(desk, alert, "vi|T2|").parts["text"]
    assert WELCOME in text
    assert LINE not in text


def test_who_cannot_hear_gets_a_number_to_text(desk: Desk) -> None:
    """And never the nurse line that has a voice line and one for text phones, by its voice."""
    alert = _alert(desk, "support", "community_mental_health")
    text = _text(desk, alert, "en|T2|hearing").parts["text"]
    assert f"{LINE}, (413) 555-0161. You can text this number." in text
    assert "555-0160" not in text
    assert f"{NURSE}, (413) 555-0174. By text relay: (413) 555-0174." in text
    assert "555-0173" not in text


# --- dated


def test_a_day_ends_where_the_people_are(desk: Desk) -> None:
    """Late in the evening in Millford it is tomorrow in UTC: what is written or confirmed then is of today."""
    desk.now = lambda: datetime(2026, 7, 2, 2, 0, tzinfo=UTC)
    assert desk.today == date(2026, 7, 1)
    written = json.loads(_file(desk, len).read_text(encoding="utf-8"))
    assert {one["assured_date"] for one in written["contents"]} == {"2026-06-28"}


def test_a_stale_helpline_blocks_and_a_call_makes_it_good_again(desk: Desk) -> None:
    """The finding names the entry and what to do; whoever confirms it stands in the audit chain."""
    alert = _alert(desk)
    _later(desk, 28)
    stale = [f for f in _found(desk, alert) if f.severity is Severity.BLOCK]
    assert {f.rule for f in stale} == {"S05"}
    assert {f.message.split(":")[0] for f in stale} == {LINE, WELCOME, NURSE}
    assert "onevoice services confirm" in stale[0].remedy
    assert prepare.prepare(desk, alert).blocks
    for entry in services.entries(desk):
        if entry.standing == "stale":
            services.confirm(desk, entry.service.id, SAM, "line@millford.example")
    assert not [f for f in _found(desk, alert) if f.severity is Severity.BLOCK]
    confirmed = next(entry for entry in services.entries(desk) if entry.service.name == LINE)
    assert confirmed.row.body["assurer_email"] == "line@millford.example"
    with desk.ledger.read() as conn:
        (step,) = chronicle.steps(conn, confirmed.service.id)
    assert (step.actor, step.act, step.detail["version"]) == (SAM.name, "service confirmed", confirmed.service.version)


def test_near_the_end_the_preview_warns(desk: Desk) -> None:
    """So that somebody calls by day; the message itself holds for two weeks."""
    alert = _alert(desk)
    _later(desk, 21)
    found = [f for f in _found(desk, alert) if f.message.startswith(LINE)]
    assert [(f.rule, f.severity) for f in found] == [("S05", Severity.WARN)]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_drop(LINE), "stands in the directory no more"),
        (_set(LINE, status="temporarily closed"), "is closed"),
        (_set(LINE, phones=[{"number": "+14135550177", "type": "voice"}]), "has changed"),
    ],
    ids=["gone", "closed", "another number"],
)
def test_what_changed_since_the_draft_blocks(
    desk: Desk, change: Callable[[list[dict[str, Any]]], Any], says: str
) -> None:
    """The alert says what the directory said then."""
    alert = _alert(desk)
    services.take_in(desk, _file(desk, change))
    assert [f.severity for f in _found(desk, alert) if says in f.message] == [Severity.BLOCK]
    assert not [f for f in _found(desk, _alert(desk)) if f.severity is Severity.BLOCK]


def test_a_closed_service_is_not_chosen_and_cannot_be_named(desk: Desk) -> None:
    """HSDS says so by its status."""
    services.take_in(desk, _file(desk, _set(LINE, status="inactive")))
    assert LINE not in _named(_alert(desk))
    with pytest.raises(Unusable, match="closed"):
        _alert(desk, facts={"services": [LINE]})


# --- taken in


def test_the_same_file_again_changes_nothing_and_an_older_date_does_not_undo_a_call(desk: Desk) -> None:
    """What was confirmed here stays confirmed."""
    again = desk.settings.home / "services.json"
    assert services.take_in(desk, again).replaced._asdict() == {"added": 0, "changed": 0, "unchanged": 8, "removed": 0}
    _later(desk, 2)
    line = next(entry for entry in services.entries(desk) if entry.service.name == LINE)
    services.confirm(desk, LINE, SAM)
    assert services.take_in(desk, again).replaced.unchanged == 8
    after = next(entry for entry in services.entries(desk) if entry.service.name == LINE)
    assert after.service.assured > line.service.assured


def test_a_bad_entry_is_refused_and_the_others_are_taken(desk: Desk) -> None:
    """With its name and the reason; and what is refused is in the directory no more."""
    taken = services.take_in(desk, _file(desk, _set(LINE, phones=[])))
    assert [(one.entry, one.reason) for one in taken.refused] == [(LINE, "it has no phone of type voice, cell or text")]
    assert taken.replaced.removed == 1
    assert LINE not in {entry.service.name for entry in services.entries(desk)}


def test_a_file_without_one_good_entry_leaves_the_directory_alone(desk: Desk) -> None:
    """Half a night's work must not be lost to a wrong export."""
    with pytest.raises(Unusable, match="None of its entries"):
        services.take_in(desk, _file(desk, lambda contents: [one.pop("phones") for one in contents]))
    assert len(services.entries(desk)) == 8
