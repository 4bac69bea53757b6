"""Submit: freeze the texts, write the deliveries, and ask for approval. What is approved is what was frozen here.

The people are looked at once, the texts are made from that look, and all of it is written in one short transaction.
What is looked at may change until then; `_took`, `plan.put` and the claim of each delivery (opt-outs) see to that.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from onevoice.desk import ask, draft, duration, prepare
from onevoice.desk.kept_texts import KeptTexts
from onevoice.desk.outside import outside
from onevoice.desk.signing import Counts, release_hash
from onevoice.desk.texts import Texts, as_key
from onevoice.errors import Blocked, Conflict, Unusable
from onevoice.failpoint import Point, failpoint
from onevoice.ledger import alerts, audit, plan, posts
from onevoice.settings import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from onevoice.alert import Alert
    from onevoice.desk.officers import Actor
    from onevoice.desk.prepare import Prepared
    from onevoice.desk.wiring import Desk
    from onevoice.ledger.engine import Connection
    from onevoice.ledger.plan import Arranged, Planned

OPEN = ("draft", "returned")
"""States in which an alert can be submitted."""
WAITING = {
    "submitted": "It waits for an approver's answer; to change it, `onevoice alert edit`.",
    "approved": "It waits to be released; to change it, `onevoice alert edit`.",
    "recalled": "It was set aside; draft it again.",
}
"""What to do about an alert in a state in which it cannot be submitted."""


@dataclass(frozen=True)
class _Ready:
    """All that is frozen, as one look at the database has it."""

    row: alerts.AnyRow
    prepared: Prepared
    arranged: Arranged
    variants: list[dict[str, Any]]
    summary: dict[str, Any]

    @property
    def alert(self) -> Alert:
        return self.prepared.alert


def submit(desk: Desk, alert_id: str, actor: Actor, overrides: Mapping[str, str] | None = None) -> draft.Step:
    """Freeze a draft and ask for approval. `overrides`: rule id → reason, for findings that a person may pass.

    Raises:
        Blocked: a finding stops the release, or the alert may not be sent in this mode.
        Conflict: the alert is no draft any more, or it or the contacts changed while the texts were made.
        Unusable: no such alert; an override without a reason.
    """
    overrides = overrides or {}
    _reasons_given(overrides)
    with desk.ledger.read() as conn:  # who comes too late is told so without a connection of their own
        _fresh(conn, alert_id)
    with desk.ledger.apart() as apart:
        with apart.look() as conn:
            ready = _ready(desk, conn, _fresh(conn, alert_id), frozenset(overrides))
        failpoint(Point.SUBMIT_READY)
        with apart.write() as conn:
            _freeze(desk, conn, ready, actor, overrides)
            failpoint(Point.SUBMIT_OPEN)
    failpoint(Point.SUBMIT_DONE)
    ask.ask(desk, alert_id)
    return draft.step(desk, alert_id)


def _reasons_given(overrides: Mapping[str, str]) -> None:
    for rule, reason in overrides.items():
        if not reason.strip():
            what = f"Releasing past {rule} needs a reason that the approver sees."
            raise Unusable(what, where="--override")


def _fresh(conn: Connection, alert_id: str) -> alerts.AnyRow:
    row = draft.found(conn, alert_id)
    if row.state not in OPEN:
        what = f"{alert_id} is {row.state}, so it cannot be submitted."
        raise Conflict(what, remedy=WAITING.get(row.state, "Make a new version to change it."))
    return row


def obstacles(desk: Desk, alert: Alert) -> Iterator[Blocked]:
    """What stands in the way here and now, whatever its texts say."""
    if alert.act_by and alert.act_by <= desk.now():
        what = f"The time to act by has passed ({alert.act_by.isoformat()})."
        yield Blocked(what, where="act_by", remedy="Draft it again with a time that is still to come.")
    if alert.expires <= desk.now():
        what = f"The alert has expired ({alert.expires.isoformat()})."
        yield Blocked(what, where="expires", remedy="Draft it again with a later expiry.")
    if alert.status == "Actual" and desk.settings.mode is not Mode.LIVE:
        what = f"This deployment is in {desk.settings.mode} mode: it sends Exercise and Test only, never Actual."
        yield Blocked(what, where="status", remedy="Set status: Exercise, or use the live deployment.")


def _nothing_blocks(prepared: Prepared) -> None:
    if prepared.blocks:
        listed = " ".join(f"[{f.rule}] {f.message}" for f in prepared.blocks[:5])
        what = f"{len(prepared.blocks)} finding(s) block the release: {listed}"
        raise Blocked(what, remedy="Mend them; `onevoice alert preview` shows each.")


def _ready(desk: Desk, conn: Connection, row: alerts.AnyRow, passed: frozenset[str]) -> _Ready:
    """The people, the texts that they need, and the deliveries, all from one look at the contacts."""
    alert = alerts.value(row)
    for problem in obstacles(desk, alert):
        raise problem
    layout, audience, texts = _looked_at(desk, conn, alert, passed)
    prepared = prepare.prepared(conn, audience, texts)
    _nothing_blocks(prepared)
    variants = alerts.variant_rows([(v, duration.units(v)) for v in prepared.variants], passed)
    arranged = plan.arrange(layout, prepared.chosen, {v["id"]: v["language"] for v in variants})
    return _Ready(row, prepared, arranged, variants, _summary(desk, conn, prepared, arranged.planned))


def _looked_at(
    desk: Desk, conn: Connection, alert: Alert, passed: frozenset[str]
) -> tuple[plan.Layout, prepare.Audience, Texts]:
    """The people, and meanwhile, on another core, the texts that they are likely to need."""
    who = prepare.wanted(desk, conn, alert)
    with ThreadPoolExecutor(1) as database:
        people = database.submit(plan.meant, conn, who)
        layout = database.submit(lambda: plan.lay_out(conn, people.result()))
        audience = database.submit(lambda: _audience(who, layout.result()))
        texts = Texts(desk, alert, passed, KeptTexts(desk, alert))
        texts.expect_public()
        texts.expect(map(as_key, people.result().likely), audience.done)
        return layout.result(), audience.result(), texts


def _audience(who: plan.Wanted, layout: plan.Layout) -> prepare.Audience:
    return prepare.Audience(who, layout.numbers(), tuple(layout.in_use()))


def _freeze(desk: Desk, conn: Connection, ready: _Ready, actor: Actor, overrides: Mapping[str, str]) -> None:
    """Write what is ready. Everything that can be worked out before is: others wait for this."""
    now, alert, planned = desk.now(), ready.alert, ready.arranged.planned
    _took(conn, ready, actor, now)
    alerts.void(conn, alert.id, now)
    release_id = alerts.freeze(conn, alert, mode=desk.settings.mode, at=now)
    alerts.put_variants(conn, release_id, ready.variants)
    plan.put(conn, release_id, ready.arranged, now)
    deliveries = planned.deliveries + posts.plan_posts(conn, desk.vault, release_id, ready.prepared.posting.posts, now)
    signed = posts.signed(conn, release_id)
    counts = Counts(planned.contacts, deliveries, planned.not_yet)
    content = release_hash(alert, ready.prepared.variants, desk.settings.mode, counts, signed)
    for rule, reason in overrides.items():
        alerts.put_override(conn, release_id=release_id, rule=rule, by=actor.name, reason=reason, at=now)
    alerts.seal(
        conn, release_id, hash=content, summary=ready.summary, contacts=counts.contacts, deliveries=counts.deliveries
    )
    detail = {"release": content} | counts._asdict()
    audit.append(conn, desk.vault, actor=actor.name, act="submitted", subject=alert.id, detail=detail)


def _took(conn: Connection, ready: _Ready, actor: Actor, now: datetime) -> None:
    """Take the alert, if it and its chain are still what the texts were made from."""
    alert, again = ready.alert, "Submit again."
    first = alerts.move(conn, alert.id, of=OPEN, to="submitted", submitted_by=actor.name, submitted_at=now)
    row = draft.found(conn, alert.id)
    if not first:
        what = f"{alert.id} was submitted by somebody else, or is no draft any more: it is {row.state}."
        raise Conflict(what)
    if row.body != ready.row.body:
        what = f"{alert.id} was edited while its texts were made."
        raise Conflict(what, remedy=again)
    if tuple(alerts.releases_of_chain(conn, alert.chain)) != ready.prepared.wanted.previous_releases:
        what = f"Another version was released while the texts of {alert.id} were made."
        raise Conflict(what, remedy=again)


def _summary(desk: Desk, conn: Connection, prepared: Prepared, planned: Planned) -> dict[str, Any]:
    """What the approver sees, as numbers."""
    numbers, alert = prepared.numbers, prepared.alert
    touching = [
        row.id
        for row in alerts.live(conn, desk.now())
        if row.chain != alert.chain and desk.gazetteer.touching(alerts.value(row).area, alert.area)
    ]
    return {
        "people": numbers.to_json() | {"fallback": prepared.fallback, "unreachable": planned.unreachable},
        "languages": numbers.by_language,
        "readers": {text.id: prepared.people_of(text) for text in prepared.variants},
        "duration": duration.forecast(desk.settings, prepared).to_json(),
        "touching": touching,
        "posts": prepared.posting.to_json(),
        "outside": outside(prepared).to_json(),
        "not_yet": planned.not_yet,
        "fallback": [vars(one) for one in prepared.instead],
        "findings": [f.model_dump(mode="json") for f in prepared.findings],
    }
