"""A person answers a reply: once, by text message, under the rules of everything that is sent."""

import logging
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from console.app import build
from onevoice import cli
from onevoice.desk import answering, control, officers, receive
from onevoice.desk.officers import Actor
from onevoice.desk.setup import upgrade
from onevoice.desk.wiring import Desk
from onevoice.dispatch.providers import Inbound
from onevoice.errors import Blocked, Conflict, OneVoiceError, Refused, Unusable
from onevoice.ledger import chronicle
from onevoice.people import Means
from onevoice.settings import Mode, Settings
from sandbox.testing import Sandbox

MARIA = Actor("Maria Solis", "manager")
STRANGER = "+14135550187"
CRY = "We are trapped upstairs"
WORDS = "Stay upstairs. A boat is coming within ten minutes."
SECRET = "correct horse battery"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a home with somebody who acts, and nobody to write to: those who write are strangers."""
    monkeypatch.setenv("ONEVOICE_HOME", str(tmp_path / "home"))
    list(upgrade())
    desk = Desk(Settings(home=tmp_path / "home"))
    officers.add(desk, MARIA.name, MARIA.role, SECRET)
    desk.ledger.close()
    return tmp_path / "home"


@pytest.fixture
def answerer(settings: Settings) -> Iterator[Desk]:
    """Open a desk whose text messages go to the sandbox."""
    desk = Desk(settings)
    yield desk
    desk.ledger.close()


def wrote(desk: Desk, text: str, ref: str = "SM1") -> int:
    """Somebody whom no contact list knows sends a text. Its number."""
    known = receive.keywords(desk.settings.content_root)
    desk.inbox.store([Inbound("sms", ref, STRANGER, text)], means_of={"sms": Means.SMS}, keywords=known)
    return max(int(row["id"]) for row in receive.listing(desk))


def sent(sandbox: Sandbox) -> list[str]:
    """What the provider was given for whoever wrote."""
    return [e.body for e in sandbox.entries("sms", "accepted") if e.to == STRANGER]


def test_the_words_for_stop_and_help_are_read_once_for_all_receipts(answerer: Desk) -> None:
    """Read anew for each receipt, two thousand messages kept the server busy for minutes."""
    root = answerer.settings.content_root
    assert receive.keywords(root) is receive.keywords(root)


def test_a_cry_for_help_from_a_stranger_is_answered_once(
    answerer: Desk, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """Marked as an exercise; listed with who answered; and no log, audit or plain column has words or number."""
    caplog.set_level(logging.DEBUG)
    number = wrote(answerer, CRY)
    assert [(r["word"], r["urgent"], r["state"]) for r in receive.listing(answerer)] == [
        ("distress", True, "waits for a person")
    ]

    done = answering.answer(answerer, number, MARIA, WORDS)

    assert (done["id"], done["result"]) == (number, "accepted")
    assert sent(sandbox) == [f"EXERCISE\n{WORDS}\nEXERCISE"]
    (row,) = receive.listing(answerer)
    assert (row["state"], row["answer"]) == ("answered by Maria Solis", f"EXERCISE\n{WORDS}\nEXERCISE")
    assert row["read_at"] is not None
    with pytest.raises(Conflict, match=f"Reply {number} has been answered"):
        answering.answer(answerer, number, MARIA, "Another word.")
    assert len(sent(sandbox)) == 1
    with answerer.ledger.read() as conn:
        acts = conn.exec_driver_sql("SELECT act, subject, detail FROM audit ORDER BY id DESC LIMIT 1").one()
    assert (acts.act, acts.subject) == ("reply answered", str(number))
    home = b"".join(path.read_bytes() for path in answerer.settings.home.glob("onevoice.db*"))
    for private in (CRY, "A boat is coming", STRANGER, STRANGER[2:]):
        assert private not in caplog.text + str(acts)
        assert private.encode() not in home


def test_what_surely_was_not_sent_can_be_sent_again_and_what_is_in_doubt_cannot(
    answerer: Desk, sandbox: Sandbox
) -> None:
    """Refused once, then taken; of another nobody knows, so nobody sends it twice. The report counts both."""
    refused, doubted = wrote(answerer, CRY), wrote(answerer, "which shelter takes dogs?", "SM2")
    sandbox.fault("21614")
    assert answering.answer(answerer, refused, MARIA, WORDS)["result"] == "rejected"
    assert receive.listing(answerer)[-1]["state"] == "not sent by Maria Solis"
    assert answering.answer(answerer, refused, MARIA, WORDS)["result"] == "accepted"

    sandbox.fault("503_after_accept")
    assert answering.answer(answerer, doubted, MARIA, WORDS)["result"] == "unknown"
    with pytest.raises(Conflict):
        answering.answer(answerer, doubted, MARIA, WORDS)

    assert len(sent(sandbox)) == 2
    with answerer.ledger.write() as conn:
        conn.exec_driver_sql("UPDATE reply SET alert_id = 'a-1'")
        assert chronicle.answers(conn, "a-1") == {"accepted": 1, "unknown": 1}


def halted(desk: Desk) -> None:
    """Somebody stops all sending."""
    control.halt(desk, "Maria Solis", "wrong text")


def stopped(desk: Desk) -> None:
    """Who wrote says stop."""
    wrote(desk, "STOP", "SM9")


def in_test_mode(desk: Desk) -> None:
    """Make it a test deployment."""
    desk.settings.__dict__["mode"] = Mode.TEST


def nothing(_desk: Desk) -> None:
    """Leave all as it is."""


@pytest.mark.parametrize(
    ("before", "actor", "words", "error", "said"),
    [
        (halted, MARIA, WORDS, Blocked, "halted"),
        (stopped, MARIA, WORDS, Refused, "said stop"),
        (in_test_mode, MARIA, WORDS, Refused, "has not agreed to tests"),
        (nothing, Actor("Rae", "reviewer"), WORDS, Refused, "Rae is reviewer"),
        (nothing, MARIA, " \n", Unusable, "no words"),
        (nothing, MARIA, "x" * 2000, Unusable, "segments"),
    ],
    ids=["halted", "said stop", "test mode", "a reviewer", "no words", "too long"],
)
def test_what_may_not_be_sent_is_not(
    before: Any, actor: Actor, words: str, error: type[OneVoiceError], said: str, answerer: Desk, sandbox: Sandbox
) -> None:
    """A sentence says why, the reply still waits, and the provider hears nothing."""
    number = wrote(answerer, CRY)
    before(answerer)

    with pytest.raises(error, match=said):
        answering.answer(answerer, number, actor, words)

    assert sent(sandbox) == []
    assert [r["state"] for r in receive.listing(answerer) if r["id"] == number] == ["waits for a person"]


def test_the_command_line_lists_and_answers(
    answerer: Desk, sandbox: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words come from standard input, so that they stand in no list of processes."""
    monkeypatch.setattr("onevoice.desk.wiring.open_desk", lambda: answerer)
    answerer.settings.__dict__["secret"] = SecretStr(SECRET)
    number = wrote(answerer, CRY)

    def onevoice(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["onevoice", *words])
        monkeypatch.setattr(sys, "stdin", StringIO(WORDS))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0), *capsys.readouterr()

    status, listed, waiting = onevoice("replies", "list")
    assert (status, "URGENT distress" in listed, "waits for a person" in listed) == (0, True, True)
    assert waiting == "1 wait for a person: onevoice replies answer ID --as NAME\n"
    answered = onevoice("replies", "answer", str(number), "--as", "Maria Solis")
    assert answered == (0, "", f"Reply {number} is answered.\n")
    assert len(sent(sandbox)) == 1
    assert "answered by Maria Solis" in onevoice("replies", "list")[1]
    twice, _, why = onevoice("replies", "answer", str(number), "--as", "Maria Solis")
    assert (twice, "has been answered" in why) == (1, True)


def test_the_page_shows_replies_to_officers_alone_and_sends_their_answer(answerer: Desk, sandbox: Sandbox) -> None:
    """Before the secret nothing of them is shown; what was typed is given back where something was wrong."""
    officers.add(answerer, "Rae Reader", "reviewer", SECRET)
    number = wrote(answerer, CRY)
    origin = answerer.settings.public_url
    web = TestClient(build(answerer), base_url=origin, headers={"Origin": origin})
    maria = {"name": "Maria Solis", "secret": SECRET}

    asked = web.get("/replies")
    wrong = web.post("/replies", data=maria | {"secret": "wrong wrong", "reply": str(number), "answer": WORDS})
    reader = web.post("/replies", data=maria | {"name": "Rae Reader"})
    assert [one.status_code for one in (asked, wrong, reader)] == [200, 403, 403]
    assert not [one for one in (asked, wrong, reader) if CRY in one.text]
    assert WORDS in wrong.text
    assert sent(sandbox) == []

    assert CRY in web.post("/replies", data=maria).text
    done = web.post("/replies", data=maria | {"reply": str(number), "answer": WORDS})
    again = web.post("/replies", data=maria | {"reply": str(number), "answer": WORDS})

    assert (done.status_code, f"The answer to reply {number} was sent." in done.text) == (200, True)
    assert (again.status_code, "NOT SENT." in again.text) == (409, True)
    assert STRANGER[2:] not in asked.text + wrong.text + done.text + again.text
    assert len(sent(sandbox)) == 1
    assert web.post("/replies", data=maria, headers={"Origin": "http://elsewhere.example"}).status_code == 403
