"""The Mastodon service, talked to by Mastodon.py, which was written for the real one, and by hand where it cannot."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError, MastodonNotFoundError, MastodonRatelimitError, MastodonUnauthorizedError

from sandbox.mastodon_statuses import Status, Statuses
from sandbox.mastodon_text import as_html, counted
from sandbox.testing import Sandbox

LINK = "https://alerts.millford.example/a/very/long/path/to/the/page/of/this/alert?id=12345"


@pytest.fixture
def client(sandbox: Sandbox) -> Mastodon:
    """Give the library's client of the shared sandbox."""
    return Mastodon(access_token=sandbox.mastodon_token, api_base_url=sandbox.mastodon, ratelimit_method="throw")


def _create(sandbox: Sandbox, token: str = Sandbox.mastodon_token, **request: Any) -> httpx.Response:
    headers = request.pop("headers", {}) | {"Authorization": f"Bearer {token}"}
    return sandbox.ask("POST", "/api/v1/statuses", headers=headers, **request)


def test_a_status_is_posted_and_shown_again(sandbox: Sandbox, client: Mastodon) -> None:
    """What the library posts it finds again, alone and in the account's list, as the entity that it knows."""
    posted = client.status_post("Suba ya. Lugar alto.\nNo espere.", language="es", visibility="public")

    again, me = client.status(posted.id), client.me()
    assert (again.language, again.visibility, again.in_reply_to_id) == ("es", "public", None)
    assert again.content == "<p>Suba ya. Lugar alto.<br />No espere.</p>"
    assert f"@{me.acct}" == sandbox.mastodon_account.rpartition("@")[0]
    assert again.account.id == me.id
    assert abs(again.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert client.account_statuses(me.id)[0].id == posted.id


def test_what_was_received_stands_in_the_record(sandbox: Sandbox, client: Mastodon) -> None:
    """Text, account, language, thread and key are recorded, and the token is not."""
    first = client.status_post("first", language="en")
    second = client.status_post("second ⚠", in_reply_to_id=first.id, language="es", idempotency_key="key-of-second")

    (entry,) = sandbox.entries("mastodon", "accepted", sid=str(second.id))
    assert (entry.sender, entry.body, entry.outcome) == (sandbox.mastodon_account, "second ⚠", "200")
    assert entry.detail == {
        "language": "es",
        "visibility": "public",
        "in_reply_to_id": str(first.id),
        "idempotency_key": "key-of-second",
    }
    assert sandbox.mastodon_token not in sandbox.record.read_text()


@pytest.mark.parametrize("form", ["data", "json"])
def test_a_form_and_json_are_the_same(sandbox: Sandbox, form: str) -> None:
    """Both ways of writing the request give the same status."""
    request: dict[str, Any] = {form: {"status": "Évacuez", "language": "fr", "visibility": "unlisted"}}
    reply = _create(sandbox, **request)

    assert (reply.status_code, reply.json()["language"], reply.json()["visibility"]) == (200, "fr", "unlisted")
    assert reply.json()["content"] == "<p>Évacuez</p>"


def test_a_key_gives_the_first_status_again(sandbox: Sandbox, client: Mastodon) -> None:
    """A second create with the same key posts nothing, whatever its text; the record tells the two apart."""
    first = client.status_post("once", idempotency_key="the same key")
    again = client.status_post("twice", idempotency_key="the same key")

    assert (again.id, again.content) == (first.id, "<p>once</p>")
    assert [entry.event for entry in sandbox.entries("mastodon", sid=str(first.id))] == ["accepted", "repeated"]


def test_a_key_is_kept_for_an_hour() -> None:
    """After an hour the service has forgotten the key, and would post again."""
    statuses = Statuses()
    for minutes, key in ((1, "new"), (59, "late"), (61, "old")):
        created = datetime.now(UTC) - timedelta(minutes=minutes)
        statuses.add(Status(id=statuses.new_id(), text="t", language="en", idempotency_key=key, created=created))

    assert [bool(statuses.kept(key)) for key in ("new", "late", "old")] == [True, True, False]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": ""}, "Validation failed: Text can't be blank"),
        ({"status": " \n"}, "Validation failed: Text can't be blank"),
        ({"status": "x" * 501}, "Validation failed: Text character limit of 500 exceeded"),
        ({"status": "👨‍👩‍👧‍👦" * 501}, "Validation failed: Text character limit of 500 exceeded"),
        ({"status": "x", "visibility": "everybody"}, "Validation failed: Visibility is not included in the list"),
        ({"status": "x", "poll": {"options": ["a"]}}, "Validation failed: the sandbox takes plain posts"),
    ],
)
def test_what_is_no_post_is_a_422(sandbox: Sandbox, fields: dict[str, Any], said: str) -> None:
    """An unusable text is refused with Mastodon's sentence, recorded, and never posted."""
    before = len(sandbox.entries("mastodon", "accepted"))
    reply = _create(sandbox, json=fields)

    assert (reply.status_code, reply.json()["error"][: len(said)]) == (422, said)
    assert len(sandbox.entries("mastodon", "accepted")) == before
    assert sandbox.entries("mastodon", "refused")[-1].outcome.startswith("422 Validation failed")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("x" * 500, 500),
        (f"See {LINK}.", 28),
        (f"{LINK} {LINK}", 47),
        ("@em@social.example hello", 9),
        ("👨‍👩‍👧‍👦🇭🇹⚠️", 3),
        ("Tie\u0302\u0301ng", 5),
        ("mail em@social.example", 22),
    ],
)
def test_characters_are_counted_as_mastodon_counts(text: str, length: int) -> None:
    """A link is 23, a mention loses its host, a flag or a letter with marks is one."""
    assert counted(text) == length


def test_a_text_of_500_characters_with_a_long_link_is_taken(client: Mastodon) -> None:
    """The link's own length does not count."""
    assert client.status_post("x" * 476 + " " + LINK).id


def test_html_shows_the_whole_link_and_nothing_that_was_not_meant() -> None:
    """Markup in a text is shown as text; the three parts of a link are the link."""
    html = as_html("a < b & c\n\nSee <b> https://www.alerts.millford.example/a/very/long/path?x=1&y=2.")

    assert html.startswith("<p>a &lt; b &amp; c</p><p>See &lt;b&gt; <a href=")
    assert html.endswith("</a>.</p>")
    assert 'href="https://www.alerts.millford.example/a/very/long/path?x=1&amp;y=2"' in html


def test_a_reply_to_nothing_is_a_404(client: Mastodon) -> None:
    """A reply must name a status that is there; after its deletion too."""
    gone = client.status_post("soon gone")
    assert client.status_delete(gone.id).text == "soon gone"

    for missing in (gone.id, "17"):
        with pytest.raises(MastodonNotFoundError, match="you are trying to reply to does not appear to exist"):
            client.status_post("reply", in_reply_to_id=missing)


def test_a_wrong_token_may_nothing(sandbox: Sandbox) -> None:
    """Without the token nothing is posted, listed or deleted; a public status is shown to everybody."""
    stranger = Mastodon(access_token="another", api_base_url=sandbox.mastodon)
    number = _create(sandbox, json={"status": "public"}).json()["id"]

    for work in (
        lambda: stranger.status_post("x"),
        stranger.account_verify_credentials,
        lambda: stranger.status_delete(number),
    ):
        with pytest.raises(MastodonUnauthorizedError, match="The access token is invalid"):
            work()
    assert sandbox.ask("GET", f"/api/v1/statuses/{number}").status_code == 200


def test_a_private_status_is_shown_to_its_account_only(sandbox: Sandbox, client: Mastodon) -> None:
    """For a stranger it is not there."""
    number = client.status_post("for me", visibility="private").id

    assert client.status(number).id == number
    assert sandbox.ask("GET", f"/api/v1/statuses/{number}").status_code == 404


def test_lists_are_read_page_by_page(client: Mastodon) -> None:
    """The library walks back through its pages by the links that the service gives."""
    posted = [client.status_post(f"page {n}").id for n in range(5)]
    me = client.me().id

    first = client.account_statuses(me, limit=2)
    second = client.fetch_next(first)
    assert [status.id for status in (*first, *(second or []))] == posted[::-1][:4]
    assert [status.id for status in client.account_statuses(me, min_id=posted[2], limit=1)] == [posted[3]]
    assert [status.id for status in client.account_statuses(me, since_id=posted[2])] == [posted[4], posted[3]]


def test_the_instance_tells_its_limits(client: Mastodon) -> None:
    """500 characters, and 23 for a link."""
    limits = client.instance_v2().configuration.statuses

    assert (limits.max_characters, limits.characters_reserved_per_url) == (500, 23)


def test_more_calls_than_the_limit_are_a_429_that_says_until_when(tmp_path: Path) -> None:
    """The library reads limit, rest and reset of each answer; the fourth call of three is thrown out."""
    with Sandbox(tmp_path / "record.jsonl", "--mastodon-calls", "3") as running:
        answers = [_create(running, json={"status": f"post {n}"}) for n in range(4)]
        assert [(a.status_code, a.headers["X-RateLimit-Remaining"]) for a in answers] == [
            (200, "2"),
            (200, "1"),
            (200, "0"),
            (429, "0"),
        ]
        reset = datetime.fromisoformat(answers[3].headers["X-RateLimit-Reset"])
        assert timedelta() < reset - datetime.now(UTC) <= timedelta(minutes=5)
        client = Mastodon(access_token=running.mastodon_token, api_base_url=running.mastodon, ratelimit_method="throw")
        with pytest.raises(MastodonRatelimitError):
            client.status_post("x")
        assert len(running.entries("mastodon", "accepted")) == 3


def test_a_restart_remembers_posts_and_keys(tmp_path: Path) -> None:
    """After a kill the statuses stand, keys hold, and what was deleted stays away."""
    record = tmp_path / "record.jsonl"
    with Sandbox(record) as first:
        client = Mastodon(access_token=first.mastodon_token, api_base_url=first.mastodon)
        kept = client.status_post("kept", language="ar", idempotency_key="k")
        gone = client.status_post("gone")
        client.status_delete(gone.id)
        first.kill()
    with Sandbox(record) as second:
        client = Mastodon(access_token=second.mastodon_token, api_base_url=second.mastodon)
        assert client.status(kept.id).language == "ar"
        assert client.status_post("kept", idempotency_key="k").id == kept.id
        with pytest.raises(MastodonNotFoundError):
            client.status(gone.id)


def test_rubbish_is_a_400(sandbox: Sandbox) -> None:
    """JSON that cannot be read, or is no object, is refused and recorded."""
    for content in (b"{", b"[]", json.dumps("text").encode()):
        reply = _create(sandbox, content=content, headers={"Content-Type": "application/json"})
        assert (reply.status_code, reply.json()) == (400, {"error": "Bad Request"})


def test_a_real_client_sees_the_service_s_own_errors(sandbox: Sandbox, client: Mastodon) -> None:
    """An error that the fault programme makes is one that the library understands."""
    sandbox.fault("422", service="mastodon")

    with pytest.raises(MastodonAPIError, match="can't be blank"):
        client.status_post("fine")
    sandbox.clear_faults()
