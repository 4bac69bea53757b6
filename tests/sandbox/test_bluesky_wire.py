"""The Bluesky service, talked to by atproto, which was written for the real one, and by hand where it cannot."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import libipld
import pytest
from atproto import Client, client_utils, models
from atproto_client.exceptions import BadRequestError, UnauthorizedError

from sandbox.bluesky_records import BlueskyAccount, tid
from sandbox.bluesky_rules import POST, TID
from sandbox.cid import cid_of, encoded
from sandbox.limits import Limit
from sandbox.testing import Sandbox

AT = "2026-11-22T12:00:00.000Z"
# Seconds that a token holds which is to run out. Its end is a whole second, so that it may hold almost one less.
SHORT = "3"
FAMILY = "👨‍👩‍👧‍👦"


class Caller:
    """Calls by hand, as one who is logged in."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = self.log_in().json()

    def log_in(self, password: str = Sandbox.bluesky_password) -> httpx.Response:
        """Create a session."""
        wish = {"identifier": self.sandbox.bluesky_handle, "password": password}
        return self.call("POST", "server.createSession", "", json=wish)

    def call(self, method: str, name: str, token: str | None = None, **request: Any) -> httpx.Response:
        """Make any call."""
        shown = self.session["accessJwt"] if token is None else token
        headers = {"Authorization": f"Bearer {shown}"} if shown else {}
        return self.sandbox.ask(method, f"/xrpc/com.atproto.{name}", headers=headers, **request)

    def write(self, name: str = "create", **fields: Any) -> httpx.Response:
        """Write a record; its fields `text`, `langs`, … among the input's own."""
        record = {"text": "Go now.", "createdAt": AT} | {
            key: fields.pop(key) for key in ("text", "createdAt", "langs", "facets", "reply", "$type") if key in fields
        }
        wish = {"repo": self.sandbox.bluesky_handle, "collection": POST, "record": record} | fields
        return self.call("POST", f"repo.{name}Record", json=wish)

    def get(self, rkey: str) -> httpx.Response:
        """Show one record."""
        params = {"repo": self.session["did"], "collection": POST, "rkey": rkey}
        return self.call("GET", "repo.getRecord", "", params=params)


@pytest.fixture
def caller(sandbox: Sandbox) -> Caller:
    """Give somebody who is logged in."""
    return Caller(sandbox)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    """Give the library's client, logged in."""
    with _client(sandbox) as made:
        made.login(sandbox.bluesky_handle, sandbox.bluesky_password, fetch_bsky_profile=False)
        yield made


@contextmanager
def _client(sandbox: Sandbox) -> Iterator[Client]:
    made = Client(f"{sandbox.bluesky}/xrpc")
    try:
        yield made
    finally:
        made.request.close()


def _refused(reply: httpx.Response) -> tuple[int, str]:
    assert set(reply.json()) == {"error", "message"}
    return reply.status_code, str(reply.json()["error"])


_keys = (tid(1_700_000_000_000_000 + n) for n in range(10_000))

# --- posts


def test_a_post_with_a_link_is_made_and_shown_again(sandbox: Sandbox, client: Client) -> None:
    """What the library posts it reads again, with the link that can be tapped, and a content id of its very bytes."""
    url = "https://alerts.millford.example/p/1"
    rich = client_utils.TextBuilder().text("¡Évacuez ⚠! ").link(url, url)
    record = models.AppBskyFeedPost.Record(
        text=rich.build_text(), facets=rich.build_facets(), langs=["fr"], created_at=client.get_current_time_iso()
    )

    made = client.app.bsky.feed.post.create(sandbox.bluesky_handle, record)
    shown = client.app.bsky.feed.post.get(sandbox.bluesky_handle, made.uri.rpartition("/")[2])

    assert (shown.uri, shown.cid, shown.value.text) == (made.uri, made.cid, "¡Évacuez ⚠! " + url)
    (entry,) = sandbox.entries("bluesky", "accepted", sid=made.uri)
    assert (entry.body, entry.detail["language"], entry.sender) == (record.text, "fr", sandbox.bluesky_handle)
    raw = libipld.encode_dag_cbor(entry.detail["record"])
    assert libipld.decode_cid(made.cid)["hash"]["digest"] == hashlib.sha256(raw).digest()
    assert sandbox.bluesky_password not in sandbox.record.read_text()
    assert client.app.bsky.feed.post.list(sandbox.bluesky_handle, limit=1).records


def test_a_thread_is_made_of_replies(sandbox: Sandbox, client: Client) -> None:
    """Replies that the library makes name parent and root, and are taken."""
    refs: list[models.ComAtprotoRepoStrongRef.Main] = []
    for text in ("one", "two", "three"):
        reply = models.AppBskyFeedPost.ReplyRef(parent=refs[-1], root=refs[0]) if refs else None
        record = models.AppBskyFeedPost.Record(text=text, reply=reply, created_at=client.get_current_time_iso())
        made = client.app.bsky.feed.post.create(sandbox.bluesky_handle, record)
        refs.append(models.ComAtprotoRepoStrongRef.Main(uri=made.uri, cid=made.cid))

    assert [bool(entry.detail["record"].get("reply")) for entry in sandbox.entries("bluesky", "accepted")[-3:]] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("value", [{}, {"b": 1, "aa": [True, None, -7], "a": "é"}, {"n": 2**40, "l": ["x" * 300] * 30}])
def test_content_ids_are_those_of_dag_cbor(value: dict[str, Any]) -> None:
    """An independent encoder writes the same bytes."""
    assert encoded(value) == libipld.encode_dag_cbor(value)
    assert libipld.decode_cid(cid_of(value))["hash"]["digest"] == hashlib.sha256(encoded(value)).digest()


@pytest.mark.parametrize(("text", "status"), [("x" * 300, 200), (FAMILY * 110, 200), ("x" * 301, 400)])
def test_300_characters_are_taken_and_301_are_not(caller: Caller, text: str, status: int) -> None:
    """Characters as a reader counts them: a family of emoji is one, of 25 bytes."""
    assert caller.write(text=text).status_code == status


def test_3000_bytes_are_taken_and_more_are_not(caller: Caller) -> None:
    """Few characters of many bytes each."""
    assert caller.write(text=FAMILY * 120).status_code == 200
    reply = caller.write(text=FAMILY * 120 + "x")
    assert _refused(reply) == (400, "InvalidRequest")
    assert "must not be longer than 3000 characters" in reply.json()["message"]


LINKED = [{"$type": "app.bsky.richtext.facet#link", "uri": "https://a.example"}]


@pytest.mark.parametrize(
    "fields",
    [
        {"createdAt": "2026-11-22"},
        {"createdAt": "soon"},
        {"text": 7},
        {"langs": ["en", "es", "fr", "ht"]},
        {"langs": ["not a language"]},
        {"langs": "en"},
        {"$type": "app.bsky.feed.like"},
        {"facets": [{"index": {"byteStart": 0, "byteEnd": 8}, "features": LINKED}]},
        {"facets": [{"index": {"byteStart": 5, "byteEnd": 5}, "features": LINKED}]},
        {"facets": [{"index": {"byteStart": -1, "byteEnd": 5}, "features": LINKED}]},
        {"facets": [{"index": {"byteStart": 0, "byteEnd": "5"}, "features": LINKED}]},
        {"text": "é", "facets": [{"index": {"byteStart": 1, "byteEnd": 2}, "features": LINKED}]},
        {"facets": [{"index": {"byteStart": 0, "byteEnd": 2}, "features": [{"$type": "x#link"}]}]},
        {"facets": [{"features": LINKED}]},
        {"reply": {}},
        {"reply": {"root": {}, "parent": {}}},
        {"reply": {"root": {"uri": "at://x", "cid": "b"}, "parent": {"uri": "at://x", "cid": "b"}}},
        {"rkey": "post-1"},
        {"rkey": "."},
        {"rkey": "a b"},
        {"collection": "app.bsky.feed.like"},
        {"repo": "somebody.else.example"},
        {"record": "text"},
    ],
    ids=str,
)
def test_what_is_no_post_is_a_400(sandbox: Sandbox, caller: Caller, fields: dict[str, Any]) -> None:
    """Each is refused as InvalidRequest, recorded, and never posted."""
    before = len(sandbox.entries("bluesky", "accepted"))

    assert _refused(caller.write(**fields)) == (400, "InvalidRequest")
    assert len(sandbox.entries("bluesky", "accepted")) == before
    assert sandbox.entries("bluesky", "refused")[-1].outcome == "400 InvalidRequest"


def test_a_reply_must_name_the_root_of_its_parent(caller: Caller) -> None:
    """Readers' programs hide a reply with another root, so the sandbox refuses it; a changed cid too."""
    one, other = caller.write().json(), caller.write(text="other").json()
    root, stray = ({"uri": made["uri"], "cid": made["cid"]} for made in (one, other))

    assert caller.write(reply={"root": root, "parent": root}).status_code == 200
    assert _refused(caller.write(reply={"root": stray, "parent": root})) == (400, "InvalidRequest")
    changed = root | {"cid": stray["cid"]}
    assert _refused(caller.write(reply={"root": changed, "parent": changed})) == (400, "InvalidRequest")


# --- keys


def test_a_key_that_is_taken_is_a_bare_500(sandbox: Sandbox, caller: Caller) -> None:
    """A second create under one key changes nothing and says nothing, as with a PDS."""
    rkey = next(_keys)
    first = caller.write(rkey=rkey).json()

    assert _refused(caller.write(rkey=rkey, text="again")) == (500, "InternalServerError")
    assert caller.get(rkey).json() == {
        "uri": first["uri"],
        "cid": first["cid"],
        "value": {"$type": POST, "text": "Go now.", "createdAt": AT},
    }
    assert len(sandbox.entries("bluesky", "accepted", sid=first["uri"])) == 1


def test_put_writes_anew_unless_it_swaps(sandbox: Sandbox, caller: Caller) -> None:
    """A swapRecord of null means "only if it is not there", a cid "only if it is this"; the same again is no change."""
    rkey = next(_keys)
    first = caller.write("put", rkey=rkey, swapRecord=None).json()

    assert caller.write("put", rkey=rkey, swapRecord=None).json()["cid"] == first["cid"]
    assert _refused(caller.write("put", rkey=rkey, text="b", swapRecord=None)) == (400, "InvalidSwap")
    assert _refused(caller.write("put", rkey=rkey, text="b", swapRecord="bafyother")) == (400, "InvalidSwap")
    assert caller.write("put", rkey=rkey, text="b", swapRecord=first["cid"]).status_code == 200
    assert caller.get(rkey).json()["value"]["text"] == "b"
    events = [entry.event for entry in sandbox.entries("bluesky", sid=first["uri"])]
    assert events == ["accepted", "repeated", "accepted"]


def test_a_deleted_post_is_gone(caller: Caller) -> None:
    """It is not located any more, and a second delete is nothing."""
    rkey = next(_keys)
    caller.write(rkey=rkey)

    for _ in range(2):
        assert caller.write("delete", rkey=rkey).status_code == 200
    assert _refused(caller.get(rkey)) == (400, "RecordNotFound")


def test_lists_are_read_page_by_page(sandbox: Sandbox, caller: Caller) -> None:
    """By key, the largest first, or the smallest; the cursor is a key."""
    keys = [caller.write().json()["uri"].rpartition("/")[2] for _ in range(4)]

    def page(**query: Any) -> list[str]:
        params = {"repo": sandbox.bluesky_handle, "collection": POST} | query
        found = caller.call("GET", "repo.listRecords", "", params=params).json()
        return [each["uri"].rpartition("/")[2] for each in found["records"]]

    assert page(limit=2) == keys[:1:-1]
    assert page(limit=2, cursor=keys[2]) == keys[1::-1]
    assert page(limit=2, cursor=keys[0], reverse="true") == keys[1:3]


def test_keys_of_the_service_are_ids_of_time() -> None:
    """A TID of now has the lexicon's form and grows with time."""
    now = time.time_ns() // 1000

    assert TID.fullmatch(tid(now))
    assert tid(now) < tid(now + 1)


# --- sessions


def test_a_wrong_password_is_a_401(sandbox: Sandbox, caller: Caller) -> None:
    """The library says so too."""
    assert _refused(caller.log_in("guess")) == (401, "AuthenticationRequired")
    with _client(sandbox) as client, pytest.raises(UnauthorizedError, match="Invalid identifier or password"):
        client.login(sandbox.bluesky_handle, "guess", fetch_bsky_profile=False)


@pytest.mark.parametrize(
    ("token", "status", "error"),
    [("", 401, "AuthMissing"), ("a.b.c", 400, "InvalidToken"), ("refreshJwt", 400, "InvalidToken")],
)
def test_without_an_access_token_nothing_is_written(caller: Caller, token: str, status: int, error: str) -> None:
    """No token, a made-up one, and a refresh token are refused, each with its name."""
    shown = caller.session.get(token, token)

    assert _refused(caller.call("POST", "repo.createRecord", shown, json={"repo": "r", "collection": POST})) == (
        status,
        error,
    )
    assert _refused(caller.call("GET", "server.getSession", shown)) == (status, error)


def test_a_token_expires_and_is_renewed(tmp_path: Path) -> None:
    """An access token that is too old is a 400 ExpiredToken; the refresh token gives a new pair, to the library too."""
    with Sandbox(tmp_path / "record.jsonl", "--bluesky-access-seconds", SHORT) as running:
        caller = Caller(running)
        assert caller.call("GET", "server.getSession").json()["did"] == caller.session["did"]
        time.sleep(int(SHORT) + 0.1)
        assert _refused(caller.write()) == (400, "ExpiredToken")
        renewed = caller.call("POST", "server.refreshSession", caller.session["refreshJwt"]).json()
        assert renewed["refreshJwt"] != caller.session["refreshJwt"]
        caller.session = renewed
        assert caller.write().status_code == 200

        with _client(running) as client:
            client.login(running.bluesky_handle, running.bluesky_password, fetch_bsky_profile=False)
            time.sleep(int(SHORT) + 0.1)
            wish = {"repo": running.bluesky_handle, "collection": POST, "record": {}}
            with pytest.raises(BadRequestError, match="must have"):
                client.com.atproto.repo.create_record(wish)
        assert [e.outcome for e in running.entries("bluesky", "session")] == ["200"] * 4


def test_too_many_log_ins_are_a_429_that_says_until_when(tmp_path: Path) -> None:
    """Two are allowed here; the third is refused, with the end of the window in Unix time."""
    with Sandbox(tmp_path / "record.jsonl", "--bluesky-sessions", "2") as running:
        caller = Caller(running)
        assert caller.log_in().status_code == 200
        reply = caller.log_in()
        assert _refused(reply) == (429, "RateLimitExceeded")
        assert reply.headers["RateLimit-Policy"] == "2;w=300"
        assert 0 < int(reply.headers["RateLimit-Reset"]) - time.time() <= 300


def test_windows_end() -> None:
    """What was spent in one window does not count in the next; each thing costs its points."""
    now = [1000.0]
    limit = Limit(5, 60, lambda: now[0])

    assert [limit.spend(3).over, limit.spend(3).over] == [False, True]
    now[0] += 60
    assert limit.spend(3).left == 2
    assert not Limit(0, 60).spend(1000).over


def test_a_restart_remembers_posts(tmp_path: Path) -> None:
    """After a kill posts stand, keys collide, tokens hold, and the account is the same."""
    record, rkey = tmp_path / "record.jsonl", next(_keys)
    with Sandbox(record) as first:
        caller = Caller(first)
        made = caller.write(rkey=rkey).json()
        gone = caller.write().json()["uri"].rpartition("/")[2]
        caller.write("delete", rkey=gone)
        first.kill()
    with Sandbox(record) as second:
        caller.sandbox = second
        assert caller.get(rkey).json()["cid"] == made["cid"]
        assert caller.write(rkey=rkey).status_code == 500
        assert caller.get(gone).status_code == 400


def test_a_handle_leads_to_its_did(sandbox: Sandbox, client: Client) -> None:
    """The library resolves the handle to the did of the session."""
    did = client.com.atproto.identity.resolve_handle({"handle": sandbox.bluesky_handle}).did

    assert did == BlueskyAccount(handle=sandbox.bluesky_handle, password="").did
    with pytest.raises(BadRequestError, match="Unable to resolve handle"):
        client.com.atproto.identity.resolve_handle({"handle": "nobody.example"})
