"""People who act go, come back and change their secrets; drafts are discarded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from onevoice.desk import approve, ask, draft, leaving, officers, revise, status, submit
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import Desk
from onevoice.errors import Conflict, Refused, Unusable
from onevoice.ledger import alerts, audit
from onevoice.settings import Settings
from sandbox.testing import Sandbox

EXAMPLE = "examples/river_flood_warning.yaml"
SECRET = "correct horse battery"
MARIA, SAM = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver")


@pytest.fixture
def drafted(desk: Desk, root: Path) -> str:
    """A draft of Maria's."""
    return draft.draft(desk, root / EXAMPLE, MARIA).id


# --- going ----------------------------------------------------------------------------------------------------


def test_who_is_removed_cannot_sign_in_from_that_moment(desk: Desk) -> None:
    """Their name and secret prove nothing any more; the chain of acts says who took them off, and holds."""
    leaving.remove(desk, "Sam Okafor", MARIA)

    with pytest.raises(Refused, match="do not fit together"):
        officers.prove(desk, "Sam Okafor", SECRET)
    with desk.ledger.read() as conn:
        assert audit.verify(conn, desk.vault).whole
        last = conn.exec_driver_sql("SELECT actor, act, subject FROM audit ORDER BY id DESC LIMIT 1").one()
    assert tuple(last) == ("Maria Solis", "officer removed", "Sam Okafor")


@pytest.mark.parametrize(("actor", "name"), [(SAM, "Lena Park"), (Actor("Ann", "officer"), "Sam Okafor")])
def test_only_a_manager_removes_somebody(actor: Actor, name: str, desk: Desk) -> None:
    """An approver who could remove the others would approve alone."""
    with pytest.raises(Refused, match="takes manager"):
        leaving.remove(desk, name, actor)
    assert officers.prove(desk, name, SECRET).name == name


def test_the_last_approver_stays_unless_somebody_insists(desk: Desk) -> None:
    """Without approvers nobody is asked; a secret in wrong hands is worse, so it can be insisted on."""
    leaving.remove(desk, "Lena Park", MARIA)
    with pytest.raises(Conflict, match=r"nobody who is asked to approve.*--anyway"):
        leaving.remove(desk, "Sam Okafor", MARIA)
    assert officers.prove(desk, "Sam Okafor", SECRET) == SAM

    leaving.remove(desk, "Sam Okafor", MARIA, anyway=True)
    assert [one.name for one in officers.everybody(desk)] == ["Maria Solis"]


def test_nobody_stands_alone_who_may_approve(desk: Desk) -> None:
    """One approver and no manager: what that one writes, nobody could approve."""
    leaving.remove(desk, "Lena Park", MARIA)
    with pytest.raises(Conflict, match="has nobody to approve it"):
        leaving.remove(desk, "Maria Solis", MARIA)


def test_who_is_not_there_cannot_be_removed(desk: Desk) -> None:
    """The list is named; somebody removed before is not there either."""
    leaving.remove(desk, "Lena Park", MARIA)
    for name in ("Lena Park", "Nobody"):
        with pytest.raises(Unusable, match=rf"nobody called {name}.*people list"):
            leaving.remove(desk, name, MARIA)


def test_who_comes_back_has_only_the_new_secret(desk: Desk) -> None:
    """The old row is taken up again, last in the order of deputies, and nothing of it counts any more."""
    leaving.remove(desk, "Sam Okafor", MARIA)
    officers.add(desk, "Sam Okafor", "officer", "another secret")

    with pytest.raises(Refused):
        officers.prove(desk, "Sam Okafor", SECRET)
    assert officers.prove(desk, "Sam Okafor", "another secret") == Actor("Sam Okafor", "officer")
    assert officers.everybody(desk)[-1] == officers.Officer("Sam Okafor", "officer", ())


@pytest.fixture
def asking(settings: Settings, root: Path) -> Iterator[tuple[Desk, str]]:
    """An alert for whose approval Sam was asked."""
    desk = Desk(settings)
    alert_id = draft.draft(desk, root / EXAMPLE, MARIA).id
    submit.submit(desk, alert_id, MARIA)
    yield desk, alert_id
    desk.ledger.close()


def test_what_waits_for_them_goes_to_the_next_deputy(asking: tuple[Desk, str], sandbox: Sandbox) -> None:
    """Lena is told at once; where nobody is left, that is the answer."""
    desk, alert_id = asking
    assert ask.told(desk, alert_id) == ["Sam Okafor"]

    assert leaving.remove(desk, "Sam Okafor", MARIA) == {alert_id: "Lena Park"}
    assert leaving.remove(desk, "Lena Park", MARIA, anyway=True) == {alert_id: None}

    assert ask.told(desk, alert_id) == ["Sam Okafor", "Lena Park"]
    assert len([e for e in sandbox.entries("sms", "accepted") if "Approval needed" in e.body]) == 2


def test_who_was_asked_before_somebody_else_is_not_waited_for(asking: tuple[Desk, str]) -> None:
    """Lena has been asked since; that Sam goes changes nothing for her."""
    desk, alert_id = asking
    assert ask.ask(desk, alert_id) == "Lena Park"

    assert leaving.remove(desk, "Sam Okafor", MARIA) == {}


# --- secrets --------------------------------------------------------------------------------------------------


def test_a_new_secret_ends_the_old_one(desk: Desk) -> None:
    """From that moment only the new one proves anything."""
    leaving.change_secret(desk, "Sam Okafor", SECRET, "a better secret")

    assert officers.prove(desk, "Sam Okafor", "a better secret") == SAM
    with pytest.raises(Refused):
        officers.prove(desk, "Sam Okafor", SECRET)


@pytest.mark.parametrize(
    ("old", "new", "error", "said"),
    [
        ("wrong horse", "a better secret", Refused, "do not fit together"),
        (SECRET, "short", Unusable, "5 characters; it needs at least 8"),
        (SECRET, SECRET, Unusable, "the secret that you have"),
    ],
)
def test_a_secret_that_cannot_be_changed_stays(
    old: str, new: str, error: type[Exception], said: str, desk: Desk
) -> None:
    """Who does not know the old one changes nothing; a new one must be long enough, and new."""
    with pytest.raises(error, match=said):
        leaving.change_secret(desk, "Sam Okafor", old, new)
    assert officers.prove(desk, "Sam Okafor", SECRET) == SAM


@pytest.mark.parametrize("name", ["Eve\nOkafor\x1b[2J", "E" * 81, "Eve\u202eLive"])
def test_a_name_is_one_that_everybody_can_read(name: str, desk: Desk) -> None:
    """It stands on pages and in the halt file: no control characters, nothing that turns the text around."""
    with pytest.raises(Unusable, match="name: A name has at most 80 characters"):
        officers.add(desk, name, "officer", SECRET)


# --- drafts ---------------------------------------------------------------------------------------------------


def test_a_discarded_draft_is_kept_and_can_never_go_out(desk: Desk, drafted: str, root: Path) -> None:
    """It is recalled: listed, in the chain of acts, and neither handed in nor edited nor revised any more."""
    assert revise.discard(desk, drafted, SAM).state == "recalled"

    assert [(row["id"], row["state"]) for row in status.listing(desk)] == [(drafted, "recalled")]
    for attempt in (
        lambda: submit.submit(desk, drafted, MARIA),
        lambda: revise.edit(desk, drafted, root / EXAMPLE, MARIA),
        lambda: revise.update(desk, drafted, root / EXAMPLE, MARIA),
        lambda: revise.cancel(desk, drafted, MARIA),
        lambda: revise.discard(desk, drafted, MARIA),
    ):
        with pytest.raises(Conflict, match=r"recalled|discarded"):
            attempt()
    with desk.ledger.read() as conn:
        acts = conn.exec_driver_sql("SELECT actor, act FROM audit WHERE subject = ?", (drafted,)).all()
    assert [tuple(act) for act in acts] == [("Maria Solis", "drafted"), ("Sam Okafor", "discarded")]


def test_what_was_returned_can_be_discarded(desk: Desk, drafted: str) -> None:
    """Nobody waits for it any more."""
    submit.submit(desk, drafted, MARIA)
    approve.send_back(desk, drafted, SAM, "The dam holds.")

    assert revise.discard(desk, drafted, MARIA).state == "recalled"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("submitted", "return it first"),
        ("approved", "alert edit"),
        ("sending", "alert cancel"),
        ("halted", "alert cancel"),
        ("completed", "alert cancel"),
        ("expired", "alert cancel"),
    ],
)
def test_what_others_rely_on_is_not_discarded(state: str, said: str, desk: Desk, drafted: str) -> None:
    """Submitted, approved, sent: it stays as it is, and the way out is named."""
    with desk.ledger.write() as conn:
        alerts.move(conn, drafted, of=("draft",), to=state)

    with pytest.raises(Conflict, match=f"is {state}, so it cannot be discarded.*{said}"):
        revise.discard(desk, drafted, MARIA)
    assert draft.step(desk, drafted).state == state


def test_a_discarded_update_leaves_the_older_version_to_be_updated(desk: Desk, drafted: str, root: Path) -> None:
    """The chain goes on from what was released."""
    with desk.ledger.write() as conn:
        alerts.move(conn, drafted, of=("draft",), to="sending", released_at=desk.now())
    second = revise.update(desk, drafted, root / EXAMPLE, MARIA)
    revise.discard(desk, second.id, MARIA)

    assert revise.update(desk, drafted, root / EXAMPLE, MARIA).id.endswith("-3")
