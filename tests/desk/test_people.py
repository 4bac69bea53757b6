import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from onevoice.desk import approve, ask, control, draft, officers, partners, release, revise, status, submit
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import Desk
from onevoice.errors import Conflict, OutOfReach, Refused, Unusable
from onevoice.ledger import alerts
from onevoice.settings import Settings
from sandbox.testing import Sandbox

EXAMPLE = "examples/river_flood_warning.yaml"
SECRET = "correct horse battery"
MARIA, SAM, LENA = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver"), Actor("Lena Park", "approver")
OTTO, ANN = Actor("Otto Frey", "manager"), Actor("Ann Lee", "officer")


@pytest.fixture
def drafted(desk: Desk, root: Path) -> str:
    """An alert that Ann wrote."""
    return draft.draft(desk, root / EXAMPLE, ANN).id


@pytest.fixture
def submitted(desk: Desk, drafted: str) -> str:
    """The same, edited by Lena and handed in by Maria."""
    return submit.submit(desk, drafted, MARIA).id


# --- who acts -------------------------------------------------------------------------------------------------


def test_a_secret_proves_who_somebody_is(desk: Desk) -> None:
    """Name and secret give the person with their role."""
    assert officers.prove(desk, "Maria Solis", SECRET) == MARIA


def test_a_wrong_name_is_answered_as_a_wrong_secret_is(desk: Desk) -> None:
    """Nobody learns who acts here: the two sentences differ in nothing but the name that was typed."""
    said = []
    for name, secret in (("Maria Solis", "wrong horse"), ("Nobody", SECRET), ("", ""), ("Sam Okafor", "")):
        with pytest.raises(Refused) as caught:
            officers.prove(desk, name, secret)
        said.append(str(caught.value).replace(name, "NAME", 1) if name else f"NAME{caught.value}")

    assert len(set(said)) == 1


def test_a_wrong_name_takes_as_long_as_a_wrong_secret(desk: Desk) -> None:
    """An unknown name costs a hash too, so that the clock tells nothing."""
    times = {}
    for name in ("Maria Solis", "Nobody"):
        begun = time.process_time()
        with pytest.raises(Refused):
            officers.prove(desk, name, "wrong horse")
        times[name] = time.process_time() - begun

    assert times["Nobody"] > times["Maria Solis"] / 4


def test_who_was_removed_cannot_act_any_more(desk: Desk) -> None:
    """Their secret is theirs no longer."""
    officers.remove(desk, "Maria Solis")

    with pytest.raises(Refused, match="do not fit together"):
        officers.prove(desk, "Maria Solis", SECRET)
    assert "Maria Solis" not in [o.name for o in officers.everybody(desk)]


@pytest.mark.parametrize(
    ("name", "role", "secret", "more", "said"),
    [
        ("Eve", "boss", SECRET, {}, "--role: 'boss' is no role. Use one of: manager, approver, officer"),
        ("Eve", "officer", "short", {}, "secret: The secret has 5 characters; it needs at least 8"),
        ("  ", "officer", SECRET, {}, "name: .*needs a name"),
        ("Eve", "officer", SECRET, {"mobile": "4.47E+11"}, "--mobile: It was turned into scientific notation"),
        ("Eve", "officer", SECRET, {"mobile": "eve@town.example"}, "--mobile: This is no mobile"),
        ("Eve", "officer", SECRET, {"email": "eve at town"}, "--email: This is no email"),
    ],
)
def test_who_cannot_act_is_not_added(
    name: str, role: str, secret: str, more: dict[str, str], said: str, desk: Desk
) -> None:
    """Unknown role, short secret, no name, or an address that nothing can reach."""
    with pytest.raises(Unusable, match=said):
        officers.add(desk, name, role, secret, **more)


@pytest.mark.parametrize("name", ["Maria Solis", "Maria  Solis", " Maria Solis "])
def test_nobody_takes_a_name_that_is_taken(name: str, desk: Desk) -> None:
    """A space more does not make a second Maria."""
    with pytest.raises(Conflict, match="already somebody called Maria Solis"):
        officers.add(desk, name, "approver", SECRET)


def test_secrets_and_addresses_of_officers_do_not_stand_in_the_database(desk: Desk) -> None:
    """The file holds a hash and ciphertext."""
    officers.add(desk, "Eve", "approver", "a quite unusual secret", mobile="(413) 555-0177", email="eve@town.example")
    desk.ledger.close()
    octets = b"".join(path.read_bytes() for path in desk.settings.home.glob("onevoice.db*"))

    for word in (b"a quite unusual secret", b"5550177", b"555-0177", b"eve@town"):
        assert word not in octets
    assert officers.everybody(desk)[-1] == officers.Officer("Eve", "approver", ("mobile", "email"))


# --- two people -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actor", "answer"),
    [
        (ANN, "takes approver or manager"),
        (Actor("Eve", "officer"), "takes approver or manager"),
        (Actor("Ann Lee", "approver"), "wrote, edited or submitted"),
        (LENA, "wrote, edited or submitted"),
        (MARIA, "wrote, edited or submitted"),
        (OTTO, ""),
        (SAM, ""),
    ],
    ids=["author", "officer", "author-with-role", "editor", "submitter", "manager", "approver"],
)
def test_only_another_person_answers(actor: Actor, answer: str, desk: Desk, drafted: str, root: Path) -> None:
    """Neither who wrote it, nor who edited it, nor who handed it in; a manager or approver who did none of these."""
    revise.edit(desk, drafted, root / EXAMPLE, LENA)
    submit.submit(desk, drafted, MARIA)

    if not answer:
        assert approve.approve(desk, drafted, actor).state == "approved"
        return
    with pytest.raises(Refused, match=answer):
        approve.approve(desk, drafted, actor)
    with pytest.raises(Refused, match=answer):
        approve.send_back(desk, drafted, actor, "why")
    assert draft.step(desk, drafted).state == "submitted"


def test_a_return_needs_a_reason(desk: Desk, submitted: str) -> None:
    """The author must know what to mend."""
    with pytest.raises(Unusable, match="reason: Say why"):
        approve.send_back(desk, submitted, SAM, "  ")


def test_after_a_return_everything_must_be_approved_again(desk: Desk, submitted: str) -> None:
    """What was returned cannot be released; handed in again, it is another release and waits for an answer."""
    returned = approve.send_back(desk, submitted, SAM, "The street is wrong.")
    with pytest.raises(Conflict, match="returned"):
        release.release(desk, submitted, MARIA)
    again = submit.submit(desk, submitted, MARIA)

    assert again.state == "submitted"
    with pytest.raises(Conflict, match="submitted"):
        release.release(desk, submitted, MARIA)
    with desk.ledger.read() as conn:
        assert not alerts.approvals(conn, alerts.standing_release(conn, submitted).id)  # type: ignore[union-attr]  # it stands
    assert returned.release is None


def test_status_says_who_returned_it_and_why(desk: Desk, submitted: str) -> None:
    """Who wrote it should not have to open the page to learn what to mend."""
    approve.send_back(desk, submitted, SAM, "The street is wrong.")
    (told,) = status.status(desk, submitted)["verdicts"]
    assert (told["verdict"], told["by"], told["reason"]) == ("returned", SAM.name, "The street is wrong.")
    submit.submit(desk, submitted, MARIA)
    assert [one["verdict"] for one in status.status(desk, submitted)["verdicts"]] == ["returned"]


def test_what_somebody_was_not_shown_they_cannot_approve(desk: Desk, submitted: str, root: Path) -> None:
    """The page names the hash that it showed; after a change in between the approval is refused."""
    shown = draft.step(desk, submitted).release
    path = desk.settings.home / "changed.yaml"
    path.write_text((root / EXAMPLE).read_text(encoding="utf-8") + "reason: changed\n", encoding="utf-8")
    revise.edit(desk, submitted, path, MARIA)
    submit.submit(desk, submitted, MARIA)

    with pytest.raises(Conflict, match="changed since it was shown"):
        approve.approve(desk, submitted, SAM, shown=shown)


def test_an_edit_makes_an_approval_void(desk: Desk, submitted: str, root: Path) -> None:
    """After approval nobody changes a word of what was approved: who edits is back at a draft."""
    approve.approve(desk, submitted, SAM)
    with desk.ledger.write() as conn:
        found = alerts.value(alerts.row(conn, submitted))
        assert not alerts.rewrite(conn, found, editor="Eve", editors=[])
        with pytest.raises(Conflict, match="approved, so it cannot be submitted"):
            submit.submit(desk, submitted, MARIA)

    edited = revise.edit(desk, submitted, root / EXAMPLE, OTTO)

    assert (edited.state, edited.release) == ("draft", None)
    with pytest.raises(Conflict, match="draft, so it cannot be released"):
        release.release(desk, submitted, MARIA)
    submit.submit(desk, submitted, MARIA)
    with pytest.raises(Refused, match="edited"):
        approve.approve(desk, submitted, OTTO)


def test_what_was_released_cannot_be_edited(desk: Desk, submitted: str, root: Path) -> None:
    """People hold it: only a new version changes anything."""
    with desk.ledger.write() as conn:
        alerts.move(conn, submitted, of=("submitted",), to="sending", released_at=desk.now())

    with pytest.raises(Conflict, match=r"sending, so it cannot be changed.*new version"):
        revise.edit(desk, submitted, root / EXAMPLE, MARIA)


def test_an_edit_stays_with_the_event(desk: Desk, drafted: str, root: Path) -> None:
    """An exercise is not turned into something real, nor a flood into a fire, under the same id."""
    path = desk.settings.home / "other.yaml"
    path.write_text((root / EXAMPLE).read_text(encoding="utf-8").replace("Exercise", "Actual"), encoding="utf-8")

    with pytest.raises(Unusable, match=r"^status: .*new alert"):
        revise.edit(desk, drafted, path, MARIA)


def test_the_hazard_must_be_typed_as_it_is_called(desk: Desk, submitted: str) -> None:
    """Small letters and spaces do not matter; another hazard does."""
    with pytest.raises(Refused, match="River flood"):
        approve.approve(desk, submitted, SAM, hazard_typed="flash flood")

    assert approve.approve(desk, submitted, SAM, hazard_typed=" river  FLOOD ").state == "approved"


def test_an_approval_that_nobody_signed_does_not_count(
    desk: Desk, submitted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row written past the desk has no signature of ours, and releases nothing."""
    monkeypatch.setattr("onevoice.desk.release._page_answers", lambda _url: None)
    with desk.ledger.write() as conn:
        frozen = alerts.standing_release(conn, submitted)
        assert frozen is not None
        alerts.approve(
            conn, release_id=frozen.id, hash=frozen.hash, contacts=frozen.contacts, by="Sam Okafor",
            verdict="approved", reason=None, at=desk.now(), signature="0" * 64,
        )  # fmt: skip
        alerts.move(conn, submitted, of=("submitted",), to="approved")

    with pytest.raises(Refused, match="No approval stands under this release"):
        release.release(desk, submitted, MARIA)


# --- the kill switch ------------------------------------------------------------------------------------------


def test_one_person_halts_and_two_resume(desk: Desk) -> None:
    """The first who asks changes nothing; the same person twice is refused; the second person makes it so."""
    assert control.halt(desk, "Maria Solis", "wrong text")["control"] == "halted"
    assert desk.settings.halt_file.exists()

    assert control.resume(desk, MARIA) | {"at": ""} == control.state(desk) | {"at": ""}
    assert control.state(desk)["control"] == "halted"
    with pytest.raises(Refused, match="asked already"):
        control.resume(desk, MARIA)
    assert control.resume(desk, SAM)["control"] == "running"
    assert not desk.settings.halt_file.exists()


def test_a_halt_forgets_who_asked_to_resume(desk: Desk) -> None:
    """After another halt both must ask again."""
    control.halt(desk, "Maria Solis", "wrong text")
    control.resume(desk, MARIA)
    control.halt(desk, "Sam Okafor", "still wrong")

    assert control.resume(desk, SAM)["control"] == "halted"


def test_resume_with_nothing_halted_is_said(desk: Desk) -> None:
    """It is no error of the machine."""
    with pytest.raises(Conflict, match="Nothing is halted"):
        control.resume(desk, MARIA)


def test_without_a_database_the_file_still_stops_this_machine(tmp_path: Path, root: Path) -> None:
    """What was told to the database is said, and what was not."""
    desk = Desk(Settings(home=tmp_path / "new", content=root))

    found = control.halt(desk, "Maria Solis", "wrong text")

    assert (found["control"], found["database"]) == ("halted", False)
    assert "onevoice db upgrade" in found["detail"]
    assert "Maria Solis: wrong text" in desk.settings.halt_file.read_text(encoding="utf-8")


def test_a_halt_that_stops_nothing_says_so_loudly(tmp_path: Path, root: Path) -> None:
    """Neither file nor database: the person must know that they have to do it by hand."""
    (tmp_path / "file").touch()
    desk = Desk(Settings(home=tmp_path / "file" / "home", content=root))

    with pytest.raises(OutOfReach, match=r"NOTHING IS STOPPED.*by hand"):
        control.halt(desk, "Maria Solis", "wrong text")


def test_a_file_that_cannot_be_written_does_not_stop_the_halt(desk: Desk) -> None:
    """The database alone is enough for every sender that reads it."""
    desk.settings.halt_file.mkdir()

    assert control.halt(desk, "Maria Solis", "wrong text")["reason"] == "wrong text"


# --- partners -------------------------------------------------------------------------------------------------


def test_a_partner_has_a_token_until_it_is_revoked(desk: Desk) -> None:
    """The token proves the partner, is not listed, and ends at once."""
    token = partners.add(desk, "radio", "Town Radio", email="desk@radio.example", languages=("en", "es"))

    assert partners.prove(desk, token).id == "radio"
    assert token not in str(partners.listing(desk))
    assert partners.listing(desk) == [
        {"id": "radio", "name": "Town Radio", "languages": "en,es", "tiers": "", "zones": "", "revoked": False}
    ]
    partners.revoke(desk, "radio")
    assert partners.listing(desk)[0]["revoked"]
    with pytest.raises(Refused, match="not valid"):
        partners.prove(desk, token)
    with pytest.raises(Unusable, match="no partner 'radio' whose access could end"):
        partners.revoke(desk, "radio")
    with pytest.raises(Conflict, match="already a partner 'radio'"):
        partners.add(desk, "radio", "Another")


def test_a_partner_says_which_version_it_passes_on(desk: Desk, submitted: str) -> None:
    """The last word of each partner stands in the status of the chain; other words are refused."""
    token = partners.add(desk, "radio", "Town Radio")
    partners.say(desk, token, submitted, "received")
    partners.say(desk, token, submitted, "passing-on")

    said = status.status(desk, submitted)["partners"]

    assert [(w["partner"], w["word"], w["version"]) for w in said] == [("radio", "passing-on", 1)]
    with pytest.raises(Unusable, match=r"'shared'.*received, passing-on"):
        partners.say(desk, token, submitted, "shared")
    with pytest.raises(Refused, match="not valid"):
        partners.say(desk, "made up", submitted, "received")
    with pytest.raises(Unusable, match="There is no alert"):
        partners.say(desk, token, "river-flood-xxxxxx-1", "received")


# --- the next deputy ------------------------------------------------------------------------------------------


@pytest.fixture
def asked(settings: Settings, root: Path) -> Iterator[tuple[Callable[[timedelta], None], Desk, str]]:
    """A desk on the sandbox whose clock can be moved on, and an alert that waits for its first approver."""
    clock = [datetime.now(UTC)]
    desk = Desk(settings, now=lambda: clock[0])

    def later(by: timedelta) -> None:
        clock[0] += by

    step = draft.draft(desk, root / EXAMPLE, MARIA)
    submit.submit(desk, step.id, MARIA)
    yield later, desk, step.id
    desk.ledger.close()


def test_the_next_deputy_is_told_when_nobody_answers(
    asked: tuple[Callable[[timedelta], None], Desk, str], sandbox: Sandbox
) -> None:
    """After the deputy's minutes the next one is told, once; then there is nobody left to tell."""
    later, desk, alert_id = asked
    minutes = timedelta(minutes=desk.settings.deputy_after_minutes)

    assert ask.escalate(desk) == []
    later(minutes + timedelta(seconds=1))
    assert ask.escalate(desk) == [alert_id]
    assert ask.escalate(desk) == []
    later(minutes + timedelta(seconds=1))
    assert ask.escalate(desk) == []

    texts = [e for e in sandbox.entries("sms", "accepted") if "Approval needed" in e.body]
    mails = [e for e in sandbox.entries("smtp", "accepted") if "Approval needed" in e.body]
    assert (len(texts), len(mails)) == (2, 2)


def test_nobody_is_told_once_it_is_answered(asked: tuple[Callable[[timedelta], None], Desk, str]) -> None:
    """An approved alert waits for no deputy."""
    later, desk, alert_id = asked
    approve.approve(desk, alert_id, SAM)
    later(timedelta(hours=1))

    assert ask.escalate(desk) == []
