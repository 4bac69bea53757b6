from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import html

from console.app import create
from onevoice.alert import Kind, Status
from onevoice.variant import Finding, Scope, Severity

LANGUAGES = ("en", "es", "ar", "fr", "zh-Hans", "vi", "ht")
LARGEST_PAGE = 30_000


def tree_of(text: str) -> Any:
    """A page as its elements."""
    return html.fromstring(text)


def words(answer: Any) -> str:
    """What a person reads, without the style sheet."""
    tree = tree_of(answer.text)
    return " ".join(tree.body.text_content().split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_view_is_small_and_in_its_language(town: Any, web: TestClient, language: str) -> None:
    """With seven languages and three earlier versions, a view stays under 30 kB before it is packed."""
    for version in (1, 2, 3, 4):
        kind = Kind.WARNING if version == 1 else Kind.UPDATE
        town.released(town.alert(version=version, kind=kind))
    answer = web.get("/a/abc234", params={"lang": language})
    assert answer.status_code == 200
    assert len(answer.content) <= LARGEST_PAGE
    tree = tree_of(answer.content.decode())
    assert tree.get("lang") == language
    assert tree.get("dir") == ("rtl" if language == "ar" else "ltr")


def test_it_says_what_to_do_before_where_who_and_what_else(town: Any, web: TestClient) -> None:
    """Sign, steps, place, until when, who, more, languages, earlier versions: in this order."""
    town.released(town.alert(status=Status.ACTUAL))
    town.released(town.alert(version=2, kind=Kind.UPDATE, status=Status.ACTUAL))
    said = words(web.get("/a/abc234?lang=en"))
    order = [
        "Danger. Act now",
        "RIVER FLOOD WARNING.",
        "Go to higher",
        "Where: Old Mill",
        "6:30 AM",
        "Millford Emergency",
    ]
    order += ["Water can cover roads", "Other languages", "Earlier messages"]
    places = [said.index(piece) for piece in order]
    assert places == sorted(places)


def test_an_exercise_cannot_be_taken_for_real(town: Any, web: TestClient) -> None:
    """Its mark is the first and the last that is read, the border is striped, and no sign says danger."""
    town.released(town.alert())
    answer = web.get("/a/abc234?lang=en")
    said = words(answer)
    assert said.startswith("EXERCISE")
    assert said.endswith("EXERCISE")
    assert "Danger" not in said
    assert tree_of(answer.text).body.get("class") == "exercise"


def test_a_real_alert_has_no_mark(town: Any, web: TestClient) -> None:
    """The words exercise and the striped border are for exercises alone."""
    town.released(town.alert(status=Status.ACTUAL))
    answer = web.get("/a/abc234?lang=en")
    assert "EXERCISE" not in words(answer)
    assert tree_of(answer.text).body.get("class") is None


def test_what_has_expired_says_so_first(town: Any, web: TestClient) -> None:
    """After its time, the first word is that it is over, and what it said is struck through."""
    town.released(town.alert(status=Status.ACTUAL))
    town.clock[0] += timedelta(hours=13)
    answer = web.get("/a/abc234?lang=en")
    assert words(answer).startswith("Over")
    assert tree_of(answer.text).xpath("//h1/del")
    assert "What to do" not in words(answer)


def test_an_all_clear_says_over_first_and_then_what_to_do(town: Any, web: TestClient) -> None:
    """The all-clear itself is no struck text: it holds what people may do now."""
    town.released(town.alert(status=Status.ACTUAL))
    town.released(town.alert(version=2, kind=Kind.ALL_CLEAR, status=Status.ACTUAL))
    said = words(web.get("/a/abc234?lang=en"))
    assert said.startswith("Over")
    assert "What to do" in said


def test_an_earlier_version_is_struck_through_in_words_too(town: Any, web: TestClient) -> None:
    """Without styles, or read aloud, an earlier message is still told apart."""
    town.released(town.alert())
    town.released(town.alert(version=2, kind=Kind.UPDATE))
    tree = tree_of(web.get("/a/abc234?lang=en").text)
    earlier = tree.xpath("//section[@aria-labelledby='earlier']")[0]
    assert "Replaced. Do not use it: Version 1" in " ".join(earlier.text_content().split())
    passages = earlier.xpath("./p")
    assert len(passages) == 2
    assert all(one.text_content() == one.xpath("string(./del)") for one in passages)


@pytest.mark.parametrize(
    ("accepted", "shown"),
    [("es-MX,en;q=0.5", "es"), ("zh-CN", "zh-Hans"), ("sw, ar;q=0.3", "ar"), ("sw", "en"), ("", "en"), ("*;q=x", "en")],
)
def test_the_reader_s_own_language_is_chosen(town: Any, web: TestClient, accepted: str, shown: str) -> None:
    """The browser's order counts; a near language is better than English; nonsense gives English."""
    town.released(town.alert())
    answer = web.get("/a/abc234", headers={"Accept-Language": accepted})
    assert tree_of(answer.content.decode()).get("lang") == shown
    assert "Accept-Language" in answer.headers["Vary"]


def test_every_language_is_offered_in_its_own_script(town: Any, web: TestClient) -> None:
    """Names stand as their speakers write them, each with its language and direction."""
    town.released(town.alert())
    links = tree_of(web.get("/a/abc234?lang=en").text).xpath("//nav//a")
    assert {link.get("lang") for link in links} == set(LANGUAGES) - {"en"}
    arabic = next(link for link in links if link.get("lang") == "ar")
    assert (arabic.text, arabic.get("dir")) == ("العربية", "rtl")


def test_a_text_that_is_missing_in_a_language_says_that_it_is_english(town: Any, web: TestClient) -> None:
    """Whoever asks for a language without a text gets English, marked as such."""
    alert = town.alert()
    town.released(alert, [town.text(alert, "es"), town.text(alert, "en")])
    tree = tree_of(web.get("/a/abc234?lang=vi").text)
    assert tree.xpath("//main/@lang") == ["en"]


def test_a_text_that_is_held_back_is_not_on_the_page(town: Any, web: TestClient) -> None:
    """Nobody reads a translation that a finding holds back; its readers get English."""
    alert = town.alert()
    finding = Finding(rule="C16", severity=Severity.BLOCK, scope=Scope.VARIANT, message="Nobody has checked this.")
    town.released(alert, [town.text(alert, "en"), town.text(alert, "es").with_findings((finding,))])
    answer = web.get("/a/abc234?lang=es")
    assert "INUNDACIÓN" not in answer.text
    assert "RIVER FLOOD WARNING." in words(answer)


def test_the_copy_carries_version_and_check_number(town: Any, web: TestClient) -> None:
    """A partner who copies the text can show which version it is and that it is unchanged."""
    content = town.released(town.alert())
    copied = tree_of(web.get("/a/abc234?lang=en").text).xpath("//textarea")[0].text
    assert copied.lstrip().startswith("EXERCISE")
    assert "Version: 1" in copied
    assert content in copied


def test_the_map_says_the_same_in_words(town: Any, web: TestClient) -> None:
    """Two zones of eight are marked, every zone has its name, and the alternative text names the places."""
    town.released(town.alert())
    tree = tree_of(web.get("/a/abc234?lang=en").text)
    drawn = tree.xpath("//svg[@role='img']")[0]
    assert drawn.get("aria-label") == "Where: Old Mill and Riverside."
    assert len(drawn.xpath(".//path[@class='in']")) == 2
    assert {"Old Mill", "Harbor", "University"} <= set(drawn.xpath(".//text/text()"))


def test_nothing_published_yet_is_no_error(town: Any, web: TestClient) -> None:
    """A release looks whether the page answers before anything is published on it."""
    town.submitted(town.alert())
    answer = web.get("/a/abc234?lang=en")
    assert answer.status_code == 200
    assert words(answer) == "Nothing has been published here yet."


@pytest.mark.parametrize("path", ["/a/zzzzzz", "/a/flood-abc234", "/a/%25", "/nowhere", "/partners/x/", "/cap/x.xml"])
def test_what_is_not_there_gets_plain_words(town: Any, web: TestClient, path: str) -> None:
    """404, in words, and the same words for every reason."""
    town.released(town.alert())
    answer = web.get(path)
    assert answer.status_code == 404
    assert words(answer).startswith("Not found There is no such page here.")


def test_a_reader_who_has_it_gets_304_until_it_changes(town: Any, web: TestClient) -> None:
    """The tag is over the content: the same page is not sent twice, a new version is."""
    town.released(town.alert())
    first = web.get("/a/abc234?lang=en")
    tag = first.headers["ETag"]
    again = web.get("/a/abc234?lang=en", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    town.released(town.alert(version=2, kind=Kind.UPDATE))
    assert web.get("/a/abc234?lang=en", headers={"If-None-Match": tag}).status_code == 200


def test_an_answer_asks_nobody_else_and_cannot_be_framed(town: Any, web: TestClient) -> None:
    """No script, no address of another host, no inline style; and the policy says so."""
    town.released(town.alert())
    answer = web.get("/a/abc234?lang=en")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    tree = tree_of(answer.text)
    assert not tree.xpath("//script | //@style | //img | //iframe | //link[@rel='stylesheet']")
    assert all(link.startswith(("/", "tel:")) for link in tree.xpath("//@href | //@src"))
    assert len(tree.xpath("//style")) == 1


def test_the_policy_allows_exactly_the_sheet_that_is_in_the_page(town: Any, web: TestClient) -> None:
    """The hash in the policy is that of the one style element, so a browser applies it and no other."""
    import base64
    import hashlib

    town.released(town.alert())
    answer = web.get("/a/abc234?lang=en")
    sheet = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)[0]
    expected = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert f"'sha256-{expected}'" in answer.headers["Content-Security-Policy"]


def test_markup_in_a_text_is_shown_and_never_run(town: Any, web: TestClient) -> None:
    """What somebody wrote into a note comes out as the letters they typed, in every place where it stands."""
    attack = "</textarea></title><script>alert(1)</script><img src=x onerror=alert(1)>"
    alert = town.alert()
    text = town.text(alert, "en")
    parts = {name: f"{part}\n{attack}" for name, part in text.parts.items()} | {"headline": attack}
    town.released(alert, [text.model_copy(update={"parts": parts})])
    answer = web.get("/a/abc234")
    tree = tree_of(answer.text)
    assert not tree.xpath("//script | //img | //@onerror")
    assert attack in tree.xpath("//textarea")[0].text


def test_current_messages_are_listed(town: Any, web: TestClient) -> None:
    """The first page leads to what holds now: not to what is over, nor to alerts of another status."""
    town.released(town.alert("real22", status=Status.ACTUAL))
    town.released(town.alert("abc234"))
    town.released(town.alert("xyz987", expires=town.clock[0] + timedelta(hours=5), act_by=None))
    town.clock[0] += timedelta(hours=6)
    links = tree_of(web.get("/?lang=en").text).xpath("//main//a/@href")
    assert links == ["http://127.0.0.1:8300/a/abc234?lang=en"]


def test_health_says_what_matters_and_nothing_of_anybody(web: TestClient) -> None:
    """Database, control and mode."""
    assert web.get("/healthz").json() == {"mode": "exercise", "database": "ok", "control": "running"}


def test_health_is_bad_when_the_database_is_gone(town: Any, web: TestClient) -> None:
    """503, and the halt file is still told."""
    town.desk.settings.halt_file.write_text("stop")
    (town.desk.settings.home / "onevoice.db").rename(town.desk.settings.home / "gone.db")
    answer = web.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {"mode": "exercise", "database": "out of reach", "control": "halted"}


def test_the_page_says_in_words_when_the_database_is_gone(town: Any, web: TestClient) -> None:
    """503 with a sentence and when to try again, never a traceback."""
    town.released(town.alert())
    (town.desk.settings.home / "onevoice.db").rename(town.desk.settings.home / "gone.db")
    answer = web.get("/a/abc234")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "Traceback" not in answer.text


def test_a_phone_number_can_be_tapped(town: Any, web: TestClient) -> None:
    """The number as the message writes it leads to the number as a phone dials it, isolated from right-to-left text."""
    town.released(town.alert())
    link = tree_of(web.get("/a/abc234?lang=ar").content.decode()).xpath("//main//a[@class='phone']")[0]
    assert (link.text, link.get("href"), link.get("dir")) == ("(413) 555-0140", "tel:+14135550140", "ltr")


def test_the_factory_opens_the_desk_of_the_environment(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`uvicorn console.app:create --factory` needs settings and nothing else; it shows no page that loads scripts."""
    monkeypatch.setenv("ONEVOICE_HOME", str(town.desk.settings.home))
    with TestClient(create()) as client:
        assert client.get("/healthz").json()["database"] == "ok"
        assert [client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")] == [404] * 3
        client.app.state.desk.ledger.close()  # type: ignore[attr-defined]  # Starlette types an app as a callable
