from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from lxml import html
from sqlalchemy import func, select

from console import approval
from onevoice.alert import Status
from onevoice.desk import draft
from onevoice.ledger import alerts
from onevoice.ledger.tables import audit
from onevoice.variant import Finding, Scope, Severity

SECRET = "correct horse battery"
PATH = "/approve/river-flood-abc234-1"


def tree_of(text: str) -> Any:
    """A page as its elements."""
    return html.fromstring(text)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what would be sent: a page has no providers here."""
    noted: list[str] = []
    monkeypatch.setattr(approval, "_send", lambda _desk, alert_id: noted.append(alert_id))
    return noted


def handed_over(sent: list[str]) -> list[str]:
    """What would be sent: that begins when the answer has gone out, so it is waited for."""
    until = time.monotonic() + 20
    while not sent and time.monotonic() < until:
        time.sleep(0.01)
    return sent


def hidden(text: str) -> dict[str, str]:
    """The hidden fields of the form, as a browser sends them."""
    return {field.get("name"): field.get("value") for field in tree_of(text).xpath("//input[@type='hidden']")}


def filled(text: str, deed: str, **typed: str) -> dict[str, str]:
    """The form as an approver fills it in."""
    usual = {"name": "Bo Approver", "secret": SECRET, "hazard": "river flood", "reason": ""}
    return hidden(text) | usual | typed | {"deed": deed}


def state(town: Any) -> str:
    """Where the alert stands."""
    return str(draft.step(town.desk, "river-flood-abc234-1").state)


def said(text: str) -> str:
    """What a person reads."""
    return " ".join(tree_of(text).body.text_content().split())


# --- what is shown


def test_it_shows_what_will_go_out_before_it_asks(town: Any, web: TestClient) -> None:
    """Mode and state, how many and where, texts, what is held back, findings, time, authors, then the form."""
    town.submitted(town.alert(), None)
    shown = said(web.get(PATH).text)
    order = [
        "EXERCISE. Not a real alert",
        "Waiting for approval",
        "To 0 people in 2 places: Old Mill, Riverside",
        "The texts",
    ]
    order += [
        "Held back",
        "What the checks found",
        "How long it takes",
        "Who did what",
        "Your secret",
        "Send to 0 people",
    ]
    places = [shown.index(piece) for piece in order]
    assert places == sorted(places)


def test_it_counts_people_by_the_language_they_read(town: Any, web: TestClient) -> None:
    """Most first, each language by its own name; and how many people get each text, from whom by name."""
    texts = [town.text(town.alert(), "es").model_copy(update={"messenger": "millford-welcome-center"})]
    town.submitted(town.alert(), texts, languages={"en": 1500, "es": 210}, readers={texts[0].id: 37})
    page = tree_of(web.get(PATH).text)
    (table,) = page.xpath("//table[@class='languages-read']")
    rows = [[cell.text_content() for cell in row.xpath("th|td[@class='n']")] for row in table.xpath(".//tr")]
    assert rows == [["English", "1,500"], ["Español", "210"]]
    assert "shared by Millford Welcome Center: 37 people" in said(web.get(PATH).text)


def test_the_approver_s_language_comes_first(town: Any, web: TestClient) -> None:
    """English is first, or the language that the approver asks for."""
    town.submitted(town.alert())
    for asked, first in (("", "en"), ("?lang=es", "es")):
        quotes = tree_of(web.get(PATH + asked).text).xpath("//blockquote/@lang")
        assert quotes[0] == first
        assert set(quotes) == {"en", "es", "ar", "fr", "zh-Hans", "vi", "ht"}


def test_an_exercise_looks_like_one_without_color(town: Any, web: TestClient) -> None:
    """Words first and last, a striped border, another sign; a real alert has none of them."""
    town.submitted(town.alert("abc234"))
    town.submitted(town.alert("xyz987", status=Status.ACTUAL))
    drill = tree_of(web.get(PATH).text)
    real = tree_of(web.get("/approve/river-flood-xyz987-1").text)
    assert len(drill.xpath("//p[@class='mark']")) == 2
    assert drill.body.get("class") == "exercise"
    assert real.xpath("//p[@class='mark']") == []
    assert real.body.get("class") is None
    assert "REAL ALERT" in real.text_content()
    assert drill.xpath("//header//svg/path/@d") != real.xpath("//header//svg/path/@d")


def test_findings_overrides_and_lateness_are_told(town: Any, web: TestClient) -> None:
    """What the checks found, who sent in spite of it and why, and for how many it is too late."""
    alert = town.alert()
    finding = Finding(rule="C16", severity=Severity.BLOCK, scope=Scope.VARIANT, message="Nobody has checked this.")
    held = town.text(alert, "es").with_findings((finding,))
    short = town.text(alert, "en").model_copy(update={"left_out": ("co-sign", "third action")})
    people = {"in_area": 50, "reachable": 45, "unreachable": 5, "location_unknown": 3, "fallback": 7}
    duration = {"seconds": 600, "after_act_by": 12, "units": {}}
    town.submitted(alert, [short, held], people=people, duration=duration)
    with town.desk.ledger.write() as conn:
        release = alerts.standing_release(conn, alert.id)
        assert release
        alerts.put_override(
            conn, release_id=release.id, rule="L07", by="Ada Author", reason="<b>late</b>", at=town.clock[0]
        )
    shown = said(web.get(PATH).text)
    assert "7 people get another text than their own" in shown
    assert "Held back, in Español: 1 text. Which Public page, plain" in shown
    assert "Left out to fit: third action, of 1 in English." in shown
    assert "5 people in the area cannot be reached" in shown
    assert "HELD (C16, es): Nobody has checked this." in shown
    assert "L07, because: <b>late</b> (Ada Author" in shown
    assert "About 10 minutes" in shown
    assert "For 12 people it comes too late to act." in shown


def test_a_text_that_somebody_released_past_a_finding_is_not_held_back(town: Any, web: TestClient) -> None:
    """The override stands on the page with its reason, and the text goes out like the others."""
    alert = town.alert()
    finding = Finding(rule="C16", severity=Severity.BLOCK, scope=Scope.VARIANT, message="Nobody has checked this.")
    town.submitted(alert, [town.text(alert, "es").with_findings((finding,))])
    assert "Held back: nobody gets this" in said(web.get(PATH).text)
    with town.desk.ledger.write() as conn:
        release = alerts.standing_release(conn, alert.id)
        assert release
        alerts.put_override(conn, release_id=release.id, rule="C16", by="Ada Author", reason="urgent", at=town.clock[0])
    assert "Held back: nobody" not in said(web.get(PATH).text)


def test_live_alerts_that_touch_are_named(town: Any, web: TestClient) -> None:
    """Whoever approves sees what else holds there."""
    town.released(town.alert("xyz987"))
    town.submitted(town.alert(), None, touching=["river-flood-xyz987-1"])
    assert "Other live alerts touch this area Exercise: river flood, warning" in said(web.get(PATH).text)


def test_the_places_that_a_version_drops_are_named(town: Any, web: TestClient) -> None:
    """Whoever approves sees who is told that they are out; where nobody is, nothing is said."""
    town.submitted(town.alert(), None, outside={"people": 16, "places": ["Old Mill", "Harbor", "Market"]})
    named = "16 people in Old Mill, Harbor and Market are told that this warning no longer covers them."
    assert named in said(web.get(PATH).text)


def test_an_unknown_alert_is_not_found(web: TestClient) -> None:
    """404 in plain words, for looking and for acting."""
    assert web.get("/approve/river-flood-nothere-1").status_code == 404
    assert web.post("/approve/river-flood-nothere-1", data={"name": "x", "secret": "y"}).status_code == 404


# --- the three deeds


def test_approving_sends_nothing_yet(town: Any, web: TestClient, sent: list[str]) -> None:
    """The alert is approved, the page shows it and offers to send."""
    town.submitted(town.alert())
    answer = web.post(PATH, data=filled(web.get(PATH).text, "approve"))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}#now")
    assert state(town) == "approved"
    assert sent == []
    assert "Approved by Bo Approver" in said(web.get(PATH).text)


def test_returning_needs_a_reason(town: Any, web: TestClient) -> None:
    """Without one nothing happens and the field says so; with one the author can read it."""
    town.submitted(town.alert())
    page = web.get(PATH).text
    refused = web.post(PATH, data=filled(page, "return"))
    assert refused.status_code == 422
    assert tree_of(refused.text).xpath("//textarea[@name='reason']/@aria-invalid") == ["true"]
    assert state(town) == "submitted"
    assert web.post(PATH, data=filled(page, "return", reason="Wrong places.")).status_code == 303
    assert state(town) == "returned"


@pytest.mark.slow
def test_sending_approves_releases_and_shows_how_far_it_is(served: Any, sent: list[str]) -> None:
    """One button for both; the page then shows figures and how to stop, and no button that sends."""
    town = served
    town.submitted(town.alert())
    with browser(town) as web:
        answer = web.post(PATH, data=filled(web.get(PATH).text, "send"))
        assert answer.status_code == 303
        page = web.get(PATH).text
    assert state(town) == "sending"
    assert handed_over(sent) == ["river-flood-abc234-1"]
    tree = tree_of(page)
    assert tree.xpath("//*[@aria-live='polite']")
    assert tree.xpath("//meta[@http-equiv='refresh']")
    assert tree.xpath("//a[starts-with(@href, '/halt')]")
    assert tree.xpath("//button") == []


def browser(town: Any) -> httpx.Client:
    """A browser on the console that is really served."""
    public = town.desk.settings.public_url
    return httpx.Client(base_url=public, headers={"Origin": public}, timeout=30, trust_env=False)


@pytest.mark.slow
def test_of_two_approvers_at_once_one_sends(served: Any, sent: list[str]) -> None:
    """Both press at the same moment: one release, one entry in the record, and the other is told."""
    town = served
    town.submitted(town.alert())
    with browser(town) as web:
        page = web.get(PATH).text

    def press(name: str) -> httpx.Response:
        with browser(town) as own:
            return own.post(PATH, data=filled(page, "send", name=name))

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(press, ("Bo Approver", "Cy Approver")))
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert acts(town, "released") == 1
    assert handed_over(sent) == ["river-flood-abc234-1"]


@pytest.mark.slow
def test_a_double_click_sends_once_and_shows_no_error(served: Any) -> None:
    """The second click of the same person finds that it was done."""
    town = served
    town.submitted(town.alert())
    with browser(town) as web:
        form = filled(web.get(PATH).text, "send")
        assert [web.post(PATH, data=form).status_code for _ in range(2)] == [303, 303]
    assert acts(town, "approved") == 1
    assert acts(town, "released") == 1


def acts(town: Any, act: str) -> int:
    """How often something was done, by the record."""
    with town.desk.ledger.read() as conn:
        done = select(func.count()).where(audit.c.act == act, audit.c.subject == "river-flood-abc234-1")
        return conn.scalar(done) or 0


def test_what_changed_since_it_was_shown_is_not_approved(town: Any, web: TestClient) -> None:
    """An approval is of what the person saw: after a new submit the old form is refused."""
    town.submitted(town.alert())
    page = web.get(PATH).text
    with town.desk.ledger.write() as conn:
        release = alerts.standing_release(conn, "river-flood-abc234-1")
        assert release
        alerts.seal(conn, release.id, hash="sha256:" + "0" * 64)
    answer = web.post(PATH, data=filled(page, "approve"))
    assert answer.status_code == 409
    assert "changed since it was shown" in said(answer.text)
    assert state(town) == "submitted"


# --- who may


def test_the_author_cannot_approve(town: Any, web: TestClient) -> None:
    """Two people, always."""
    town.submitted(town.alert())
    answer = web.post(PATH, data=filled(web.get(PATH).text, "approve", name="Ada Author"))
    assert answer.status_code == 403
    assert state(town) == "submitted"


def test_a_wrong_secret_keeps_what_was_typed_but_not_the_secret(town: Any, web: TestClient) -> None:
    """Words beside the field, the name still there, the secret nowhere."""
    town.submitted(town.alert())
    form = filled(web.get(PATH).text, "approve", secret="wrong wrong wrong", reason="kept <i>")
    answer = web.post(PATH, data=form)
    assert answer.status_code == 403
    tree = tree_of(answer.text)
    assert tree.xpath("//input[@name='name']/@value") == ["Bo Approver"]
    assert tree.xpath("//input[@name='secret']/@aria-describedby") == ["wrong-secret"]
    assert tree.xpath("//textarea[@name='reason']")[0].text.strip() == "kept <i>"
    assert "wrong wrong wrong" not in answer.text
    assert not tree.xpath("//meta[@http-equiv='refresh']")


@pytest.mark.parametrize("missing", ["name", "secret"])
def test_a_missing_field_is_named(town: Any, web: TestClient, missing: str) -> None:
    """No name, or no secret: said at that field."""
    town.submitted(town.alert())
    answer = web.post(PATH, data=filled(web.get(PATH).text, "approve", **{missing: ""}))
    assert answer.status_code == 422
    assert tree_of(answer.text).xpath(f"//input[@name='{missing}']/@aria-invalid") == ["true"]


def test_another_hazard_is_no_approval(town: Any, web: TestClient) -> None:
    """Whoever types another hazard has not read it; that holds also where somebody approved it before."""
    town.submitted(town.alert())
    page = web.get(PATH).text
    for _ in range(2):
        answer = web.post(PATH, data=filled(page, "send", hazard="tornado"))
        assert answer.status_code == 403
        assert tree_of(answer.text).xpath("//input[@name='hazard']/@aria-invalid") == ["true"]
        web.post(PATH, data=filled(page, "approve"))
    assert state(town) == "approved"


def test_guessing_secrets_is_slowed_down(town: Any, web: TestClient) -> None:
    """After five wrong ones even the right one waits: 429 in words. Another person at that address does not."""
    town.submitted(town.alert())
    page = web.get(PATH).text
    tries = [web.post(PATH, data=filled(page, "approve", secret="wrong")).status_code for _ in range(5)]
    assert tries == [403] * 5
    answer = web.post(PATH, data=filled(page, "approve"))
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many wrong secrets" in said(answer.text)
    assert state(town) == "submitted"
    assert web.post(PATH, data=filled(page, "approve", name="Cy Approver")).status_code == 303


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://127.0.0.1:8301", ""])
def test_a_form_from_another_site_is_refused(town: Any, web: TestClient, origin: str) -> None:
    """Another site, another port, no origin at all: nothing is done, even with the right secret."""
    town.submitted(town.alert())
    answer = web.post(PATH, data=filled(web.get(PATH).text, "approve"), headers={"Origin": origin})
    assert answer.status_code == 403
    assert state(town) == "submitted"


def test_a_form_without_our_token_is_refused(town: Any, web: TestClient) -> None:
    """The token is for this alert as it was shown: another one, or none, does nothing."""
    town.submitted(town.alert())
    form = filled(web.get(PATH).text, "approve")
    for token in ("", "0" * 64, "é"):
        assert web.post(PATH, data=form | {"token": token}).status_code == 409
    assert state(town) == "submitted"


def test_a_form_that_is_too_large_is_refused(web: TestClient) -> None:
    """413 before anything is looked at."""
    assert web.post(PATH, data={"name": "x" * 20_000}).status_code == 413


# --- how far it is


def test_the_status_page_shows_the_unknown_as_its_own_part(
    town: Any, web: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bars with a part for what nobody knows, small groups added up, and the same counts in a table."""
    from onevoice.ledger import reach

    word = dict.fromkeys(reach.WORDS.values(), 0)
    rows = {
        "all_residents": word | {"delivered": 80, "unknown": 20},
        "older_alone": word | {"delivered": 4},
        "newcomers": word | {"failed": 7},
    }
    monkeypatch.setattr(reach, "contacts", lambda *_: rows)
    town.released(town.alert())
    tree = tree_of(web.get("/status/river-flood-abc234-1").text)
    bars = tree.xpath("//svg[@class='bar']")
    assert len(bars) == 2
    assert [part.get("fill") for part in bars[0].xpath("rect")] == ["#1b6e3c", "url(#unknown)"]
    assert [part.get("width") for part in bars[0].xpath("rect")] == ["800.0", "200.0"]
    cells = [[cell.text for cell in row.xpath("th|td")] for row in tree.xpath("//tbody/tr")]
    assert cells[0][1:] == ["80", "0", "20", "0", "0", "0", "100"]
    assert cells[-1][1:] == ["84", "0", "20", "0", "7", "0", "111"]


def test_markup_of_an_officer_is_shown_and_never_run(town: Any, web: TestClient) -> None:
    """A reason for returning or stopping comes out as the letters that were typed."""
    attack = "</textarea><script>alert(1)</script>"
    town.submitted(town.alert())
    web.post("/halt", data={"name": "Cy Approver", "secret": SECRET, "reason": attack})
    kept = web.post(PATH, data=filled(web.get(PATH).text, "return", secret="wrong", reason=attack, hazard=attack))
    for answer in (kept, web.get(PATH), web.get("/status/river-flood-abc234-1"), web.get("/halt")):
        assert not tree_of(answer.text).xpath("//script")
        assert "<script" not in answer.text
