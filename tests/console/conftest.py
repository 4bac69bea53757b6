"""A desk with a released alert, without composing anything: the texts are written here, as submit would freeze them."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient

from console.app import build
from onevoice.alert import Alert, AreaFile, Kind, Status
from onevoice.desk import approve, officers
from onevoice.desk.signing import Counts, release_hash
from onevoice.desk.wiring import Desk
from onevoice.facts import Fact, FactSet, Instant, Phone, Stated, Url
from onevoice.ledger import alerts
from onevoice.ledger.engine import Ledger
from onevoice.ledger.vault import Vault
from onevoice.people import Means, Profile, Tier
from onevoice.settings import Settings
from onevoice.variant import Provenance, Variant

PUBLIC = "http://127.0.0.1:8300"
SECRET = "correct horse battery"

WORDS = {
    "en": ("EXERCISE", "This is practice.", "RIVER FLOOD WARNING.", "Water can cover roads.", "Go to higher ground."),
    "es": (
        "SIMULACRO",
        "Esto es una práctica.",
        "INUNDACIÓN.",
        "El agua puede cubrir calles.",
        "Vaya a un lugar alto.",
    ),
    "ar": ("تدريب فقط", "هذه رسالة تدريب.", "تحذير من فيضان.", "قد تغرق الطرق.", "اذهبوا الآن إلى مكان عالٍ."),
    "fr": (
        "EXERCICE",
        "Ceci est un exercice.",
        "ALERTE CRUE.",
        "L'eau peut couvrir les rues.",
        "Montez sur une hauteur.",
    ),
    "zh-Hans": ("演习", "这是演习。", "河流洪水警告。", "洪水可能淹没道路。", "请立即转移到高处。"),
    "vi": ("DIỄN TẬP", "Đây là diễn tập.", "CẢNH BÁO LŨ.", "Nước có thể ngập đường.", "Hãy lên chỗ cao."),
    "ht": ("EGZÈSIS", "Sa a se yon egzèsis.", "AVÈTISMAN INONDASYON.", "Dlo ka kouvri wout yo.", "Ale kote ki wo."),
}
"""Language: mark, exercise note, opening, impact, action."""
WHERE = {"en": "Where: Old Mill and Riverside.", "ar": "أين: Old Mill وRiverside."}


def parts_of(language: str, status: str, opening: str | None = None) -> dict[str, str]:
    """The parts of a public text, as the templates of the page put them together."""
    mark, note, usual, impact, action = WORDS[language]
    opening = opening or usual
    first, last = (f"{mark}\n", f"\n{mark}") if status != "Actual" else ("", "")
    said = f"\n{note}" if first else ""
    where = WHERE.get(language, WHERE["en"])
    return {
        "headline": f"{first.strip()} {opening} {where}".strip(),
        "description": f"{first}{opening}\n{impact}{said}{last}",
        "instruction": f"1. {action}\nQuestions? Call: (413) 555-0140.",
        "where": where,
        "until": "Valid until: 6:30 AM ET, Mon Nov 23.",
        "who": "Millford Emergency Management",
        "text": f"{first}{note + chr(10) if first else ''}{opening}\n{impact}\n{where}\n\n1. {action}{last}",
    }


def page_text(alert: Alert, language: str, tier: Tier = Tier.T2, opening: str | None = None) -> Variant:
    """The public words of a version in a language."""
    return Variant(
        hazard=alert.hazard,
        kind=alert.kind,
        profile=Profile(languages=(language,), tier=tier),
        means=Means.PAGE,
        messenger=None,
        parts=parts_of(language, alert.status, opening),
        direction="rtl" if language == "ar" else "ltr",
        provenance=Provenance.APPROVED,
        factset=alert.factset.hash,
        template="t",
        catalogue="c",
    )


@dataclass
class Town:
    """A desk, and what a test may do with it."""

    desk: Desk
    clock: list[datetime] = field(default_factory=list)

    def alert(self, code: str = "abc234", version: int = 1, **changes: Any) -> Alert:
        """A version of an alert, resolved."""
        now = self.desk.now().replace(microsecond=0)
        area, places = self.desk.gazetteer.resolve(AreaFile(zones=["old-mill", "riverside"]), Path())
        expires = changes.pop("expires", now + timedelta(hours=12))
        page = f"{self.desk.settings.public_url}/a/{code}"
        facts: dict[str, Fact] = {
            "places": places,
            "expires": Instant(at=expires, zone="America/New_York"),
            "act_by": Instant(at=now + timedelta(hours=4), zone="America/New_York"),
            "url": Url(url=page),
            "impact": Stated(),
            "help_phone": Phone(e164="+14135550140"),
        }
        values: dict[str, Any] = {
            "id": f"river-flood-{code}-{version}",
            "chain": f"river-flood-{code}",
            "version": version,
            "incident": "mill-river",
            "hazard": "river_flood",
            "kind": Kind.WARNING,
            "status": Status.EXERCISE,
            "area": area,
            "factset": FactSet(facts=facts),
            "authority": "millford-em",
            "segments": ("all_residents",),
            "actions": ("move_to_higher_ground",),
            "category": ("Met",),
            "urgency": "Expected",
            "severity": "Severe",
            "certainty": "Likely",
            "response": ("Evacuate",),
            "sent": now,
            "act_by": now + timedelta(hours=4),
            "expires": expires,
            "page_url": page,
        }
        return Alert(**(values | changes))

    def text(self, alert: Alert, language: str, tier: Tier = Tier.T2, opening: str | None = None) -> Variant:
        """The public words of a version in a language."""
        return page_text(alert, language, tier, opening)

    def submitted(self, alert: Alert, texts: list[Variant] | None = None, **summary: Any) -> str:
        """Store a version as submit leaves it. Returns the release's hash."""
        now, desk = self.desk.now(), self.desk
        texts = texts if texts is not None else [page_text(alert, language) for language in WORDS]
        content = release_hash(alert, tuple(texts), desk.settings.mode, Counts(0, 0))
        people = {"in_area": 0, "reachable": 0, "unreachable": 0, "location_unknown": 0, "fallback": 0}
        told = {
            "people": people,
            "languages": {},
            "duration": {"seconds": 12, "after_act_by": 0, "units": {}},
            "touching": [],
            "findings": [],
        }
        with desk.ledger.write() as conn:
            alerts.add(conn, alert, author="Ada Author", at=now)
            alerts.move(conn, alert.id, of=("draft",), to="submitted", submitted_by="Ada Author", submitted_at=now)
            release_id = alerts.freeze(conn, alert, mode=desk.settings.mode, at=now)
            alerts.put_variants(conn, release_id, alerts.variant_rows([(text, 1) for text in texts]))
            alerts.seal(conn, release_id, hash=content, contacts=0, deliveries=0, summary=told | summary)
        return content

    def released(self, alert: Alert, texts: list[Variant] | None = None) -> str:
        """Store a version as a release leaves it. Returns the release's hash."""
        content = self.submitted(alert, texts)
        now = self.desk.now()
        with self.desk.ledger.write() as conn:
            release = alerts.standing_release(conn, alert.id)
            assert release
            sign = approve.signature(self.desk, release.hash, 0, "Bo Approver", "approved")
            alerts.approve(
                conn,
                release_id=release.id,
                hash=release.hash,
                contacts=0,
                by="Bo Approver",
                verdict="approved",
                reason=None,
                at=now,
                signature=sign,
            )
            alerts.move(conn, alert.id, of=("submitted",), to="approved", approved_at=now)
            alerts.move(conn, alert.id, of=("approved",), to="sending", released_by="Bo Approver", released_at=now)
            alerts.make_due(conn, release.id, release.hash, now)
            alerts.supersede(conn, alert.chain, before=alert.version, at=now)
        return content


def open_town(home: Path, public_url: str = PUBLIC) -> Town:
    """A desk whose clock a test can set."""
    settings = Settings(home=home, public_url=public_url, smtp_from="Alerts <alerts@millford.example>")
    clock = [datetime.now(UTC)]
    return Town(Desk(settings, now=lambda: clock[0]), clock)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys, an empty database and three officers: made once, because hashing secrets takes its time."""
    home = tmp_path_factory.mktemp("founded") / "home"
    home.mkdir()
    desk = open_town(home).desk
    Vault.create(desk.settings.keys)
    ledger = Ledger.open(desk.settings.database)
    ledger.upgrade()
    ledger.close()
    for name, role in (("Ada Author", "manager"), ("Bo Approver", "approver"), ("Cy Approver", "approver")):
        officers.add(desk, name, role, SECRET)
    desk.ledger.close()
    return home


@pytest.fixture
def town(founded: Path, tmp_path: Path) -> Iterator[Town]:
    """A desk on its own folder."""
    made = open_town(shutil.copytree(founded, tmp_path / "home"))
    yield made
    if "ledger" in vars(made.desk):
        made.desk.ledger.close()


@pytest.fixture
def web(town: Town) -> Iterator[TestClient]:
    """A browser on the console."""
    with TestClient(build(town.desk), base_url=PUBLIC, headers={"Origin": PUBLIC}, follow_redirects=False) as client:
        yield client


@pytest.fixture
def served(founded: Path, tmp_path: Path) -> Iterator[Town]:
    """A desk whose console is really served, at the public address of its settings."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = open_town(shutil.copytree(founded, tmp_path / "served"), f"http://127.0.0.1:{port}")
    server = uvicorn.Server(uvicorn.Config(build(made.desk), host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    yield made
    server.should_exit = True
    thread.join(20)
    if "ledger" in vars(made.desk):
        made.desk.ledger.close()
