"""The button that stops all sending."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import html

from onevoice.desk import control

SECRET = "correct horse battery"
CY = {"name": "Cy Approver", "secret": SECRET, "reason": "wrong river"}
ALERT = "river-flood-abc234-1"


def tree_of(text: str) -> Any:
    """A page as its elements."""
    return html.fromstring(text)


def said(text: str) -> str:
    """What a person reads."""
    return " ".join(tree_of(text).body.text_content().split())


def running(town: Any) -> bool:
    """Whether sending goes on."""
    return control.state(town.desk)["control"] == "running" and not town.desk.settings.halt_file.exists()


def test_one_person_with_their_own_secret_stops_everything(town: Any, web: TestClient) -> None:
    """First a page that asks, then the deed; the name stands where others see it, and that it was proved."""
    town.released(town.alert())
    asked = web.get(f"/halt?back={ALERT}")
    assert "Stop all sending?" in said(asked.text)
    assert running(town)

    done = web.post("/halt", data=CY)

    assert (done.status_code, "All sending is stopped." in said(done.text)) == (200, True)
    assert town.desk.settings.halt_file.exists()
    assert "All sending is stopped by Cy Approver: wrong river" in said(web.get(f"/approve/{ALERT}").text)
    with town.desk.ledger.read() as conn:
        actor, detail = conn.exec_driver_sql("SELECT actor, detail FROM audit ORDER BY id DESC LIMIT 1").one()
    assert (actor, detail) == ("Cy Approver", '{"reason": "wrong river", "proved": true}')


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"name": "Cy Approver", "reason": "x"}, 422),
        ({"secret": SECRET, "reason": "x"}, 422),
        ({"name": "Cy Approver", "secret": "wrong wrong"}, 403),
        ({"name": "A stranger", "secret": SECRET}, 403),
        ({}, 422),
    ],
)
def test_a_stranger_stops_nothing(form: dict[str, str], status: int, town: Any, web: TestClient) -> None:
    """A name is not enough, a wrong secret is not either; it says so, and asks again."""
    answer = web.post("/halt", data=form)

    assert answer.status_code == status
    assert running(town)
    page = tree_of(answer.text)
    assert page.xpath("//p[@class='wrong']")
    assert page.xpath("//input[@name='secret'][@type='password'][not(@value)]")


def test_a_stranger_who_guesses_must_wait(town: Any, web: TestClient) -> None:
    """429 with the seconds; what somebody does elsewhere does not hold up an officer's halt."""
    for _ in range(5):
        web.post("/halt", data=CY | {"secret": "wrong wrong"})
    answer = web.post("/halt", data=CY)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    assert running(town)

    elsewhere = {"X-Forwarded-For": "203.0.113.1"}
    origin = str(web.base_url)
    with TestClient(web.app, base_url=origin, headers={"Origin": origin}, client=("127.0.0.1", 1)) as own:
        assert "is stopped" in said(own.post("/halt", data=CY, headers=elsewhere).text)


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
def test_another_site_stops_nothing(origin: str, town: Any, web: TestClient) -> None:
    """Even with the right secret."""
    assert web.post("/halt", data=CY, headers={"Origin": origin}).status_code == 403
    assert running(town)


def test_who_was_removed_stops_nothing(town: Any, web: TestClient) -> None:
    """Their secret is theirs no longer, from that moment."""
    with town.desk.ledger.write() as conn:
        conn.exec_driver_sql("UPDATE officer SET removed_at = 1 WHERE name = 'Cy Approver'")
    assert web.post("/halt", data=CY).status_code == 403
    assert running(town)


def test_stopping_works_without_the_database(town: Any, web: TestClient) -> None:
    """Who was known stops this machine; the page says that the database could not be told."""
    (town.desk.settings.home / "onevoice.db").rename(town.desk.settings.home / "gone.db")
    answer = web.post("/halt", data=CY)
    assert answer.status_code == 200
    assert town.desk.settings.halt_file.exists()
    assert "Stopped on this machine only" in said(answer.text)


def test_where_nothing_could_be_stopped_it_says_so(web: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loudly, with the form still there."""
    from onevoice.errors import OutOfReach

    def nothing(*_: object, **__: object) -> None:
        raise OutOfReach("Neither file nor database.", remedy="By hand.")

    monkeypatch.setattr(control, "halt", nothing)
    answer = web.post("/halt", data=CY)
    assert answer.status_code == 503
    assert "NOTHING IS STOPPED. Neither file nor database. By hand." in said(answer.text)


@pytest.mark.parametrize(
    "back",
    [
        "../../evil", "//evil.example", "https://evil.example", "\\evil", "river-flood-abc234-1/../../evil",
        "river-flood-zzzzzz-9", "%2e%2e%2fevil", "javascript:alert(1)", "RIVER-FLOOD-ABC234-1", "x" * 300, " ",
    ],
)  # fmt: skip
def test_the_way_back_leads_to_an_alert_or_nowhere(back: str, town: Any, web: TestClient) -> None:
    """Only an alert that is there; neither another site nor another page, before and after the deed."""
    town.submitted(town.alert())
    for answer in (
        web.get("/halt", params={"back": back}),
        web.post("/halt", data=CY | {"back": back, "secret": "wrong wrong"}),
        web.post("/halt", data=CY | {"back": back}),
    ):
        page = tree_of(answer.text)
        assert not page.xpath("//a/@href")
        assert page.xpath("//input[@name='back']/@value") in ([], [""])
        assert "evil" not in answer.text


def test_the_way_back_leads_to_the_alert_that_one_came_from(town: Any, web: TestClient) -> None:
    """From the question and from the answer."""
    town.submitted(town.alert())
    for answer in (web.get(f"/halt?back={ALERT}"), web.post("/halt", data=CY | {"back": ALERT})):
        assert tree_of(answer.text).xpath("//a/@href") == [f"/approve/{ALERT}"]


def test_words_of_a_person_stay_in_one_line(town: Any, web: TestClient) -> None:
    """The file that stops is read by people on terminals: no line and no color of a stranger's in it."""
    web.post("/halt", data=CY | {"reason": "wrong\r\ndatabase: told\x1b[2J river"})

    lines = town.desk.settings.halt_file.read_text(encoding="utf-8").splitlines()
    assert lines[1:] == ["by: Cy Approver", "reason: wrong database: told [2J river", "database: told"]
