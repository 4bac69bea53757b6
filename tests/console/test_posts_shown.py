"""What an approver and whoever follows are shown of public posts."""

from typing import Any

from fastapi.testclient import TestClient
from lxml import html

from onevoice.desk import posting
from onevoice.ledger import alerts
from onevoice.ledger.posts import NewPost, Slot, plan_posts
from onevoice.ledger.tables import delivery

PATH = "/approve/river-flood-abc234-1"
ACCOUNT = "@em@social.example"
TOLD = {
    "count": 2,
    "accounts": [f"mastodon:{ACCOUNT}"],
    "languages": ["en", "es"],
    "held": ["vi"],
    "unanswered": [],
    "reason": "",
}


def said(text: str) -> str:
    """What a person reads."""
    tree: Any = html.fromstring(text)
    return " ".join(tree.body.text_content().split())


def test_the_button_names_the_posts_that_it_makes(town: Any, web: TestClient) -> None:
    """Whoever approves sees how many posts there are, and which language is missing."""
    town.submitted(town.alert(), None, posts=TOLD)

    shown = said(web.get(PATH).text)

    assert "2 posts: 1 account, 2 languages." in shown
    assert "Held back, so not posted: vi." in shown
    assert "Send to 0 people, make 2 public posts (exercise)" in shown


def test_without_accounts_the_approver_is_told_that_nothing_is_posted(town: Any, web: TestClient) -> None:
    """The sentence stands there, and the button is about people alone."""
    none = {**TOLD, "count": 0, "accounts": [], "languages": [], "held": [], "reason": posting.NO_ACCOUNTS}
    town.submitted(town.alert(), None, posts=none)

    shown = said(web.get(PATH).text)

    assert posting.NO_ACCOUNTS in shown
    assert "Send to 0 people (exercise)" in shown


def test_a_release_that_was_frozen_before_there_were_posts_is_shown_as_it_was(town: Any, web: TestClient) -> None:
    """Nothing is said of posts where nothing was frozen about them."""
    town.submitted(town.alert())

    shown = said(web.get(PATH).text)

    assert "post" not in shown.lower()


def test_the_status_page_tells_posts_apart_from_people(town: Any, web: TestClient) -> None:
    """Posted and waiting are counted by themselves; the people are as many as before."""
    town.released(town.alert())
    with town.desk.ledger.write() as conn:
        release = alerts.standing_release(conn, "river-flood-abc234-1")
        assert release
        texts = {t.profile.languages[0]: t.id for t in alerts.variants(conn, release.id)}
        wanted = [NewPost(Slot("mastodon", ACCOUNT, tag), texts[tag]) for tag in ("en", "es")]
        plan_posts(conn, town.desk.vault, release.id, wanted, town.desk.now())
        conn.execute(delivery.update().where(delivery.c.language == "en").values(state="delivered"))

    shown = said(web.get("/status/river-flood-abc234-1").text)

    assert "Posted publicly 1 posted, 1 waiting." in shown
    assert f"{ACCOUNT} (mastodon), English: posted" in shown
    assert "counts for nobody above" in shown
