"""The whole way at once, for exercises and tests: what a drill uses and what shows that everything works.

Here the program plays every person itself. So each step that drafts, submits, approves or makes an officer first asks
`refuse_live`: whoever calls it, in whatever order.
"""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from onevoice.alert import Status
from onevoice.desk import approve, ask, draft, officers, release, resolve, send, status, submit
from onevoice.desk.officers import Actor
from onevoice.errors import Blocked, OutOfReach
from onevoice.settings import Mode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onevoice.alert import AlertFile
    from onevoice.desk.wiring import Desk

AUTHOR = Actor("exercise author", "manager")
DEPUTY = Actor("exercise deputy", "approver")
"""Who stands under a rehearsal's steps. They have no secret, so nobody can act as them elsewhere."""


def refuse_live(desk: Desk) -> None:
    """Stop where people are really reached: nobody is played there.

    Raises:
        Blocked: the deployment is live.
    """
    if desk.settings.mode is Mode.LIVE:
        what = "A live deployment takes no rehearsal: it releases only with two people who proved who they are."
        remedy = "Rehearse on an exercise deployment (ONEVOICE_MODE=exercise); here draft, submit, approve and release."
        raise Blocked(what, remedy=remedy)


def submit_exercise(desk: Desk, file: AlertFile) -> str:
    """Draft and submit what a form gave, under the rehearsal's author. Returns the alert's id.

    Raises:
        Blocked: the deployment is live, or a finding stops the release.
    """
    refuse_live(desk)
    step = draft.draft_file(desk, file, AUTHOR, base=Path())
    return submit.submit(desk, step.id, AUTHOR).id


def prepare_release(desk: Desk, file: Path) -> str:
    """Draft, submit and approve a file as an exercise or test. Returns the alert's id.

    Raises:
        Blocked: the deployment is live, or the alert is Actual.
    """
    refuse_live(desk)
    given = resolve.read_file(file)
    if given.status is Status.ACTUAL:
        remedy = "Write status: Exercise. A real alert takes two people: alert draft, submit, approve, release."
        raise Blocked("This alert is real, and nobody is played in one.", where=str(file), remedy=remedy)
    step = draft.draft_file(desk, given, AUTHOR, base=file.parent)
    submit.submit(desk, step.id, AUTHOR)
    approve.approve(desk, step.id, DEPUTY)
    return step.id


def run(desk: Desk, file: Path, *, wait: bool, progress: send.Progress | None = None) -> str:
    """All four steps, then send; with `wait` until nothing more is to come. Returns the alert's id."""
    alert_id = prepare_release(desk, file)
    release.release(desk, alert_id, AUTHOR)
    sent = send.send_unless_taken(desk, alert_id, progress=progress)
    if wait and not (sent and sent.stopped):
        wait_until_settled(desk, alert_id, progress=progress)
    return alert_id


def wait_until_settled(desk: Desk, alert_id: str, *, progress: send.Progress | None = None) -> None:
    """Send and follow up until every delivery is terminal, parked, or past its receipt deadline, or until stopped."""
    while not status.settled(desk, alert_id):
        if send.send_due(desk, once=True, progress=progress).stopped:
            return
        time.sleep(send.EVERY)


def wait_until_quiet(desk: Desk, alert_id: str, *, silence: float = 6.0, progress: send.Progress | None = None) -> None:
    """Send and listen until nothing was heard for `silence` seconds and no call is to be made or in doubt.

    What is still to come (the next means after a deadline, late receipts) is left to whoever follows up.
    """
    last, since = None, time.monotonic()
    while not status.settled(desk, alert_id):
        if send.send_due(desk, once=True, progress=progress).stopped:
            return
        now = status.status(desk, alert_id)["deliveries"]
        if now != last:
            last, since = now, time.monotonic()
        if time.monotonic() - since >= silence and not (now["planned"] or now["submitting"]):
            return
        time.sleep(send.EVERY)


class _Hidden(HTMLParser):
    """Reads the hidden fields of a page's forms."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a hidden input."""
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.fields[str(given["name"])] = given.get("value") or ""


@contextmanager
def deputy(desk: Desk) -> Iterator[dict[str, str]]:
    """The name and secret of an approver who is on the list as long as the `with` lasts.

    Raises:
        Blocked: the deployment is live.
    """
    refuse_live(desk)
    name, secret = f"rehearsal {secrets.token_hex(4)}", secrets.token_urlsafe(16)
    officers.add(desk, name, "approver", secret)
    try:
        yield {"name": name, "secret": secret}
    finally:
        officers.remove(desk, name)


def approve_on_page(desk: Desk, alert_id: str) -> None:
    """Approve an exercise as a person would: open the approval page, type the hazard, send the form.

    The deputy of the rehearsal gets a secret for this one deed, and is removed afterwards.

    Raises:
        Blocked: the deployment is live.
        OutOfReach: the page does not answer, or does not take the approval.
    """
    refuse_live(desk)
    with deputy(desk) as played:
        _fill_in(desk, alert_id, played | {"deed": "approve"})


def _fill_in(desk: Desk, alert_id: str, deed: dict[str, str]) -> None:
    import httpx  # noqa: PLC0415 - only a rehearsal needs it

    page = ask.approval_link(desk, alert_id)
    with desk.ledger.read() as conn:
        hazard = desk.content.lexicon.hazards[draft.found(conn, alert_id).hazard].name
    try:
        with httpx.Client(timeout=10, trust_env=False, follow_redirects=True) as browser:
            hidden = _Hidden()
            hidden.feed(browser.get(page).raise_for_status().text)
            origin = {"Origin": desk.settings.public_url.rstrip("/")}
            browser.post(page, data=hidden.fields | deed | {"hazard": hazard}, headers=origin).raise_for_status()
    except httpx.HTTPError as problem:
        what = f"The approval page did not take the approval ({type(problem).__name__})."
        raise OutOfReach(what, where=page, remedy="Is `onevoice serve` running?") from None
