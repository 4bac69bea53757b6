"""What public accounts say: planned, frozen, approved and counted with the rest; or left out, and said so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onevoice import checks, localize
from onevoice.cli import showing
from onevoice.desk import approve, draft, look, matrix, posting, preview, release, report, status, submit
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import Desk
from onevoice.errors import Conflict
from onevoice.ledger import alerts, posts
from onevoice.ledger.states import DeliveryState
from onevoice.ledger.tables import delivery
from onevoice.settings import Mode, Settings
from onevoice.variant import Finding, Scope, Severity, Variant

EXAMPLE = "examples/river_flood_warning.yaml"
MARIA, SAM = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver")
TWO = {"mastodon": "@em@social.example", "bluesky": "em.bsky.example"}
LANGUAGES = sorted(localize.languages(Path(__file__).resolve().parents[2]))
POSTS = len(TWO) * len(LANGUAGES)


@pytest.fixture
def public(desk: Desk) -> Desk:
    """Give the desk two public accounts."""
    vars(desk)["accounts"] = TWO
    return desk


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the checks find something in the post of a language."""

    def of(language: str, scope: Scope = Scope.LANGUAGE) -> None:
        checked = checks.check_variant

        def check(variant: Variant, *rest: Any) -> Variant:
            found: Variant = checked(variant, *rest)
            wrong = Finding(rule="X1", severity=Severity.BLOCK, scope=scope, message="Wrong.")
            mine = (variant.means, variant.profile.languages) == ("social", (language,))
            return found.with_findings((*found.findings, wrong)) if mine else found

        monkeypatch.setattr(checks, "check_variant", check)

    return of


def submitted(desk: Desk, root: Path) -> str:
    """Draft and submit the example; give its id."""
    step = draft.draft(desk, root / EXAMPLE, MARIA)
    return submit.submit(desk, step.id, MARIA).id


def planned(desk: Desk, alert_id: str) -> list[Any]:
    """Give the posts of what stands frozen."""
    with desk.ledger.read() as conn:
        standing = alerts.standing_release(conn, alert_id)
        assert standing
        return posts.of_releases(conn, [standing.id])


def test_every_language_is_posted_once_by_every_account(public: Desk, root: Path) -> None:
    """Every language by two accounts: each post with its own text at T2."""
    alert_id = submitted(public, root)

    found = planned(public, alert_id)

    assert sorted((p.slot.via, p.slot.language) for p in found) == sorted(
        (via, tag) for via in TWO for tag in LANGUAGES
    )
    assert {p.slot.handle for p in found} == set(TWO.values())
    assert len({p.text for p in found}) == len(LANGUAGES)
    assert {p.state for p in found} == {"planned"}


def test_the_count_that_is_approved_has_the_posts_in_it(public: Desk, root: Path) -> None:
    """Deliveries count messages and posts; people are the same with and without."""
    alert_id = submitted(public, root)
    with public.ledger.read() as conn:
        frozen = alerts.standing_release(conn, alert_id)
        assert frozen
        in_rows = conn.execute(delivery.select().where(delivery.c.release_id == frozen.id)).all()
        counted = alerts.planned_counts(conn, frozen.id)

    assert frozen.deliveries == len(in_rows) == counted[1]
    assert sum(row.means == "social" for row in in_rows) == POSTS
    assert frozen.contacts == counted[0] == frozen.summary["people"]["reachable"]


@pytest.mark.parametrize("deed", ["another text", "another account", "one less"])
def test_a_post_that_is_not_what_was_approved_stops_the_release(
    public: Desk, root: Path, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    """The signed hash holds which account says which text."""
    alert_id = submitted(public, root)
    approve.approve(public, alert_id, SAM)
    with public.ledger.write() as conn:
        rows = conn.execute(delivery.select().where(delivery.c.means == "social").order_by(delivery.c.id)).all()
        mine = delivery.c.id == rows[0].id
        if deed == "another text":
            conn.execute(delivery.update().where(mine).values(variant_id=rows[1].variant_id))
        elif deed == "another account":
            conn.execute(delivery.update().where(mine).values(contact_key="0" * 64))
        else:
            conn.execute(delivery.delete().where(mine))

    monkeypatch.setattr(release, "_page_answers", lambda _url: None)
    with pytest.raises(Conflict, match="not what was approved"):
        release.release(public, alert_id, MARIA)


def _alert(desk: Desk, alert_id: str) -> Any:
    with desk.ledger.read() as conn:
        return alerts.value(draft.found(conn, alert_id))


def test_a_language_that_is_held_back_is_not_posted_in_another(
    public: Desk, root: Path, hold: Callable[..., None]
) -> None:
    """Nobody who reads only Vietnamese is helped by English there: the post is left out, and everybody is told so."""
    hold("vi")

    seen = preview.preview(public, str(root / EXAMPLE))
    alert_id = submitted(public, root)

    assert not seen.blocked
    assert seen.to_json()["posts"]["held"] == ["vi"]
    assert sorted({p.slot.language for p in planned(public, alert_id)}) == [tag for tag in LANGUAGES if tag != "vi"]
    assert "Held back, so not posted: vi." in status.status(public, alert_id)["posting"]
    assert "Held back, so not posted: vi." in look.look(public, alert_id).posting


def test_a_held_post_that_a_person_passes_is_posted(public: Desk, root: Path, hold: Callable[..., None]) -> None:
    """Released past the finding with a reason, as any other text."""
    hold("vi")
    step = draft.draft(public, root / EXAMPLE, MARIA)
    submit.submit(public, step.id, MARIA, {"X1": "a native speaker has read it"})

    assert len(planned(public, step.id)) == POSTS


def test_a_post_that_contradicts_the_facts_stops_everything(
    public: Desk, root: Path, hold: Callable[..., None]
) -> None:
    """A finding of the release's scope in one post blocks the release, as in any text."""
    hold("ar", Scope.RELEASE)

    assert preview.preview(public, str(root / EXAMPLE)).blocked


def test_without_accounts_nothing_is_posted_and_everybody_is_told(desk: Desk, root: Path) -> None:
    """Preview, status, report and approval say it; the texts can be looked at all the same."""
    seen = preview.preview(desk, str(root / EXAMPLE))
    alert_id = submitted(desk, root)

    assert (seen.to_json()["posts"]["count"], seen.to_json()["posts"]["reason"]) == (0, posting.NO_ACCOUNTS)
    assert sum(v.means == "social" for v in seen.prepared.variants) == len(LANGUAGES)
    assert planned(desk, alert_id) == []
    assert status.status(desk, alert_id)["posting"] == [posting.NO_ACCOUNTS]
    assert posting.NO_ACCOUNTS in report.report(desk, alert_id)
    assert look.look(desk, alert_id).posting == [posting.NO_ACCOUNTS]


@pytest.mark.parametrize(
    ("mode", "alert", "reason"),
    [
        (Mode.EXERCISE, "status: Exercise", ""),
        (Mode.TEST, "status: Exercise", posting.GUESTS_ONLY),
        (Mode.TEST, "status: Exercise\nannounced: true", posting.GUESTS_ONLY),
        (Mode.LIVE, "status: Exercise", posting.NOT_ANNOUNCED),
        (Mode.LIVE, "status: Test", posting.NOT_ANNOUNCED),
        (Mode.LIVE, "status: Exercise\nannounced: true", ""),
        (Mode.LIVE, "status: Actual", ""),
    ],
)
def test_the_public_never_sees_an_exercise_that_nobody_announced(
    home: Path, root: Path, tmp_path: Path, mode: Mode, alert: str, reason: str
) -> None:
    """In live mode only what is real or announced is posted, in test mode nothing."""
    desk = Desk(Settings(home=home, content=root, mode=mode))
    vars(desk)["accounts"] = TWO
    file = tmp_path / "alert.yaml"
    file.write_text((root / EXAMPLE).read_text().replace("status: Exercise", alert))

    found = preview.preview(desk, str(file)).prepared.posting
    desk.ledger.close()

    assert (found.reason, bool(found.posts)) == (reason, not reason)


def test_an_account_that_is_gone_is_named_with_what_it_still_says(public: Desk, root: Path) -> None:
    """A correction cannot reach an account that is not set up any more, so a person must."""
    alert_id = submitted(public, root)
    older = planned(public, alert_id)
    with public.ledger.write() as conn:
        conn.execute(delivery.update().where(delivery.c.means == "social").values(state="delivered"))
        standing = alerts.standing_release(conn, alert_id)
        assert standing
        texts = alerts.variants(conn, standing.id)
    vars(public)["accounts"] = {"mastodon": TWO["mastodon"]}
    with public.ledger.read() as conn:
        found = posting.posting(public, conn, _alert(public, alert_id), texts, [standing.id], ())

    gone = [p.slot for p in older if p.slot.via == "bluesky"]
    assert sorted(found.unanswered) == sorted(gone)
    assert "Answer it by hand." in posting.sentences(found.to_json())[-1]


# --- where it is shown


def test_the_matrix_shows_a_post_as_a_post(public: Desk, root: Path) -> None:
    """With who says it, and how much of a post it takes."""
    page = matrix.matrix(public, preview.preview(public, str(root / EXAMPLE)))

    assert "<h4>Public post: 2 accounts</h4>" in page
    assert "em.bsky.example · @em@social.example" in page
    assert "of 300 characters" in page
    assert f"{POSTS} posts: 2 accounts, {len(LANGUAGES)} languages." in page


def test_a_post_waits_in_status_until_it_is_posted(public: Desk, root: Path) -> None:
    """Each with its account, language and a word of the glossary; nobody counts as reached."""
    alert_id = submitted(public, root)
    before = status.status(public, alert_id)
    with public.ledger.write() as conn:
        mine = delivery.c.means == "social"
        conn.execute(delivery.update().where(mine, delivery.c.language == "ar").values(state="undelivered"))
        conn.execute(delivery.update().where(mine, delivery.c.language == "en").values(state="delivered"))

    found = status.status(public, alert_id)

    assert before["posted"] == {"posted": 0, "waiting": POSTS, "unknown": 0, "not posted": 0}
    assert found["posted"] == {"posted": 2, "waiting": POSTS - 4, "unknown": 0, "not posted": 2}
    assert {p["word"] for p in found["posts"] if p["language"] == "en"} == {"posted"}
    assert found["contacts"] == before["contacts"]
    assert not [row for row in found["reach"] if row["means"] == "social"]


def test_whoever_watches_sees_what_is_posted(
    public: Desk, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line of progress counts posts apart from messages."""
    alert_id = submitted(public, root)
    with public.ledger.write() as conn:
        conn.execute(delivery.update().where(delivery.c.means == "social").values(state="delivered"))
    answers = iter([False, True])
    monkeypatch.setattr(status, "settled", lambda *_: next(answers))

    showing.watch(public, alert_id, every=0)

    assert f"posted {POSTS}" in capsys.readouterr().err


def test_a_state_of_a_delivery_has_a_word_for_posts() -> None:
    """Whatever becomes of a post, one of four words says it."""
    words = {posting.word(state) for state in DeliveryState}
    assert words == {"posted", "waiting", "unknown", "not posted"}
