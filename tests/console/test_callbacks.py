from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import html

from onevoice.desk import receive
from onevoice.desk.receive import Answer
from onevoice.dispatch.providers import BadSignature
from onevoice.errors import OutOfReach, Refused

PATH = "/callbacks/twilio/T0ken"
BODY = b"MessageStatus=delivered&a=1&a=2"


def tree_of(text: str) -> Any:
    """A page as its elements."""
    return html.fromstring(text)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Note what the desk is given, and answer for it."""
    noted: list[Any] = []

    def receive_(_desk: Any, means: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        noted.append((means, url, headers["X-Twilio-Signature"], body))
        return Answer(200, b"<Response/>", "text/xml")

    monkeypatch.setattr(receive, "receive", receive_)
    return noted


def test_the_desk_gets_the_public_address_the_signature_and_the_raw_body(web: TestClient, heard: list[Any]) -> None:
    """Whatever `Host` and proxies claim: the address is the configured one, and the body is not touched."""
    liars = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    answer = web.post(f"{PATH}?part=1", content=BODY, headers=liars | {"X-Twilio-Signature": "s"})
    assert heard == [("twilio", f"http://127.0.0.1:8300{PATH}?part=1", "s", BODY)]
    assert (answer.status_code, answer.content) == (200, b"<Response/>")
    assert answer.headers["Content-Type"].startswith("text/xml")


def test_a_reply_comes_in_by_the_same_door(web: TestClient, heard: list[Any]) -> None:
    """/callbacks/{means}/inbound is handed on like a receipt."""
    assert web.post("/callbacks/sms/inbound", content=BODY, headers={"X-Twilio-Signature": "s"}).status_code == 200
    assert heard[0][:2] == ("sms", "http://127.0.0.1:8300/callbacks/sms/inbound")


def test_a_body_of_64_kib_is_taken_and_more_is_not(web: TestClient, heard: list[Any]) -> None:
    """413, said in the header or found while reading, and the desk is not asked."""
    headers = {"X-Twilio-Signature": "s"}
    assert web.post(PATH, content=b"x" * 65536, headers=headers).status_code == 200
    assert web.post(PATH, content=b"x" * 65537, headers=headers).status_code == 413
    assert web.post(PATH, content=iter([b"x" * 40_000] * 2), headers=headers).status_code == 413
    assert len(heard) == 1


def test_a_delivery_report_may_hold_a_whole_mail(web: TestClient, heard: list[Any]) -> None:
    """1 MiB at the address for mail, and no more."""
    headers = {"X-Twilio-Signature": "s"}
    assert web.post("/callbacks/email/dsn", content=b"x" * (1 << 20), headers=headers).status_code == 200
    assert web.post("/callbacks/email/dsn", content=b"x" * ((1 << 20) + 1), headers=headers).status_code == 413
    assert len(heard) == 1


def test_a_form_signed_for_texts_is_refused_at_the_address_for_mail(town: Any, web: TestClient) -> None:
    """403, whatever stands in the header: no provider speaks for another."""
    from channels.smtp_email import SmtpEmail

    vars(town.desk)["providers"] = {"email": SmtpEmail(town.desk.settings)}
    assert web.post("/callbacks/email/dsn", content=BODY, headers={"X-Twilio-Signature": "s"}).status_code == 403


def test_what_could_not_be_stored_is_asked_for_again(web: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, never 200: the provider says it again."""

    def gone(*_: Any) -> Answer:
        what = "The database does not answer."
        raise OutOfReach(what)

    monkeypatch.setattr(receive, "receive", gone)
    answer = web.post(PATH, content=BODY)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


class Suspicious:
    """A provider that trusts no signature."""

    name = means = "twilio"

    def parse_receipts(self, *_: Any) -> Any:
        """Refuse."""
        raise BadSignature


def test_a_forged_callback_is_forbidden(town: Any, web: TestClient) -> None:
    """403 from the desk itself; a provider that is not set up is not found."""
    vars(town.desk)["providers"] = {"sms": Suspicious()}
    assert web.post(PATH, content=BODY).status_code == 403
    assert web.post("/callbacks/nobody/T0ken", content=BODY).status_code == 404


# --- what a reader does about the messages they get


@pytest.fixture
def managed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what a reader does; the token `good` alone is ours."""
    noted: list[str] = []

    def manage(_desk: Any, token: str, deed: str) -> str:
        if token != "good":
            what = "This address is not valid."
            raise Refused(what)
        noted.append(deed)
        return "stopped" if noted[-1] == "stop" else "receiving"

    monkeypatch.setattr(receive, "manage", manage, raising=False)
    return noted


def test_one_click_stops_without_a_cookie_or_an_origin(web: TestClient, managed: list[str]) -> None:
    """As RFC 8058 has it: a POST from a mail program is enough."""
    answer = web.post("/m/good", data={"List-Unsubscribe": "One-Click"}, headers={"Origin": ""})
    assert answer.status_code == 200
    assert managed == ["stop"]
    assert "Set-Cookie" not in answer.headers


def test_looking_never_unsubscribes(web: TestClient, managed: list[str]) -> None:
    """Mail scanners open links: a GET changes nothing, and offers a button."""
    tree = tree_of(web.get("/m/good").text)
    assert managed == ["look"]
    assert tree.xpath("//button/@value") == ["stop"]


def test_whoever_stopped_can_start_again(web: TestClient, managed: list[str]) -> None:
    """The page offers the other way."""
    stopped = web.post("/m/good", data={"deed": "stop"})
    assert tree_of(stopped.text).xpath("//button/@value") == ["start"]
    web.post("/m/good", data={"deed": "start"})
    assert managed == ["stop", "start"]


def test_a_wrong_token_is_not_found(web: TestClient, managed: list[str]) -> None:
    """404, for looking and for doing; and nothing is done for an unknown deed."""
    assert web.get("/m/bad").status_code == 404
    assert web.post("/m/bad", data={"List-Unsubscribe": "One-Click"}).status_code == 404
    assert web.post("/m/good", data={"deed": "delete"}).status_code == 422
    assert managed == []
