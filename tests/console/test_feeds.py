from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import feedparser
import pytest
from fastapi.testclient import TestClient

from onevoice import cap
from onevoice.alert import Kind, Status
from onevoice.desk import partners, publish
from onevoice.people import Tier


def _texts(town: Any, alert: Any) -> list[Any]:
    technical = town.text(alert, "en", Tier.T4, "RIVER FLOOD WARNING, technical.")
    return [town.text(alert, "en"), town.text(alert, "es"), technical]


@pytest.mark.parametrize(
    ("status", "folder"), [(Status.ACTUAL, "public"), (Status.EXERCISE, "exercise"), (Status.TEST, "test")]
)
def test_each_status_has_a_feed_of_its_own(town: Any, web: TestClient, status: Status, folder: str) -> None:
    """An alert stands in the feed of its status and in no other."""
    town.released(town.alert(status=status))
    for name in publish.FOLDERS.values():
        found = feedparser.parse(web.get(f"/feeds/{name}/atom.xml").content)
        assert not found.bozo
        assert len(found.entries) == (1 if name == folder else 0)


def test_each_version_is_an_entry_and_leads_to_a_valid_cap_document(town: Any, web: TestClient) -> None:
    """A reader of feeds finds both versions, newest first, and behind each a CAP document that passes the check."""
    town.released(town.alert())
    first = town.alert()
    reference = f"millford-em,{first.id},{first.sent.isoformat(timespec='seconds')}"
    town.released(town.alert(version=2, kind=Kind.UPDATE, references=(reference,)))
    found = feedparser.parse(web.get("/feeds/exercise/atom.xml").content)
    assert [entry.link.rsplit("/", 1)[1] for entry in found.entries] == [
        "river-flood-abc234-2.xml",
        "river-flood-abc234-1.xml",
    ]
    assert all(entry.title.startswith("EXERCISE") for entry in found.entries)
    for entry in found.entries:
        answer = web.get(entry.link.removeprefix(town.desk.settings.public_url))
        assert answer.headers["Content-Type"].startswith("application/cap+xml")
        checked = cap.check(answer.content)
        assert checked.valid, checked.errors
        made = cap.read(answer.content)
        assert made.sender == "alerts@millford.example"
        assert {info.language for info in made.infos} == {"en", "es", "ar", "fr", "zh-Hans", "vi", "ht"}


def test_the_json_feed_tells_the_same(town: Any, web: TestClient) -> None:
    """Version, check number and the address of the feed itself."""
    content = town.released(town.alert())
    told = json.loads(web.get("/feeds/exercise/feed.json").content)
    assert told["feed_url"].endswith("/feeds/exercise/feed.json")
    assert told["items"][0]["_onevoice"]["contenthash"] == content


def test_a_cap_description_of_an_exercise_is_marked_first_and_last(town: Any, web: TestClient) -> None:
    """A receiver that shows only the description still shows that it is an exercise."""
    town.released(town.alert())
    info = cap.read(web.get("/cap/exercise/river-flood-abc234-1.xml").content).infos[0]
    lines = str(info.description).splitlines()
    assert (lines[0], lines[-1]) == ("EXERCISE", "EXERCISE")


@pytest.mark.parametrize(
    "path", ["/feeds/exercise/atom.xml", "/feeds/exercise/feed.json", "/cap/exercise/river-flood-abc234-1.xml"]
)
def test_a_document_is_not_sent_twice_and_is_packed(town: Any, web: TestClient, path: str) -> None:
    """304 for a reader that has it; gzip for one that takes it, and the same octets inside."""
    town.released(town.alert())
    plain = web.get(path, headers={"Accept-Encoding": "identity"})
    assert web.get(path, headers={"If-None-Match": plain.headers["ETag"]}).status_code == 304
    with web.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(b"".join(packed.iter_raw())) == plain.content


def test_a_feed_tells_when_it_changed(town: Any, web: TestClient) -> None:
    """A reader without tags asks by time."""
    town.released(town.alert())
    told = web.get("/feeds/exercise/atom.xml").headers["Last-Modified"]
    assert web.get("/feeds/exercise/atom.xml", headers={"If-Modified-Since": told}).status_code == 304
    before = "Sun, 01 Nov 2020 00:00:00 GMT"
    assert web.get("/feeds/exercise/atom.xml", headers={"If-Modified-Since": before}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/feeds/live/atom.xml", "/feeds/exercise/rss.xml", "/cap/exercise/river-flood-abc234-9.xml"]
)
def test_a_feed_that_there_is_not(town: Any, web: TestClient, path: str) -> None:
    """404."""
    town.released(town.alert())
    assert web.get(path).status_code == 404


def test_what_was_never_released_is_in_no_feed(town: Any, web: TestClient) -> None:
    """A submitted alert is nobody's business yet."""
    town.submitted(town.alert())
    assert feedparser.parse(web.get("/feeds/exercise/atom.xml").content).entries == []
    assert web.get("/cap/exercise/river-flood-abc234-1.xml").status_code == 404


def test_export_writes_what_is_served(town: Any, web: TestClient, tmp_path: Path) -> None:
    """The folder holds the same feeds and CAP documents, octet for octet."""
    town.released(town.alert())
    written = publish.export(town.desk, tmp_path / "out")
    assert len(written) == 7
    for path in written:
        assert path.read_bytes() == web.get("/" + path.relative_to(tmp_path / "out").as_posix()).content


FOLDED = [(Status.ACTUAL, ""), (Status.EXERCISE, "exercise/"), (Status.TEST, "test/")]


@pytest.mark.parametrize(("status", "folder"), FOLDED)
def test_cap_documents_of_exercises_and_tests_never_lie_among_real_ones(
    town: Any, web: TestClient, tmp_path: Path, status: Status, folder: str
) -> None:
    """The feed leads to the one path of its status, over HTTP and in an export; every other path answers 404."""
    town.released(town.alert(status=status))
    name = publish.FOLDERS[status]
    entry = feedparser.parse(web.get(f"/feeds/{name}/atom.xml").content).entries[0]
    assert entry.link == f"{town.desk.settings.public_url}/cap/{folder}river-flood-abc234-1.xml"
    for other in ("", "exercise/", "test/", "public/"):
        found = web.get(f"/cap/{other}river-flood-abc234-1.xml").status_code
        assert found == (200 if other == folder else 404), other
    publish.export(town.desk, tmp_path)
    documents = [path.relative_to(tmp_path).as_posix() for path in (tmp_path / "cap").rglob("*.xml")]
    assert documents == [f"cap/{folder}river-flood-abc234-1.xml"]


def test_a_restricted_document_of_an_exercise_has_a_path_of_its_own_too(town: Any, web: TestClient) -> None:
    """Under the key of a partner, as under the public path."""
    alert = town.alert()
    town.released(alert, _texts(town, alert))
    token = partners.add(town.desk, "clinic", "Mill Clinic", tiers=("T4",))
    assert web.get(f"/partners/{token}/cap/exercise/river-flood-abc234-1.xml").status_code == 200
    for folder in ("", "test/", "public/"):
        assert web.get(f"/partners/{token}/cap/{folder}river-flood-abc234-1.xml").status_code == 404


# --- partners


def test_a_partner_reads_texts_and_says_what_it_does(town: Any, web: TestClient) -> None:
    """The page holds the texts of its languages; what it says stands in the ledger and on its page."""
    town.released(town.alert())
    token = partners.add(town.desk, "church", "Riverside Church", languages=("es",))
    page = web.get(f"/partners/{token}/").text
    assert "INUNDACIÓN." in page
    assert "CẢNH BÁO" not in page
    said = web.post(f"/partners/{token}/", data={"alert": "river-flood-abc234-1", "word": "passing-on"})
    assert said.status_code == 303
    assert "You said: we pass it on." in web.get(f"/partners/{token}/").text


def test_another_site_cannot_speak_for_a_partner(town: Any, web: TestClient) -> None:
    """A form from elsewhere is refused, and nothing is noted."""
    town.released(town.alert())
    token = partners.add(town.desk, "church", "Riverside Church")
    form = {"alert": "river-flood-abc234-1", "word": "received"}
    answer = web.post(f"/partners/{token}/", data=form, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert "You said" not in web.get(f"/partners/{token}/").text


def test_a_partner_of_tier_t4_gets_the_restricted_document(town: Any, web: TestClient) -> None:
    """Its feed points there; the document is Restricted, valid, and of another identifier."""
    alert = town.alert()
    town.released(alert, _texts(town, alert))
    token = partners.add(town.desk, "clinic", "Mill Clinic", tiers=("T4",))
    entry = feedparser.parse(web.get(f"/partners/{token}/atom.xml").content).entries[0]
    answer = web.get(entry.link.removeprefix(town.desk.settings.public_url))
    made = cap.read(answer.content)
    assert cap.check(answer.content).valid
    assert (made.scope, made.identifier) == ("Restricted", "river-flood-abc234-1.T4")
    assert "private" in answer.headers["Cache-Control"]


def test_the_restricted_document_is_for_its_partners_alone(town: Any, web: TestClient) -> None:
    """A partner without T4, a wrong token, a revoked one and the public get 404; the public document stays public."""
    alert = town.alert()
    town.released(alert, _texts(town, alert))
    plain = partners.add(town.desk, "church", "Riverside Church", tiers=("T2",))
    gone = partners.add(town.desk, "old", "Old Partner", tiers=("T4",))
    partners.revoke(town.desk, "old")
    for token in (plain, gone, "guess"):
        assert web.get(f"/partners/{token}/cap/exercise/river-flood-abc234-1.xml").status_code == 404
    assert web.get("/cap/exercise/river-flood-abc234-1.T4.xml").status_code == 404
    assert b"technical" not in web.get("/cap/exercise/river-flood-abc234-1.xml").content
    for path in ("", "atom.xml", "feed.json"):
        assert web.get(f"/partners/{gone}/{path}").status_code == 404


def test_a_partner_gets_only_its_zones(town: Any, web: TestClient) -> None:
    """An alert for other zones is neither on its page nor in its feed."""
    town.released(town.alert())
    token = partners.add(town.desk, "north", "North Hill Club", zones=("north-hill",))
    assert "There is no current message." in web.get(f"/partners/{token}/").text
    assert feedparser.parse(web.get(f"/partners/{token}/atom.xml").content).entries == []
