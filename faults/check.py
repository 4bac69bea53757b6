"""The judge: holds the provider's own record, the ledger and the audit chain against the invariants I1 to I7.

It reads; nothing that it looks at can be changed by it. A sentence in `problems` names the invariant that is broken.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import select

from channels.bounces import verp
from faults.deployment import Deployment
from onevoice.desk.approve import signature
from onevoice.desk.wiring import Desk
from onevoice.ledger import audit
from onevoice.ledger import tables as t
from onevoice.ledger.engine import Connection
from sandbox.record import Entry

CLOSED = frozenset({"delivered", "undelivered", "suppressed", "cancelled", "expired"})
MAIL_ENDS = frozenset({"accepted", "sent"})
"""Mail ends at the mail server: nothing more is ever heard of it."""
DOMAIN = "millford.example"
FURTHER = {"Extreme": (2, 60), "Severe": (1, 120), "Moderate": (1, 600)}
"""How many messages more than one a severity may cost somebody, and seconds from a call in doubt to the next call. The
judge's own copy of the policy: the engine's may be what is wrong."""
WINDOW = {"sms": 18, "email": 8}
"""Calls of each sender on their way at once, by means: its rate times its latency, but at least 8."""
MOST_OPEN = {means: 2 * calls for means, calls in WINDOW.items()}
"""W, its claims at once: as many again may wait for a place (decision 0023)."""


@dataclass
class Verdict:
    """What was found. `problems` is empty where every invariant holds; `figures` are for the page."""

    problems: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    def broken(self, invariant: str, what: str) -> None:
        """Note a broken invariant."""
        self.problems.append(f"{invariant}: {what}")


@dataclass
class Books:
    """The ledger, read once; and the record, by attempt."""

    deliveries: dict[int, Any]
    attempts: dict[int, Any]
    releases: dict[int, Any]
    variants: dict[tuple[int, str], Any]
    opted_out: frozenset[str]
    taken: list[tuple[Entry, int | None]]

    @property
    def by_delivery(self) -> Mapping[int, list[int]]:
        """Attempts whose message the provider took, by delivery; one for each message."""
        found: dict[int, list[int]] = defaultdict(list)
        for _, number in self.taken:
            if number in self.attempts:
                found[self.attempts[number].delivery_id].append(number)
        return found


def judge(deployment: Deployment, *, kills: int = 0, doubts: int = 0, open_: bool = False) -> Verdict:
    """Judge a deployment in which nothing runs any more.

    `kills`: senders that were killed or cut off, each of which may leave its claims in doubt; `doubts`: further calls
    to which the provider gave no clear answer. `open_`: rows may still wait for their time.
    """
    verdict, desk = Verdict(), deployment.desk()
    try:
        with desk.ledger.read() as conn:
            books = _books(deployment, desk, conn)
            _closed(verdict, books, open_=open_)
            _accounted(verdict, books)
            _bounded(verdict, books, kills, doubts)
            _permitted(verdict, desk, conn, books)
            _unchanged(verdict, desk, books)
            _chained(verdict, desk, conn)
            _private(verdict, deployment, desk, conn)
    finally:
        desk.ledger.close()
    return verdict


def in_flight(deployment: Deployment, pid: int) -> Counter[str]:
    """Calls by means of which the ledger does not know what came, made by one process."""
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        unknown = t.attempt.c.result.is_(None) & t.attempt.c.worker.like(f"%:{pid}:%")
        chosen = select(t.delivery.c.means).select_from(t.attempt.join(t.delivery)).where(unknown)
        rows = conn.scalars(chosen.where(t.attempt.c.delivery_id == t.delivery.c.id)).all()
    desk.ledger.close()
    return Counter(rows)


def owned(deployment: Deployment, pid: int) -> int:
    """Deliveries that one process still has; what a callback has settled meanwhile is nobody's."""
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        mine = (t.delivery.c.state == "submitting") & t.delivery.c.worker.like(f"%:{pid}:%")
        count = len(conn.scalars(select(t.delivery.c.id).where(mine)).all())
    desk.ledger.close()
    return count


# --- reading ------------------------------------------------------------------------------------------------------


def _books(deployment: Deployment, desk: Desk, conn: Connection) -> Books:
    attempts = {row.id: row for row in conn.execute(select(t.attempt))}
    senders = {verp(desk.vault.token(number), DOMAIN): number for number in attempts}
    taken = [(one, _attempt_of(one, desk, senders)) for one in deployment.provider.taken()]
    releases = select(t.release, t.alert.c.kind).join(t.alert, t.alert.c.id == t.release.c.alert_id)
    return Books(
        deliveries={row.id: row for row in conn.execute(select(t.delivery))},
        attempts=attempts,
        releases={row.id: row for row in conn.execute(releases)},
        variants={(row.release_id, row.id): row for row in conn.execute(select(t.variant))},
        opted_out=frozenset(conn.scalars(select(t.opt_out.c.contact_key))),
        taken=taken,
    )


def _attempt_of(entry: Entry, desk: Desk, senders: Mapping[str, int]) -> int | None:
    """The attempt that a message was taken for: by the token in its callback address, or in its envelope."""
    if entry.service == "smtp":
        return senders.get(entry.sender)
    token = str(entry.detail.get("status_callback", "")).rpartition("/")[2]
    return desk.vault.attempt(token)


# --- I1 to I7 -----------------------------------------------------------------------------------------------------


def _closed(verdict: Verdict, books: Books, *, open_: bool) -> None:
    """I1: every planned delivery is terminal or visibly parked, and what is called sent was taken."""
    states = Counter(row.state for row in books.deliveries.values())
    verdict.figures |= {"deliveries": len(books.deliveries), "parked": states["parked"]}
    have = books.by_delivery
    lost = 0
    for row in books.deliveries.values():
        done = row.state in CLOSED or row.state == "parked" or (row.means == "email" and row.state in MAIL_ENDS)
        if not done and not open_:
            verdict.broken("I1", f"delivery {row.id} by {row.means} is {row.state} for ever")
        told = row.state in ("accepted", "sent", "delivered")
        if told and not have[row.id]:
            verdict.broken("I1", f"delivery {row.id} is {row.state}, and the provider never took it")
        lost += (not done and not open_) or (told and not have[row.id])
    verdict.figures["lost"] = lost


def _accounted(verdict: Verdict, books: Books) -> None:
    """I2: every message in the record has exactly one attempt, and none that the ledger says was not taken."""
    seen: Counter[int] = Counter()
    for entry, number in books.taken:
        if number is None or number not in books.attempts:
            verdict.broken("I2", f"message {entry.seq} of the record has no attempt in the ledger")
            continue
        seen[number] += 1
        result = books.attempts[number].result
        if result in ("retry", "rejected"):
            verdict.broken("I2", f"attempt {number} is {result} in the ledger, and the provider took it")
    for number, times in seen.items():
        if times > 1:
            verdict.broken("I2", f"attempt {number} was made {times} times")
    for number, row in books.attempts.items():
        if row.result == "accepted" and not seen[number]:
            verdict.broken("I2", f"attempt {number} is accepted in the ledger, and not in the record")
    verdict.figures |= {"messages": len(books.taken), "attempts": len(books.attempts)}


def _bounded(verdict: Verdict, books: Books, kills: int, doubts: int) -> None:
    """I3: nobody has more than the policy allows, every further message was in doubt, and no more than W a kill.

    Of W, at most the window had begun: a kill costs so many duplicates at most.

    Counted in the record, and dated by the attempts; what the engine itself has counted is not asked.
    """
    twice = 0
    for number, calls in books.by_delivery.items():
        further, (bound, pause) = len(calls) - 1, _allowed(books, number)
        twice += further
        if further > bound:
            verdict.broken("I3", f"delivery {number} was taken {further + 1} times; the policy allows {bound + 1}")
        for what in _unseen([books.attempts[call] for call in calls], pause):
            verdict.broken("I3", f"delivery {number}: {what}")
    _same_words(verdict, books)
    codes = Counter(str(row.code) for row in books.attempts.values() if row.doubted_at is not None)
    doubted = codes.total()
    for what, seen, each in (("duplicates", twice, WINDOW), (f"calls in doubt {dict(codes)}", doubted, MOST_OPEN)):
        if seen > (most := kills * sum(each.values()) + doubts):
            verdict.broken("I3", f"{seen} {what}; what went wrong allows {most}")
    verdict.figures |= {"duplicates": twice, "in_doubt": doubted}


def _unseen(calls: Sequence[Any], pause: timedelta) -> Iterator[str]:
    """What is wrong with calls that were all taken: each but the last was in doubt before the next one was made."""
    for before, after in pairwise(sorted(calls, key=lambda row: row.fence)):
        if before.doubted_at is None or before.doubted_at > after.intent_at:
            yield f"attempt {before.id} was taken, and was not in doubt when attempt {after.id} was made"
        elif after.intent_at - before.intent_at < pause:
            yield f"attempt {after.id} was made sooner than {pause} after attempt {before.id}, which was in doubt"


def _same_words(verdict: Verdict, books: Books) -> None:
    """By the record alone: how often the same words came to the same address."""
    times = Counter((one.service, one.to, one.body) for one, _ in books.taken)
    number_of = {(one.service, one.to, one.body): number for one, number in books.taken if number in books.attempts}
    for words, number in number_of.items():
        bound, _ = _allowed(books, books.attempts[number].delivery_id)
        if times[words] > bound + 1:
            verdict.broken("I3", f"somebody got the words of attempt {number} {times[words]} times")


def _allowed(books: Books, number: int) -> tuple[int, timedelta]:
    """How many further messages a delivery may bring, and how long after a call in doubt the next may be made."""
    of = books.releases[books.deliveries[number].release_id]
    most_urgent = of.kind in ("correction", "all-clear") or (of.severity, of.urgency) == ("Severe", "Immediate")
    many, seconds = FURTHER.get("Extreme" if most_urgent else of.severity, (0, 0))
    return many, timedelta(seconds=seconds)


def _permitted(verdict: Verdict, desk: Desk, conn: Connection, books: Books) -> None:
    """I4: nobody was written to who opted out, too late, in another mode, or without an approval that is genuine."""
    for entry, number in books.taken:
        attempt = books.attempts.get(number or 0)
        if attempt is None:
            continue
        row = books.deliveries[attempt.delivery_id]
        release = books.releases[row.release_id]
        means = "sms" if entry.service == "sms" else "email"
        if desk.vault.contact_key(means, entry.to) != row.contact_key:
            verdict.broken("I4", f"message {entry.seq} went to somebody else than its delivery names")
        if row.contact_key in books.opted_out:
            verdict.broken("I4", f"message {entry.seq} went to somebody who opted out")
        if attempt.intent_at >= release.expires or (release.act_by and attempt.intent_at >= release.act_by):
            verdict.broken("I4", f"message {entry.seq} was sent too late")
        if release.due_at is None or release.mode != desk.settings.mode or release.status == "Actual":
            verdict.broken("I4", f"message {entry.seq} belongs to no release of this deployment")
    for number in {books.deliveries[a.delivery_id].release_id for a in books.attempts.values()}:
        if not _approved(desk, conn, books.releases[number]):
            verdict.broken("I4", f"release {number} went out without a genuine approval")


def _approved(desk: Desk, conn: Connection, release: Any) -> bool:
    rows = conn.execute(select(t.approval).where(t.approval.c.release_id == release.id)).all()
    return any(
        row.verdict == "approved"
        and row.signature == signature(desk, release.hash, release.contacts, row.by, row.verdict)
        for row in rows
    )


def _unchanged(verdict: Verdict, desk: Desk, books: Books) -> None:
    """I5: what the provider took is, to the last character, what was approved."""
    for entry, number in books.taken:
        attempt = books.attempts.get(number or 0)
        if attempt is None:
            continue
        row = books.deliveries[attempt.delivery_id]
        text = books.variants[row.release_id, row.variant_id].body["parts"]["text"]
        if entry.service == "smtp":
            text = text.replace("{message_id}", desk.vault.pass_for("message", row.id))
            text = re.sub(r"\{manage_url\}", _managed(desk, row), text)
        if entry.body.rstrip("\n") != text.rstrip("\n"):
            verdict.broken("I5", f"message {entry.seq} is not what was approved")


def _managed(desk: Desk, row: Any) -> str:
    return f"{desk.settings.public_url}/manage/{desk.vault.pass_for('manage', row.point_id)}"


def _chained(verdict: Verdict, desk: Desk, conn: Connection) -> None:
    """I6: the audit chain is whole."""
    anchor = desk.settings.home / "audit.head"
    found = audit.verify(conn, desk.vault, anchor if anchor.exists() else None)
    for problem in found.problems:
        verdict.broken("I6", problem)
    verdict.figures["audit_entries"] = found.count


def _private(verdict: Verdict, deployment: Deployment, desk: Desk, conn: Connection) -> None:
    """I7: no address and no name of a person stands in a log, in the database in the clear, or in any file of ours."""
    secret = [desk.vault.unseal(row.address_enc) for row in conn.execute(select(t.contact_point))]
    secret += [desk.vault.unseal(row.name_enc) for row in conn.execute(select(t.contact)) if row.name_enc]
    words = {word.encode() for word in secret if len(word) > 6}
    words |= {word[1:] for word in words if word.startswith(b"+")}
    pattern = re.compile(b"|".join(re.escape(word) for word in sorted(words)))
    for name, content in _written(deployment, conn):
        if found := pattern.search(content):
            verdict.broken("I7", f"{name} holds something of a person, at byte {found.start()}")


def _written(deployment: Deployment, conn: Connection) -> Iterator[tuple[str, bytes]]:
    for child in deployment.children:
        if child.given["settings"]["home"] == str(deployment.home) and Path(child.given["log"]).exists():
            yield Path(child.given["log"]).name, Path(child.given["log"]).read_bytes()
    for file in sorted(deployment.home.iterdir()):
        if file.is_file() and file.name not in ("town.csv", "keys.json", "record.jsonl", "second.jsonl"):
            yield file.name, file.read_bytes()
    if conn.dialect.name == "postgresql":
        for table in t.metadata.sorted_tables:
            yield table.name, repr([tuple(row) for row in conn.execute(select(table))]).encode()


def told(problems: Sequence[str], most: int = 8) -> str:
    """The first problems, for a failed assertion."""
    return "\n".join([*problems[:most], f"({len(problems)} in all)"])
