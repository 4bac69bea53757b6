"""Preview: composes and checks, sends nothing, changes nothing in the ledger, and reads back all that was resolved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onevoice import sms, speaking, wireless
from onevoice.desk import draft, duration, submit
from onevoice.desk.kept_texts import KeptTexts
from onevoice.desk.outside import outside
from onevoice.desk.prepare import prepare
from onevoice.facts import Instant, spelled
from onevoice.ledger import alerts
from onevoice.people import SPOKEN, WIRELESS, Means
from onevoice.variant import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onevoice.alert import Alert
    from onevoice.desk.duration import Forecast
    from onevoice.desk.prepare import Prepared
    from onevoice.desk.wiring import Desk
    from onevoice.facts import Fact
    from onevoice.variant import Span, Variant


@dataclass(frozen=True)
class ReadBack:
    """One thing that was understood: `given` is false where it was filled in by a default."""

    label: str
    value: str
    given: bool


@dataclass(frozen=True)
class Preview:
    """What would be sent, to whom, in which words."""

    prepared: Prepared
    read_back: tuple[ReadBack, ...]
    forecast: Forecast
    touching: tuple[str, ...]
    obstacles: tuple[str, ...] = ()
    """What would be refused when it is submitted here, whatever the texts say."""

    @property
    def blocked(self) -> bool:
        """True where a finding stops the whole release, or this deployment would refuse it."""
        return bool(self.prepared.blocks or self.obstacles)

    def to_json(self) -> dict[str, Any]:
        """As `alert preview --json` prints it."""
        prepared, alert = self.prepared, self.prepared.alert
        return {
            "hazard": alert.hazard,
            "kind": alert.kind,
            "status": alert.status,
            "factset": alert.factset.hash,
            "blocked": self.blocked,
            "people": prepared.numbers.to_json() | {"fallback": prepared.fallback},
            "posts": prepared.posting.to_json(),
            "fallback": [vars(one) for one in prepared.instead],
            "duration": self.forecast.to_json(),
            "read_back": [vars(line) for line in self.read_back],
            "touching": list(self.touching),
            "outside": outside(prepared).to_json(),
            "obstacles": list(self.obstacles),
            "variants": [_variant_json(prepared, v) for v in prepared.variants],
            "findings": [f.model_dump(mode="json") for f in prepared.findings],
        }


def preview(desk: Desk, target: str) -> Preview:
    """Preview a file or an alert by id.

    Raises:
        Unusable: no such file or alert, or the file cannot be used.
    """
    alert = target_alert(desk, target)
    drafted = alert.id == target  # the alert of a file is another one each time
    prepared = prepare(desk, alert, kept=KeptTexts(desk, alert) if drafted else None)
    forecast = duration.forecast(desk.settings, prepared)
    obstacles = tuple(str(problem) for problem in submit.obstacles(desk, alert))
    return Preview(prepared, tuple(_read_back(desk, alert)), forecast, _touching(desk, alert), obstacles)


def target_alert(desk: Desk, target: str) -> Alert:
    """The alert that a file or an id names."""
    path = Path(target)
    if path.suffix in (".yaml", ".yml", ".json") or path.exists():
        return draft.from_file(desk, path, among_others=True)
    with desk.ledger.read() as conn:
        return alerts.value(draft.found(conn, target))


def _touching(desk: Desk, alert: Alert) -> tuple[str, ...]:
    with desk.ledger.read() as conn:
        others = [row for row in alerts.live(conn, desk.now()) if row.chain != alert.chain]
    return tuple(row.id for row in others if desk.gazetteer.touching(alerts.value(row).area, alert.area))


def moment_text(desk: Desk, instant: Instant) -> str:
    """Weekday, date, time and zone, as the desk reads it back."""
    local = instant.local
    return f"{local:%A %d %B %Y, %H:%M} {local.tzname()} ({desk.settings.timezone})"


def _read_back(desk: Desk, alert: Alert) -> list[ReadBack]:
    filled = set(alert.defaulted)
    names = {zone.id: zone.name("en") for zone in alert.factset.facts["places"].places}  # type: ignore[union-attr]  # places are Places
    lines = [ReadBack("Status", f"{alert.status} (deployment in {desk.settings.mode} mode)", given=True)]
    places = ", ".join(names.values())
    lines += [ReadBack("Area", places if alert.area.whole_zones else f"what was drawn, in {places}", given=True)]
    lines += [
        ReadBack(name, moment_text(desk, fact), name not in filled)
        for name, fact in alert.factset.facts.items()
        if isinstance(fact, Instant)
    ]
    lines += [
        ReadBack(field.capitalize(), str(getattr(alert, field)), field not in filled)
        for field in ("urgency", "severity", "certainty")
    ]
    lines.append(ReadBack("Actions", ", ".join(alert.actions), "actions" not in filled))
    if services := alert.factset.get("services"):
        lines.append(ReadBack("Services", spelled(services), "services" not in filled))
    lines.append(ReadBack("Segments", ", ".join(alert.segments), "segments" not in filled))
    lines.append(ReadBack("Source", desk.authority(alert.authority).name("en"), given=True))
    lines.append(ReadBack("Link", alert.page_url, given=True))
    return lines


def _length(variant: Variant) -> dict[str, Any]:
    """How long a text is that has a limit: `characters` of a wireless alert, `seconds` of what is said."""
    text = variant.parts["text"]
    if variant.means in WIRELESS:
        return {"characters": wireless.length(text)}
    return {"seconds": round(speaking.seconds(text, variant.profile.languages[0]))} if variant.means in SPOKEN else {}


def _variant_json(prepared: Prepared, variant: Variant) -> dict[str, Any]:
    count = sms.count(variant.parts["text"]) if variant.means is Means.SMS else None
    facts = prepared.alert.factset.facts
    return to_json(
        variant,
        segments=prepared.segments_of(variant),
        contacts=prepared.people_of(variant),
        **_length(variant),
        sms={"encoding": count.encoding, "units": count.units, "segments": count.segments} if count else None,
        facts={
            name: {
                "value": _value(variant, spans, facts.get(name)),
                "spans": [[s.part, s.start, s.end] for s in spans],
            }
            for name, spans in variant.spans.items()
        },
    )


def _value(variant: Variant, spans: Sequence[Span], fact: Fact | None) -> str:
    """A fact as plain text, the same for every variant; what is no fact of it (its source) as the text says it."""
    if fact is None:
        return next((variant.parts[span.part][span.start : span.end] for span in spans), "")
    return spelled(fact)
