"""How long sending takes at the configured rates, and how many would get it too late."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from onevoice import sms
from onevoice.people import Means

if TYPE_CHECKING:
    from onevoice.desk.prepare import Prepared
    from onevoice.settings import Settings
    from onevoice.variant import Variant


@dataclass(frozen=True)
class Forecast:
    """`seconds` until the last first message has left; `after_act_by` contacts whose turn comes too late."""

    seconds: int
    after_act_by: int
    units: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def units(variant: Variant) -> int:
    """What a text costs of its means' rate: SMS segments, or one message."""
    return sms.count(variant.parts["text"]).segments if variant.means is Means.SMS else 1


def rate(settings: Settings, means: Means) -> float:
    """Units a second that the means takes. Two accounts for texts share by weight; who ends its part last decides."""
    if means is not Means.SMS:
        return settings.email_rate
    if not settings.twilio2_account_sid:
        return settings.sms_rate
    pairs = [(settings.sms_rate, settings.sms_weight), (settings.sms2_rate, settings.sms2_weight)]
    whole = sum(weight for _, weight in pairs)
    parts = [(each, weight / whole if whole else 0.5) for each, weight in pairs]
    return min(each / part for each, part in parts if part)


def forecast(settings: Settings, prepared: Prepared) -> Forecast:
    """From the texts, the people and the rates; means go side by side."""
    cost: dict[Means, int] = {}
    people: dict[Means, int] = {}
    for variant in prepared.variants:
        count = prepared.people_of(variant)
        cost[variant.means] = cost.get(variant.means, 0) + count * units(variant)
        people[variant.means] = people.get(variant.means, 0) + count
    seconds = {means: total / rate(settings, means) for means, total in cost.items()}
    late = sum(_late(prepared, seconds[means], people[means]) for means in seconds)
    longest = max([*seconds.values(), *_posting(settings, prepared)], default=0)
    return Forecast(ceil(longest), late, {str(m): c for m, c in cost.items()})


def _posting(settings: Settings, prepared: Prepared) -> list[float]:
    """Seconds that each account takes over its posts, at the rate of its service."""
    many = Counter(post.slot.via for post in prepared.posting.posts)
    return [count / getattr(settings, f"{via}_rate") for via, count in many.items()]


def _late(prepared: Prepared, seconds: float, people: int) -> int:
    alert = prepared.alert
    if not alert.act_by or not seconds:
        return 0
    left = (alert.act_by - alert.sent).total_seconds()
    return max(0, ceil(people * (1 - left / seconds)))
