"""The fault programme, of the services for posts."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.bluesky_rules import POST
from sandbox.faults import BadFault, Fault
from sandbox.post_behaviours import POST_BEHAVIOURS, Shown
from sandbox.testing import Sandbox

README = (Path(__file__).resolve().parents[2] / "sandbox" / "README.md").read_text()
SERVICES = ("mastodon", "bluesky")
AT = "2026-11-22T12:00:00.000Z"
REFUSED = {
    "mastodon": {"400": 400, "401": 401, "403": 403, "404": 404, "422": 422, "500_before": 500, "503_before": 503},
    "bluesky": {"400": 400, "401": 401, "403": 403, "expired_token": 400, "500_before": 500, "503_before": 503},
}


def _create(sandbox: Sandbox, service: str, text: str, *, language: str = "en", timeout: float = 8) -> httpx.Response:
    if service == "mastodon":
        token, path = sandbox.mastodon_token, "/api/v1/statuses"
        wish: dict[str, Any] = {"status": text, "language": language}
    else:
        token, path = _access(sandbox), "/xrpc/com.atproto.repo.createRecord"
        record = {"text": text, "createdAt": AT, "langs": [language]}
        wish = {"repo": sandbox.bluesky_handle, "collection": POST, "record": record}
    headers = {"Authorization": f"Bearer {token}"}
    return sandbox.ask("POST", path, headers=headers, json=wish, timeout=timeout)


def _access(sandbox: Sandbox) -> str:
    wish = {"identifier": sandbox.bluesky_handle, "password": sandbox.bluesky_password}
    return str(sandbox.ask("POST", "/xrpc/com.atproto.server.createSession", json=wish).json()["accessJwt"])


def _looked(sandbox: Sandbox, service: str) -> int:
    headers = {"Authorization": f"Bearer {sandbox.mastodon_token}"}
    if service == "mastodon":
        return sandbox.ask("GET", "/api/v1/accounts/verify_credentials", headers=headers).status_code
    params = {"repo": sandbox.bluesky_handle, "collection": POST}
    return sandbox.ask("GET", "/xrpc/com.atproto.repo.listRecords", params=params).status_code


def _events(sandbox: Sandbox, service: str, text: str) -> list[tuple[str, str]]:
    return [(entry.event, entry.outcome.split()[0]) for entry in sandbox.entries(service, body=text)]


@pytest.mark.parametrize(("service", "kind"), [(s, kind) for s in SERVICES for kind in REFUSED[s]])
def test_a_refusal_posts_nothing(sandbox: Sandbox, service: str, kind: str) -> None:
    """Each is answered with its status and the service's error object, recorded as refused, and strikes once."""
    text = f"refused {service} {kind}"
    sandbox.fault(kind, service=service)
    reply = _create(sandbox, service, text)

    assert reply.status_code == REFUSED[service][kind]
    assert set(reply.json()) == ({"error"} if service == "mastodon" else {"error", "message"})
    assert (reply.json()["error"] == "ExpiredToken") == (kind == "expired_token")
    assert _events(sandbox, service, text) == [("refused", str(reply.status_code))]
    assert _create(sandbox, service, text).status_code == 200


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_error_after_the_post_leaves_it_standing(sandbox: Sandbox, service: str, status: int) -> None:
    """The client sees an error, and the record an acceptance."""
    text = f"spoilt {service} {status}"
    sandbox.fault(f"{status}_after_accept", service=service)

    assert _create(sandbox, service, text).status_code == status
    assert _events(sandbox, service, text) == [("accepted", str(status))]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(("kind", "event"), [("cut_after_accept", "accepted"), ("cut_before", "refused")])
def test_a_cut_connection_gives_no_answer(sandbox: Sandbox, service: str, kind: str, event: str) -> None:
    """The same silence stands for a post that was made and for one that was not; only the record knows."""
    text = f"cut {service} {kind}"
    sandbox.fault(kind, service=service)

    with pytest.raises(httpx.RemoteProtocolError):
        _create(sandbox, service, text)
    assert _events(sandbox, service, text) == [(event, "cut")]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(("kind", "event"), [("timeout_after_accept", "accepted"), ("timeout_before", "refused")])
def test_a_held_answer_does_not_come(sandbox: Sandbox, service: str, kind: str, event: str) -> None:
    """Nothing comes within the client's patience; what was recorded, was recorded before."""
    text = f"held {service} {kind}"
    sandbox.fault(kind, service=service)

    with pytest.raises(httpx.ReadTimeout):
        _create(sandbox, service, text, timeout=0.3)
    assert _events(sandbox, service, text) == [(event, "held")]


@pytest.mark.parametrize("service", SERVICES)
def test_a_delay_and_a_drip_take_their_time(sandbox: Sandbox, service: str) -> None:
    """`slow` waits as long as asked, `drip_after_accept` so long for each byte; both tell the truth in the end."""
    sandbox.fault("slow", service=service, seconds=0.4)
    sandbox.fault("drip_after_accept", service=service, seconds=0.0005)
    start = time.monotonic()
    assert _create(sandbox, service, f"slow {service}").status_code == 200
    assert time.monotonic() - start >= 0.4

    dripped = _create(sandbox, service, f"drip {service}").json()
    assert dripped["id" if service == "mastodon" else "uri"]


@pytest.mark.parametrize("service", SERVICES)
def test_nonsense_after_the_post_leaves_it_standing(sandbox: Sandbox, service: str) -> None:
    """A page, nothing at all, and an answer without the id: all with status 200, all of a post that stands."""
    for kind in ("html", "empty", "no_id"):
        sandbox.fault(kind, service=service)
    page, nothing, bare = (_create(sandbox, service, f"nonsense {service}") for _ in range(3))

    assert [page.status_code, nothing.status_code, bare.status_code] == [200, 200, 200]
    assert (page.text[:9], nothing.content) == ("<!doctype", b"")
    assert not {"id", "uri", "cid"} & set(bare.json())
    assert [event for event, _ in _events(sandbox, service, f"nonsense {service}")] == ["accepted"] * 3


@pytest.mark.parametrize(
    ("service", "header"), [("mastodon", "X-RateLimit-Reset"), ("bluesky", "RateLimit-Reset")], ids=SERVICES
)
def test_throttling_says_until_when_as_asked(sandbox: Sandbox, service: str, header: str) -> None:
    """In seconds from now, as it stands where it is no number, or not at all."""
    for wait in (7, "soon", None):
        sandbox.fault("429", service=service, retry_after=wait)
    replies = [_create(sandbox, service, "throttled") for _ in range(3)]

    assert [reply.status_code for reply in replies] == [429] * 3
    assert [header in reply.headers for reply in replies] == [True, True, False]
    assert replies[1].headers[header] == "soon"
    if service == "bluesky":
        assert 5 <= int(replies[0].headers[header]) - time.time() <= 7


@pytest.mark.parametrize("service", SERVICES)
def test_a_fault_can_be_for_one_language(sandbox: Sandbox, service: str) -> None:
    """Only the Spanish post fails."""
    sandbox.fault("500_before", service=service, to="es")

    assert [_create(sandbox, service, "x", language=each).status_code for each in ("en", "es", "es")] == [200, 500, 200]


@pytest.mark.parametrize("service", SERVICES)
def test_a_fault_can_strike_a_look(sandbox: Sandbox, service: str) -> None:
    """On fetch it strikes no create; on any it strikes both."""
    sandbox.fault("503_before", service=service, on="fetch")
    assert _create(sandbox, service, "look").status_code == 200
    assert [_looked(sandbox, service), _looked(sandbox, service)] == [503, 200]

    sandbox.fault("503_before", service=service, on="any", count=2)
    assert [_create(sandbox, service, "look").status_code, _looked(sandbox, service)] == [503, 503]


def test_a_fault_strikes_its_own_service(sandbox: Sandbox) -> None:
    """A fault of one service leaves the other alone, and one of SMS leaves both."""
    sandbox.fault("500_before", service="bluesky")
    sandbox.fault("500_before")
    try:
        assert _create(sandbox, "mastodon", "own").status_code == 200
        assert _create(sandbox, "bluesky", "own").status_code == 500
        assert _create(sandbox, "bluesky", "own").status_code == 200
    finally:
        sandbox.clear_faults()


def test_a_fault_can_strike_a_log_in(sandbox: Sandbox) -> None:
    """Of Bluesky only: log in and renew."""
    sandbox.fault("429", service="bluesky", on="session")
    wish = {"identifier": sandbox.bluesky_handle, "password": sandbox.bluesky_password}

    assert [sandbox.ask("POST", "/xrpc/com.atproto.server.createSession", json=wish).status_code for _ in range(2)] == [
        429,
        200,
    ]


def test_a_lost_key_lets_a_repeat_through(sandbox: Sandbox) -> None:
    """As on a slow server: the second create with one key posts again."""
    sandbox.fault("key_lost", service="mastodon")
    headers = {"Authorization": f"Bearer {sandbox.mastodon_token}", "Idempotency-Key": "a key that is lost"}
    numbers = {
        sandbox.ask("POST", "/api/v1/statuses", headers=headers, json={"status": "twice"}).json()["id"]
        for _ in range(3)
    }

    assert len(numbers) == 2


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": "429", "service": "pigeon"},
        {"kind": "21610", "service": "mastodon"},
        {"kind": "key_lost"},
        {"kind": "429", "service": "mastodon", "on": "session"},
        {"kind": "html", "service": "bluesky", "on": "fetch"},
        {"kind": "429", "service": 7},
    ],
    ids=str,
)
def test_what_is_no_fault_is_refused(sandbox: Sandbox, wish: dict[str, Any]) -> None:
    """The answer says what would be one, and the programme stays empty."""
    with pytest.raises(BadFault):
        Fault.asked(wish)
    assert sandbox.ask("POST", "/sandbox/faults", json=wish).status_code == 400
    assert sandbox.ask("GET", "/sandbox/faults").json()["standing"] == []


def test_the_readme_names_every_kind(sandbox: Sandbox) -> None:
    """Kind and meaning stand in one row, in the words of the code, and the service lists them too."""
    assert [k for k, b in POST_BEHAVIOURS.items() if f"| `{k}` | {b.meaning} |" not in README] == []
    listed = sandbox.ask("GET", "/sandbox/faults").json()["post_kinds"]
    assert listed == {kind: behaviour.meaning for kind, behaviour in POST_BEHAVIOURS.items()}
    assert {behaviour.shown for behaviour in POST_BEHAVIOURS.values()} == set(Shown)


def test_stats_count_posts(sandbox: Sandbox) -> None:
    """Creates, acceptances and refusals of each service are counted."""
    _create(sandbox, "mastodon", "counted")
    _create(sandbox, "bluesky", "counted")
    counts = sandbox.ask("GET", "/sandbox/stats").json()["counts"]

    for service in SERVICES:
        assert counts[f"{service} create"] >= counts[f"{service} accepted"] >= 1
