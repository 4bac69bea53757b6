from datetime import UTC, datetime, timedelta
from typing import Any

import capvalidator
import pytest

from onevoice import cap
from onevoice.alert import KINDS, Alert, Area, Kind, Status
from onevoice.errors import NotAllRight, Unusable
from onevoice.facts import FactSet, Instant, Place, Places
from onevoice.people import Tier

SENT = datetime(2026, 11, 21, 23, 5, 0, 123456, UTC)
RING = ((41.1, -81.5), (41.1, -81.4), (41.2, -81.4), (41.2, -81.5), (41.1, -81.5))
PLACES = Places(
    places=(
        Place(id="old-mill", names={"en": "Old Mill", "es": "Molino Viejo"}),
        Place(id="riverside", names={"en": "Riverside"}),
    )
)
FACTS = FactSet(facts={"places": PLACES, "onset": Instant(at=SENT + timedelta(minutes=25), zone="America/New_York")})
TEXTS = {
    "en": cap.Text(
        event="River flood",
        headline="EXERCISE River flood in Old Mill",
        description="The river will rise over its banks.",
        instruction="Move to higher ground.",
        contact="202-555-0123",
    ),
    "es": cap.Text(
        event="Inundación del río",
        headline="EJERCICIO Inundación en Molino Viejo",
        description="El río se va a desbordar.",
        web="https://millford.example/es/a/7",
        area="Molino Viejo y Riverside",
    ),
}
NAMES = {"en": "Millford Emergency Management", "es": "Emergencias de Millford"}
CONTENT = "sha256:" + "c" * 64


def _alert(**given: Any) -> Alert:
    fields: dict[str, Any] = {
        "id": "f3a9-2",
        "chain": "f3a9",
        "version": 2,
        "incident": "mill-river-2026",
        "hazard": "river_flood",
        "kind": Kind.UPDATE,
        "status": Status.EXERCISE,
        "area": Area(zones=("old-mill", "riverside"), polygons=(RING,)),
        "factset": FACTS,
        "authority": "millford-em",
        "segments": ("residents",),
        "actions": ("move_to_higher_ground",),
        "category": ("Met", "Safety"),
        "urgency": "Expected",
        "severity": "Severe",
        "certainty": "Likely",
        "response": ("Evacuate", "Avoid"),
        "sent": SENT,
        "expires": SENT + timedelta(hours=12),
        "page_url": "https://millford.example/a/7",
        "references": ("millford-em,f3a9-1,2026-11-21T22:05:00+00:00",),
    }
    return Alert(**fields | given)


def _made(alert: Alert | None = None, texts: dict[str, cap.Text] | None = None, **terms: Any) -> cap.CapAlert:
    return cap.from_release(
        alert or _alert(),
        TEXTS if texts is None else texts,
        sender="alerts@millford.example",
        sender_names=NAMES,
        content=CONTENT,
        terms=cap.Terms(**terms),
    )


def test_a_release_becomes_one_alert_with_one_info_for_each_language() -> None:
    """What the alert says once stands once; what people read stands in each language."""
    made = _made(zone="America/New_York", event_codes={"SAME": "FLW"})
    assert cap.show(made) == {
        "identifier": "f3a9-2",
        "sender": "alerts@millford.example",
        "sent": "2026-11-21T18:05:00-05:00",
        "status": "Exercise",
        "msgType": "Update",
        "scope": "Public",
        "code": [],
        "note": "EXERCISE mill-river-2026. For the participants of the exercise; nobody else need act.",
        "references": ["alerts@millford.example,f3a9-1,2026-11-21T17:05:00-05:00"],
        "incidents": "mill-river-2026",
        "info": [
            _expected("en", area="Old Mill; Riverside", web="https://millford.example/a/7"),
            _expected("es", area="Molino Viejo y Riverside", web="https://millford.example/es/a/7"),
        ],
    }


def _expected(language: str, *, area: str, web: str) -> dict[str, Any]:
    text = TEXTS[language]
    told = {
        "kind": "update",
        "tier": "T3",
        "version": "2",
        "chain": "f3a9",
        "factset": FACTS.hash,
        "content": CONTENT,
    }
    expected: dict[str, Any] = {
        "language": language,
        "category": ["Met", "Safety"],
        "event": text.event,
        "responseType": ["Evacuate", "Avoid"],
        "urgency": "Expected",
        "severity": "Severe",
        "certainty": "Likely",
        "eventCode": [{"valueName": "SAME", "value": "FLW"}],
        "effective": "2026-11-21T18:05:00-05:00",
        "onset": "2026-11-21T18:30:00-05:00",
        "expires": "2026-11-22T06:05:00-05:00",
        "senderName": NAMES[language],
        "headline": text.headline,
        "description": text.description,
        "instruction": text.instruction,
        "web": web,
        "contact": text.contact,
        "parameter": [{"valueName": f"onevoice:{name}", "value": value} for name, value in told.items()],
        "resource": [],
        "area": [
            {
                "areaDesc": area,
                "polygon": ["41.1,-81.5 41.1,-81.4 41.2,-81.4 41.2,-81.5 41.1,-81.5"],
                "circle": [],
                "geocode": [{"valueName": "onevoice:zone", "value": zone} for zone in ("old-mill", "riverside")],
            }
        ],
    }
    return {name: value for name, value in expected.items() if value is not None}


def test_the_document_of_a_release_has_no_fault_and_the_judge_agrees() -> None:
    """Neither error nor warning of ours, and valid for an independent library with the official schema."""
    made = _made()
    written = cap.write(made)
    assert cap.check(written) == cap.Check(valid=True)
    assert cap.read(written) == made
    assert capvalidator.validate_cap_message(written, strict=False).passed


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_message_becomes_a_valid_document(kind: Kind) -> None:
    """The message type is that of the table of kinds; the response is the alert's, or the kind's own."""
    made = _made(_alert(kind=kind, response=()))
    assert made.msg_type == KINDS[kind].msg_type
    assert {info.response_types for info in made.infos} == {(KINDS[kind].response or "None",)}
    assert capvalidator.check_schema(cap.write(made)).passed


@pytest.mark.parametrize(
    ("status", "note"), [(Status.ACTUAL, None), (Status.EXERCISE, "EXERCISE mill"), (Status.TEST, "TEST mill")]
)
def test_an_exercise_and_a_test_say_so_in_their_note(status: Status, note: str | None) -> None:
    """The note names the exercise; an actual alert has none unless one is given."""
    texts = {"en": TEXTS["en"].model_copy(update={"headline": "River flood in Old Mill"})}
    made = _made(_alert(status=status), texts)
    assert made.status == status.value
    assert (made.note or "").startswith(note or "")
    assert (made.note is None) is (note is None)
    assert _made(_alert(status=status), texts, note="Winter exercise").note == "Winter exercise"


def test_a_document_for_responders_is_restricted_and_tells_itself_apart() -> None:
    """Same alert, other readers: another document, so another identifier, in its references too."""
    made = _made(tier=Tier.T4, restriction="Fire, police and ambulance services")
    assert (made.scope, made.restriction) == ("Restricted", "Fire, police and ambulance services")
    assert made.identifier == "f3a9-2.T4"
    assert made.references == "alerts@millford.example,f3a9-1.T4,2026-11-21T22:05:00-00:00"
    assert made.infos[0].parameters[1].value == "T4"
    assert cap.check(made) == cap.Check(valid=True)


def test_a_reference_is_the_older_document_to_the_letter() -> None:
    """Receivers compare sender, identifier and sent as text: what version 2 names is what version 1 was issued as."""
    older = _made(_alert(id="f3a9-1", version=1, kind=Kind.WARNING, sent=SENT - timedelta(hours=1), references=()))
    assert _made(_alert(references=("millford-em,f3a9-1,2026-11-21T22:05:00+00:00",))).references == older.reference


def test_a_reference_to_another_sender_is_left_alone() -> None:
    """Only our own documents are written by us on our clocks."""
    foreign = "desk@fire.example,x-1,2026-11-21T12:05:00-05:00"
    assert _made(_alert(references=(foreign,))).references == foreign


def test_an_incident_with_spaces_stands_between_quotation_marks() -> None:
    """CAP separates incidents by spaces."""
    assert _made(_alert(incident="mill river")).incidents == '"mill river"'


def test_no_coordinate_is_rounded_visibly() -> None:
    """Six decimals, ten centimetres; no exponent, no needless zeros, no minus zero."""
    ring = ((0.0, -0.00000001), (1e-05, 10.0), (20.123456789, 100.5), (0.0, -0.00000001))
    made = _made(_alert(area=Area(zones=("old-mill",), polygons=(ring,))))
    assert made.infos[0].areas[0].polygons == ("0,0 0.00001,10 20.123457,100.5 0,0",)


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, cap.Text], str]] = {
    "no text": ({}, {}, {}, "has no text for CAP"),
    "a headline too long": (
        {},
        {},
        {"es": TEXTS["es"].model_copy(update={"headline": "x" * 161})},
        "es headline has 161 characters",
    ),
    "no places": ({"factset": FactSet(facts={})}, {}, TEXTS, "names no place"),
    "T4 for everybody": ({}, {"tier": Tier.T4}, TEXTS, "Restricted exactly where it is of tier T4"),
    "a restriction for no reason": ({}, {"restriction": "police"}, TEXTS, "Restricted exactly where it is of tier T4"),
    "a bad reference": ({"references": ("f3a9-1",)}, {}, TEXTS, "is not sender,identifier,sent"),
}


@pytest.mark.parametrize("label", REFUSED)
def test_what_cannot_become_a_document_is_refused(label: str) -> None:
    """Nothing is cut, guessed or left out."""
    alert, terms, texts, words = REFUSED[label]
    with pytest.raises(Unusable, match=words):
        _made(_alert(**alert), texts, **terms)


def test_a_headline_of_160_characters_is_carried() -> None:
    """The limit is what it says."""
    assert _made(texts={"en": TEXTS["en"].model_copy(update={"headline": "x" * 160})}).infos[0].headline == "x" * 160


INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "over before it begins": ({"expires": SENT}, r"info\[1\]/expires is not later than sent"),
    "an update of nothing": ({"references": ()}, "references is missing"),
    "an identifier with a space": ({"id": "f3a9 2"}, "identifier .*white space"),
    "a page without a host": ({"page_url": "/a/7"}, r"info\[1\]/web is not a whole web address"),
    "a polygon that crosses itself": (
        {"area": Area(zones=(), polygons=(((1, 1), (2, 2), (2, 1), (1, 2), (1, 1)),))},
        "crosses or touches itself",
    ),
}


@pytest.mark.parametrize("label", INVALID)
def test_a_document_that_would_not_be_valid_does_not_leave(label: str) -> None:
    """The maker checks its own work and says what is wrong."""
    alert, words = INVALID[label]
    with pytest.raises(NotAllRight, match=words):
        _made(_alert(**alert))
