"""From a released alert to its CAP document: one alert, one info block for each language.

Facts come from the alert, words from the finished texts; nothing is composed here, and nothing is cut to fit. What
leaves this module has passed `check`.
"""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from onevoice.alert import KINDS, Alert, Status
from onevoice.cap import rules_alert, times
from onevoice.cap.checking import check
from onevoice.cap.model import CapAlert, CapArea, Info, Parameter, ValueName
from onevoice.cap.rules_info import HEADLINE
from onevoice.errors import NotAllRight, Unusable
from onevoice.facts import Instant, Places
from onevoice.people import Frozen, Language, Tier

NAMES = "onevoice:"
"""Before every value name of ours, so that nobody takes it for one of a national system."""

NOTES = {
    Status.EXERCISE: "EXERCISE {incident}. For the participants of the exercise; nobody else need act.",
    Status.TEST: "TEST {incident}. A technical test; nobody need act.",
}
DEGREES = 6
"""Decimal places of a coordinate: about ten centimetres."""


class Text(Frozen):
    """The finished words of one language.

    `event` is the hazard's public name. `area` is the list of places joined as the language joins them; without it
    the names stand apart by semicolons. `web` is the page in this language; without it the alert's page.
    """

    event: str
    headline: str
    description: str
    instruction: str | None = None
    contact: str | None = None
    web: str | None = None
    area: str | None = None
    parameters: dict[str, str] = {}
    """What only this language's block says besides, by a name of the gateway's own: `{"CMAMtext": "…"}`."""


class Terms(Frozen):
    """How a document is issued: on whose clocks, for which readers, under which codes.

    A T4 document is for responders and therefore Restricted: it needs `restriction` and has an identifier of its own.
    `event_codes` maps a system to its code for the hazard, as `{"SAME": "FFW"}`.
    """

    zone: str = "UTC"
    tier: Tier = Tier.T3
    restriction: str | None = None
    note: str | None = None
    event_codes: dict[str, str] = {}


def from_release(
    alert: Alert,
    texts: Mapping[Language, Text],
    *,
    sender: str,
    sender_names: Mapping[Language, str],
    content: str,
    terms: Terms | None = None,
) -> CapAlert:
    """Make the CAP document of one version of an alert.

    Args:
        alert: the resolved alert.
        texts: the words of each language, in the order in which the info blocks are to stand.
        sender: CAP sender, unique and without white space: `alerts@millford.example`.
        sender_names: the authority's name in each language; English stands in where one is missing.
        content: the release's content hash, `sha256:…`.
        terms: zone, readers, codes.

    Raises:
        Unusable: no text, a headline over 160 characters, no places, T4 without restriction, a bad reference.
        NotAllRight: the document would not pass the check; names what is wrong.
    """
    terms = terms or Terms()
    _complete(alert, texts, terms)
    shared = _parameters(alert, terms, content)
    infos = tuple(
        _info(alert, language, text, terms).model_copy(
            update={
                "parameters": (*shared, *_named(text.parameters)),
                "sender_name": sender_names.get(language, sender_names.get("en")),
            }
        )
        for language, text in texts.items()
    )
    return _passed(_alert(alert, sender, terms).model_copy(update={"infos": infos}))


def _complete(alert: Alert, texts: Mapping[Language, Text], terms: Terms) -> None:
    if not texts:
        raise Unusable(f"Alert {alert.id} has no text for CAP.", remedy="Give the words of at least one language.")
    for language, text in texts.items():
        if len(text.headline) > HEADLINE:
            raise Unusable(
                f"The {language} headline has {len(text.headline)} characters; CAP headlines have {HEADLINE} at most.",
                remedy="Shorten the hazard's title in this language: OneVoice cuts no text.",
            )
    if (terms.tier is Tier.T4) != bool(terms.restriction):
        raise Unusable(
            "A CAP document is Restricted exactly where it is of tier T4.",
            remedy="Give the restriction with T4, and with no other tier.",
        )


def _alert(alert: Alert, sender: str, terms: Terms) -> CapAlert:
    note = NOTES.get(alert.status, "").format(incident=alert.incident)
    return CapAlert(
        identifier=_identifier(alert.id, terms),
        sender=sender,
        sent=times.cap_time(alert.sent, ZoneInfo(terms.zone)),
        status=alert.status.value,
        msg_type=KINDS[alert.kind].msg_type,
        scope="Restricted" if terms.restriction else "Public",
        restriction=terms.restriction,
        note=terms.note or note or None,
        references=" ".join(_reference(text, alert, sender, terms) for text in alert.references) or None,
        incidents=f'"{alert.incident}"' if " " in alert.incident else alert.incident,
    )


def _identifier(alert_id: str, terms: Terms) -> str:
    """The restricted document is another document about the same alert: receivers tell them apart by this."""
    return f"{alert_id}.{terms.tier}" if terms.restriction else alert_id


def _reference(text: str, alert: Alert, sender: str, terms: Terms) -> str:
    """Point at the document of the older version as it was written: same sender, same readers, same clocks."""
    found = rules_alert.reference(text)
    sent = times.instant(found.sent) if found else None
    if found is None or sent is None:
        raise Unusable(f"A reference of alert {alert.id} is not sender,identifier,sent.", where="references")
    if found.sender not in {sender, alert.authority}:
        return text
    return ",".join((sender, _identifier(found.identifier, terms), times.cap_time(sent, ZoneInfo(terms.zone))))


def _info(alert: Alert, language: Language, text: Text, terms: Terms) -> Info:
    zone = ZoneInfo(terms.zone)
    onset = alert.factset.get("onset")
    return Info(
        language=language,
        categories=alert.category,
        event=text.event,
        response_types=alert.response or (KINDS[alert.kind].response or "None",),
        urgency=alert.urgency,
        severity=alert.severity,
        certainty=alert.certainty,
        event_codes=tuple(ValueName(value_name=k, value=v) for k, v in terms.event_codes.items()),
        effective=times.cap_time(alert.sent, zone),
        onset=times.cap_time(onset.at, zone) if isinstance(onset, Instant) else None,
        expires=times.cap_time(alert.expires, zone),
        headline=text.headline,
        description=text.description,
        instruction=text.instruction,
        web=text.web or alert.page_url,
        contact=text.contact,
        areas=(_area(alert, language, text),),
    )


def _parameters(alert: Alert, terms: Terms, content: str) -> tuple[Parameter, ...]:
    told = {
        "kind": alert.kind.value,
        "tier": terms.tier.value,
        "version": str(alert.version),
        "chain": alert.chain,
        "factset": alert.factset.hash,
        "content": content,
    }
    return _named({NAMES + name: value for name, value in told.items()})


def _named(values: Mapping[str, str]) -> tuple[Parameter, ...]:
    return tuple(Parameter(value_name=name, value=value) for name, value in values.items())


def _area(alert: Alert, language: Language, text: Text) -> CapArea:
    return CapArea(
        area_desc=text.area or "; ".join(place.name(language) for place in _places(alert).places),
        polygons=tuple(" ".join(_pair(point) for point in ring) for ring in alert.area.polygons),
        geocodes=tuple(ValueName(value_name=f"{NAMES}zone", value=zone) for zone in alert.area.zones),
    )


def _places(alert: Alert) -> Places:
    places = alert.factset.get("places")
    if not isinstance(places, Places) or not places.places:
        raise Unusable(f"Alert {alert.id} names no place.", remedy="Give its area by zones or places.")
    return places


def _pair(point: tuple[float, float]) -> str:
    """Latitude and longitude without needless zeros; adding 0 makes minus zero plain zero."""
    rounded = (round(degrees, DEGREES) + 0.0 for degrees in point)
    return ",".join(f"{degrees:.{DEGREES}f}".rstrip("0").rstrip(".") for degrees in rounded)


def _passed(made: CapAlert) -> CapAlert:
    found = check(made)
    if not found.valid:
        told = " ".join(f"{problem.element} {problem.reason}" for problem in found.errors[:3])
        raise NotAllRight(f"The CAP document of {made.identifier} would not be valid. {told}")
    return made
