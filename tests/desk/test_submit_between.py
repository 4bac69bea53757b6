"""What happens while the texts of a submit are made: others go on, and what they change is honoured or said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from onevoice import checks, failpoint
from onevoice.desk import approve, draft, prepare, release, revise, submit
from onevoice.desk.officers import Actor
from onevoice.desk.texts import Key, Texts, as_key
from onevoice.desk.wiring import Desk
from onevoice.errors import Conflict
from onevoice.failpoint import Point
from onevoice.ledger import alerts, contacts, queue, sweep
from onevoice.ledger import tables as t
from onevoice.ledger.states import DeliveryState
from onevoice.settings import Mode
from onevoice.variant import Variant

MARIA, SAM, LENA = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver"), Actor("Lena Park", "approver")
EXAMPLE = "examples/river_flood_warning.yaml"
Between = Callable[[Callable[[], Any]], None]


@pytest.fixture
def drafted(desk: Desk, root: Path) -> str:
    """A draft of Maria's."""
    return draft.draft(desk, root / EXAMPLE, MARIA).id


@pytest.fixture
def at() -> Iterator[Callable[[Point, Callable[[], Any]], None]]:
    """Have something happen once at a point of the next submit."""

    def arm(where: Point, what: Callable[[], Any]) -> None:
        def strike(point: Point) -> None:
            if point is where:
                failpoint.arm(None, Mode.EXERCISE)
                what()

        failpoint.arm(strike, Mode.EXERCISE)

    yield arm
    failpoint.arm(None, Mode.EXERCISE)


@pytest.fixture
def between(at: Callable[[Point, Callable[[], Any]], None]) -> Between:
    """Have something happen once after the look of the next submit, before its write."""
    return lambda what: at(Point.SUBMIT_READY, what)


def frozen(desk: Desk) -> list[int]:
    """How many rows a submit left behind, table by table."""
    tables = (t.release, t.audience, t.assignment, t.variant, t.delivery, t.served)
    with desk.ledger.read() as conn:
        return [conn.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_nobody_waits_while_texts_are_made(desk: Desk, drafted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another connection writes while the texts are composed, and does not wait for them."""
    made, wrote = prepare.prepared, []

    def composing(*given: Any) -> prepare.Prepared:
        with desk.ledger.write_within(0.2) as conn:
            wrote.append(conn.execute(update(t.control).values(reason="callback")).rowcount)
        return made(*given)

    monkeypatch.setattr(prepare, "prepared", composing)
    assert submit.submit(desk, drafted, MARIA).state == "submitted"
    assert wrote == [1]


def test_a_text_made_ahead_is_frozen_only_if_somebody_needs_it(
    desk: Desk, drafted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the people are looked at, texts are made that are likely; what is frozen is what a preview shows."""
    nobodys, expect = ("es|T4|", "sms", None, "all", 0), Texts.expect
    ahead: list[Key] = []

    def more(texts: Texts, keys: Iterable[Key], _enough: Any) -> None:
        ahead.extend(keys)
        expect(texts, (*ahead, as_key(nobodys)), lambda: False)

    composed: Counter[Any] = Counter()
    check = checks.check_variant

    def counted(bare: Variant, *given: Any) -> Variant:
        composed[bare.id] += 1
        return check(bare, *given)

    with desk.ledger.read() as conn:
        alert = alerts.value(draft.found(conn, drafted))
    shown = [text.id for text in prepare.prepare(desk, alert).variants]
    monkeypatch.setattr(Texts, "expect", more)
    monkeypatch.setattr(checks, "check_variant", counted)
    submit.submit(desk, drafted, MARIA)

    assert len(ahead) > 50
    assert len(composed) > len(shown)
    assert set(composed.values()) == {1}
    with desk.ledger.read() as conn:
        assert sorted(conn.scalars(select(t.variant.c.id))) == sorted(shown)


def test_who_opts_out_between_look_and_write_is_not_written_to(
    desk: Desk, drafted: str, between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their delivery was planned from the look; no claim takes it, and the sweep closes it as suppressed."""
    with desk.ledger.read() as conn:
        keys = conn.scalars(select(t.contact_point.c.contact_key).where(t.contact_point.c.means == "sms")).all()

    def opt_out() -> None:
        with desk.ledger.write() as conn:
            for key in keys[:150]:
                contacts.opt_out(conn, key, "all", desk.now(), "reply")

    between(opt_out)
    submit.submit(desk, drafted, MARIA)
    approve.approve(desk, drafted, SAM)
    monkeypatch.setattr(release, "_page_answers", lambda _url: None)
    release.release(desk, drafted, MARIA)

    planned = {row.contact_key for row in _rows(desk, t.delivery)} & set(keys[:150])
    assert planned
    assert not planned & _claimable(desk)
    with desk.ledger.write() as conn:
        sweep.close_unsent(conn, Mode.EXERCISE, desk.now())
    assert {row.state for row in _rows(desk, t.delivery) if row.contact_key in planned} == {"suppressed"}


def _rows(desk: Desk, table: Any) -> list[Any]:
    with desk.ledger.read() as conn:
        return list(conn.execute(table.select()))


def _claimable(desk: Desk) -> set[str]:
    now = desk.now()
    terms = queue.Terms("w", Mode.EXERCISE, 1, lambda *_: 0, now - now)
    want = queue.Want("sms", "sandbox", 1, 1.0, now - now)
    with desk.ledger.read() as conn:
        one = queue.open_releases(conn, Mode.EXERCISE, now)[0]
        rows = queue.due(conn, one, DeliveryState.PLANNED, want, terms, now, 10_000)
        found = {row.contact_key for row in rows}
    assert found
    return found


def test_an_edit_between_look_and_write_is_not_frozen_in_its_old_words(
    desk: Desk, drafted: str, between: Between, root: Path, tmp_path: Path
) -> None:
    """The submit is refused and leaves nothing; the next one freezes what the alert says now."""
    other = tmp_path / "alert.yaml"
    other.write_text((root / EXAMPLE).read_text(encoding="utf-8").replace("+4h", "+3h"), encoding="utf-8")
    between(lambda: revise.edit(desk, drafted, other, SAM))

    with pytest.raises(Conflict, match=r"was edited while its texts were made.*Submit again"):
        submit.submit(desk, drafted, MARIA)

    assert (draft.step(desk, drafted).state, frozen(desk)) == ("draft", [0] * 6)
    submit.submit(desk, drafted, MARIA)
    with desk.ledger.read() as conn:
        standing = alerts.standing_release(conn, drafted)
        alert = alerts.value(draft.found(conn, drafted))
        assert standing
        assert {text.factset for text in alerts.variants(conn, standing.id)} == {alert.factset.hash}


def test_of_two_who_submit_at_once_the_second_is_told(desk: Desk, drafted: str, between: Between) -> None:
    """One release stands, of whoever wrote first."""
    between(lambda: submit.submit(desk, drafted, SAM))

    with pytest.raises(Conflict, match="submitted by somebody else"):
        submit.submit(desk, drafted, MARIA)

    assert (frozen(desk)[0], _rows(desk, t.alert)[0].submitted_by) == (1, "Sam Okafor")


def test_a_version_released_between_look_and_write_is_not_passed_over(
    desk: Desk, drafted: str, between: Between
) -> None:
    """Who may hold that version was not looked at: submit again."""
    with desk.ledger.read() as conn:
        alert = alerts.value(draft.found(conn, drafted))
    other = alert.model_copy(update={"id": f"{alert.id}-other", "version": 7})

    def come_due() -> None:
        with desk.ledger.write() as conn:
            alerts.add(conn, other, author="Maria Solis", at=desk.now())
            release_id = alerts.freeze(conn, other, mode="exercise", at=desk.now())
            assert alerts.make_due(conn, release_id, "", desk.now())

    between(come_due)
    with pytest.raises(Conflict, match=r"Another version was released.*Submit again"):
        submit.submit(desk, drafted, MARIA)
    assert (draft.step(desk, drafted).state, frozen(desk)) == ("draft", [1, 0, 0, 0, 0, 0])


def test_a_contact_point_gone_between_look_and_write_stops_the_submit(
    desk: Desk, drafted: str, between: Between
) -> None:
    """Its number in the database may stand for somebody else by now: nothing is written, and a new submit is."""

    def another_number() -> None:
        with desk.ledger.write() as conn:
            key = t.contact_point.c.contact_key
            conn.execute(update(t.contact_point).values(contact_key=func.replace(key, "a", "b")))

    between(another_number)
    with pytest.raises(Conflict, match=r"\d+ contact point.*Submit again"):
        submit.submit(desk, drafted, MARIA)
    assert (draft.step(desk, drafted).state, frozen(desk)) == ("draft", [0] * 6)
    assert submit.submit(desk, drafted, MARIA).state == "submitted"


@pytest.mark.parametrize("where", [Point.SUBMIT_READY, Point.SUBMIT_OPEN])
def test_a_submit_that_breaks_off_leaves_nothing(
    where: Point, desk: Desk, drafted: str, at: Callable[[Point, Callable[[], Any]], None]
) -> None:
    """No row, no state, no temporary table on a connection that is used after it; the next submit goes through."""

    def break_off() -> None:
        raise RuntimeError("broken off")

    at(where, break_off)
    with pytest.raises(RuntimeError, match="broken off"):
        submit.submit(desk, drafted, MARIA)

    assert (draft.step(desk, drafted).state, frozen(desk)) == ("draft", [0] * 6)
    kept = "SELECT count(*) FROM sqlite_temp_master"
    with desk.ledger.apart() as apart, apart.look() as conn:
        assert conn.exec_driver_sql(kept).scalar_one() == 0
    for way in (desk.ledger.read, desk.ledger.write):
        with way() as conn:
            assert conn.exec_driver_sql(kept).scalar_one() == 0
    assert submit.submit(desk, drafted, MARIA).state == "submitted"
