"""A ledger with a released alert in it, and so many deliveries that are due now: what a sender is measured with.

No contact files and no composing: the rows stand as a submit leaves them, six texts in three languages, each address
sealed on its own. Phone numbers are those kept for fiction (555-0100 to 555-0199 in every area), so they come again
after 80,000; contact keys do not.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select

from onevoice.ledger import tables as t
from onevoice.ledger.engine import Ledger
from onevoice.ledger.vault import Vault
from onevoice.people import Means, Profile
from onevoice.settings import Mode, Settings
from onevoice.sms import count
from onevoice.variant import Provenance, Variant

AT_ONCE = 5_000
SENDER = "+12025550100"
WORDS = {
    "en": "Millford Emergency: EXERCISE. The Mill River is rising fast. Where: Old Mill, Riverside. {0} Before: Sunday "
    "29 November, 6:30 PM EST. More: millford.example/a EXERCISE",
    "es": "Emergencias de Millford: SIMULACRO. El río Mill sube rápido. Dónde: Old Mill, Riverside. {0} Antes de: "
    "domingo 29 de noviembre, 18:30 EST. Más: millford.example/a SIMULACRO",
    "ar": "طوارئ ميلفورد: تمرين. منسوب النهر يرتفع بسرعة. المكان: Old Mill. {0} قبل: الأحد 29 نوفمبر 18:30. "
    "المزيد: millford.example/a تمرين",
}
FIRST = {
    "en": ("Move to higher ground now.", "Take your medicines with you."),
    "es": ("Vaya a un lugar más alto ahora.", "Lleve sus medicinas."),
    "ar": ("انتقل إلى مكان مرتفع الآن.", "خذ أدويتك معك."),
}


def fill(ledger: Ledger, vault: Vault, deliveries: int, means: Means = Means.SMS) -> None:
    """Write an alert that is released, its texts, contact points and deliveries, all of them due now."""
    now = datetime.now(UTC)
    words = texts(means)
    with ledger.write() as conn:
        _release(conn, words, now)
    for begin in range(0, deliveries, AT_ONCE):
        numbers = range(begin + 1, min(begin + AT_ONCE, deliveries) + 1)
        with ledger.write() as conn:
            conn.execute(insert(t.contact_point), [_point(vault, number, means) for number in numbers])
            conn.execute(insert(t.delivery), [_delivery(number, words, means, now) for number in numbers])


def texts(means: Means) -> list[Variant]:
    """The six texts."""
    return [_text(language, first, means) for language, firsts in FIRST.items() for first in firsts]


def settings(home: Path, url: str, sms: str, smtp: tuple[str, int], **more: Any) -> Settings:
    """Of a deployment whose providers are at `sms` and `smtp`; rates that hold nobody up."""
    given: dict[str, Any] = {
        "home": home,
        "database_url": url,
        "twilio_api_base": sms,
        "twilio_account_sid": "AC" + "0" * 32,
        "twilio_auth_token": "not a secret",
        "twilio_from": SENDER,
        "smtp_host": smtp[0],
        "smtp_port": smtp[1],
        "smtp_tls": False,
        "smtp_from": "Millford EM <alerts@millford.example>",
        "sms_rate": 1e6,
        "email_rate": 1e6,
    }
    return Settings(**given | more)


def address(number: int, means: Means) -> str:
    """Where the delivery of this number goes."""
    if means is Means.EMAIL:
        return f"resident{number}@people.example"
    return f"+1{200 + number // 100 % 800}55501{number % 100:02d}"


def _text(language: str, first: str, means: Means) -> Variant:
    words = WORDS[language].format(first)
    parts = {"text": words}
    if means is Means.EMAIL:
        links = "\n\n{manage_url}\n{message_id}\n"
        body = "\n\n".join([words] * 4)
        page = f"<html><body><p>{'</p><p>'.join([words] * 4)}</p><p><a href='{{manage_url}}'>x</a></p></body></html>"
        parts = {"subject": words[:60], "text": body + links, "html": page}
    return Variant(
        hazard="river_flood",
        kind="warning",
        profile=Profile(languages=(language,)),
        means=means,
        messenger=None,
        parts=parts,
        direction="rtl" if language == "ar" else "ltr",
        provenance=Provenance.SOURCE,
        factset="f",
        template="t",
        catalogue="c",
    )


def _release(conn: Connection, texts: list[Variant], now: datetime) -> None:
    common = {"status": "Exercise", "expires": now + timedelta(hours=12)}
    alert = {"id": "a", "chain": "c", "version": 1, "incident": "i", "hazard": "river_flood", "kind": "warning"}
    alert |= {"state": "sending", "body": {}, "factset": "f", "author": "benchmark", "editors": []}
    conn.execute(insert(t.alert).values(**alert, created_at=now, released_at=now, **common))
    release = {"id": 1, "alert_id": "a", "hash": "h", "mode": Mode.EXERCISE, "contacts": 0, "deliveries": 0}
    release |= {"summary": {}, "frozen_at": now, "due_at": now, "urgency": "Expected", "severity": "Severe"}
    conn.execute(insert(t.release).values(**release, **common))
    conn.execute(insert(t.variant), [_row(text) for text in texts])


def _row(text: Variant) -> dict[str, Any]:
    plain = {"release_id": 1, "tier": "T2", "needs": "", "messenger": None, "text_group": "all", "held": False}
    units = count(text.parts["text"]).segments if text.means is Means.SMS else 1
    plain |= {"language": text.profile.languages[0], "means": text.means, "units": units}
    return plain | {"id": text.id, "hash": text.hash, "body": text.model_dump(mode="json")}


def _point(vault: Vault, number: int, means: Means) -> dict[str, Any]:
    sealed = vault.seal(address(number, means))
    key = vault.contact_key(means, f"{number}")
    return {"id": number, "means": means, "contact_key": key, "address_enc": sealed, "masked": "…"}


def _delivery(number: int, texts: list[Variant], means: Means, now: datetime) -> dict[str, Any]:
    text = texts[number % len(texts)]
    plain = {"release_id": 1, "means": means, "masked": "…", "segment": "everyone", "state": "planned"}
    plain |= {"language": text.profile.languages[0], "variant_id": text.id, "state_at": now, "not_before": now}
    return plain | {"id": number, "point_id": number, "contact_key": f"{number:064x}"}


def states(ledger: Ledger) -> dict[str, int]:
    """How many deliveries are in which state."""
    with ledger.read() as conn:
        rows = conn.execute(select(t.delivery.c.state, func.count()).group_by(t.delivery.c.state))
        return {str(state): int(number) for state, number in rows}


def environment(settings: Settings) -> dict[str, str]:
    """The settings as a program finds them in its environment."""
    plain = settings.model_dump(mode="json", include=settings.model_fields_set)
    secret = {"twilio_auth_token": settings.twilio_auth_token.get_secret_value()}
    return {f"ONEVOICE_{name.upper()}": str(value) for name, value in (plain | secret).items()}
