"""Posts on Bluesky: what is asked of the service, what each answer means, and how seldom we log in."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from channels import posts
from channels.bluesky import Bluesky
from channels.bluesky_record import record, record_key, reply_to
from channels.bluesky_session import LIMITS, NotAdmitted, Session
from channels.web_line import Answer, NoAnswer, WebLine
from onevoice.dispatch.providers import BadSignature, CannotCarry, Evidence, Outcome, Outgoing, Receipt, Result, Word
from onevoice.errors import WrongSetting
from onevoice.people import Means
from onevoice.settings import Settings
from sandbox.bluesky_rules import TID
from sandbox.testing import Sandbox

Settle = Callable[..., Settings]
Write = Callable[..., Outgoing]


def _patience(kind: str) -> float:
    """Seconds: few where the service is not going to answer."""
    return 1.0 if kind.startswith(("timeout", "drip")) else 8.0


def _send(provider: Bluesky, *messages: Outgoing) -> list[Outcome]:
    async def go() -> list[Outcome]:
        try:
            return [await provider.send(message) for message in messages]
        finally:
            await provider.close()

    return asyncio.run(go())


def _find(provider: Bluesky, message: Outgoing) -> list[Receipt] | None:
    async def go() -> list[Receipt] | None:
        try:
            found = await provider.find(message, datetime.now(UTC))
            return None if found is None else list(found)
        finally:
            await provider.close()

    return asyncio.run(go())


def _posted(sandbox: Sandbox, message: Outgoing) -> list[dict[str, Any]]:
    return [entry.detail["record"] for entry in sandbox.entries("bluesky", "accepted", body=message.parts["text"])]


def test_a_post_carries_text_language_and_tappable_links(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """The record holds the words as they are, their language, and each link by its bytes; the ref is its address."""
    text = "¡Évacuez ⚠! (https://a.example/p?x=1). \u2067https://b.example/é\u2069\nMillford EM"
    message = post("bluesky", text, language="zh-Hans")

    (outcome,) = _send(Bluesky(social()), message)

    (entry,) = sandbox.entries("bluesky", "accepted", body=text)
    made = entry.detail["record"]
    assert outcome == Outcome(Result.ACCEPTED, ref=entry.sid, evidence=Evidence.POSTED)
    assert len(entry.sid) <= 120
    assert entry.sid.endswith(f"/app.bsky.feed.post/{record_key(message.message_id)}")
    assert (made["text"], made["langs"]) == (text, ["zh-Hans"])
    assert abs(datetime.fromisoformat(made["createdAt"]) - datetime.now(UTC)) < timedelta(minutes=1)
    linked = [
        (text.encode()[each["index"]["byteStart"] : each["index"]["byteEnd"]].decode(), each["features"][0]["uri"])
        for each in made["facets"]
    ]
    assert linked == [(url, url) for url in ("https://a.example/p?x=1", "https://b.example/")]


def test_a_text_without_links_has_no_facets() -> None:
    """Nor has a first post a reply."""
    assert set(record("Go now.", "en", None)) == {"$type", "text", "createdAt", "langs"}


def test_the_provider_tells_what_dispatch_needs(social: Settle) -> None:
    """Its name, its means, the rate of the settings, and a time-out of ten seconds."""
    provider = Bluesky(social(bluesky_rate=3))

    assert (provider.name, provider.means, provider.rate, provider.latency) == ("bluesky", Means.SOCIAL, 3.0, 1.0)
    assert provider.timeout == 10
    assert provider.units({"text": "x" * 300}) == 1


def test_a_text_of_too_many_bytes_is_not_carried(social: Settle) -> None:
    """120 families are 120 characters and 3,000 bytes; one letter more is too much here, though not for a reader."""
    provider = Bluesky(social())
    provider.check({"text": "👨‍👩‍👧‍👦" * 120})

    with pytest.raises(CannotCarry, match="3001 bytes"):
        provider.check({"text": "👨‍👩‍👧‍👦" * 120 + "x"})


# --- keys and threads


def test_a_key_follows_from_the_delivery_and_lies_in_the_past() -> None:
    """Ten thousand deliveries have ten thousand keys of the lexicon's form, none of them in the future."""
    keys = {record_key(f"message-{n}") for n in range(10_000)}

    assert len(keys) == 10_000
    assert record_key("message-7") == record_key("message-7")
    assert all(TID.fullmatch(key) for key in keys)
    # 3l… is what a clock gives in 2024.
    assert max(keys) < "3l"


def test_a_second_call_for_one_delivery_posts_nothing(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """The repeat collides, and a look says that the post stands."""
    message = post("bluesky")
    sandbox.fault("cut_after_accept", service="bluesky")

    doubtful, again, third = _send(Bluesky(social()), message, message, message)

    assert (doubtful.result, again.result, third.ref) == (Result.UNKNOWN, Result.ACCEPTED, again.ref)
    assert len(_posted(sandbox, message)) == 1


def test_a_key_under_which_another_text_stands_is_a_doubt(social: Settle, post: Write) -> None:
    """Never is another post taken for this one."""
    first = post("bluesky")
    other = post("bluesky", message_id=first.message_id)
    provider = Bluesky(social())

    outcomes = _send(provider, first, other)

    assert [outcome.result for outcome in outcomes] == [Result.ACCEPTED, Result.UNKNOWN]
    assert _find(provider, other) is None


def test_a_thread_has_one_root(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """The third post answers the second, and both have the first for their root, each with its content id."""
    provider = Bluesky(social())
    refs: list[str | None] = [None]
    for _ in range(3):
        refs.append(_send(provider, post("bluesky", reply_to=refs[-1]))[0].ref)

    first, second, third = (sandbox.entries("bluesky", "accepted", sid=str(ref))[0].detail for ref in refs[1:])
    strong = [{"uri": ref, "cid": detail["cid"]} for ref, detail in zip(refs[1:], (first, second), strict=False)]
    assert "reply" not in first["record"]
    assert second["record"]["reply"] == {"root": strong[0], "parent": strong[0]}
    assert third["record"]["reply"] == {"root": strong[0], "parent": strong[1]}


@pytest.mark.parametrize("ref", ["at://did:plc:rm7er3erzf6cxhmnfugkjqxa/app.bsky.feed.post/3aaaaaaaaaaaa", "17"])
def test_a_reply_to_a_post_that_is_gone_begins_a_new_thread(
    ref: str, sandbox: Sandbox, social: Settle, post: Write
) -> None:
    """A correction is posted even where somebody deleted what it corrects, or where the ref is nobody's."""
    message = post("bluesky", reply_to=ref)

    (outcome,) = _send(Bluesky(social()), message)

    assert (outcome.result, outcome.detail) == (Result.ACCEPTED, posts.NEW_THREAD)
    assert "reply" not in _posted(sandbox, message)[0]


@pytest.mark.parametrize("kind", ["401", "429", "503_before", "timeout_before", "cut_before"])
def test_a_reply_whose_parent_cannot_be_asked_for_is_tried_again(
    kind: str, sandbox: Sandbox, social: Settle, post: Write
) -> None:
    """No answer about the parent is no reason to break the thread: nothing is posted yet."""
    provider = Bluesky(social(), patience=_patience(kind))
    (first,) = _send(provider, post("bluesky"))
    message = post("bluesky", reply_to=first.ref)
    sandbox.fault(kind, service="bluesky", on="fetch")

    (outcome,) = _send(provider, message)

    assert outcome.result is Result.RETRY
    assert not _posted(sandbox, message)


def test_a_parent_that_makes_no_sense_is_no_parent() -> None:
    """Without uri, cid and record there is nothing to answer."""
    good = {"uri": "at://x", "cid": "b", "value": {"text": "t"}}
    strong = {"uri": "at://x", "cid": "b"}

    assert reply_to(good) == {"root": strong, "parent": strong}
    assert [reply_to({k: v for k, v in good.items() if k != name}) for name in good] == [None] * 3


# --- answers


@pytest.mark.parametrize("to", ["bluesky:other.example/es", "mastodon:alerts.millford.example/es", "x", ""])
def test_a_message_for_another_account_is_rejected_without_a_call(
    to: str, sandbox: Sandbox, social: Settle, post: Write
) -> None:
    """What was planned for another account is never posted from this one."""
    before = len(sandbox.entries("bluesky"))

    (outcome,) = _send(Bluesky(social()), post("bluesky", to=to))

    assert (outcome.result, outcome.code) == (Result.REJECTED, "other-account")
    assert len(sandbox.entries("bluesky")) == before


@pytest.mark.parametrize(
    ("kind", "result", "code", "halts"),
    [
        ("401", Result.RETRY, "AuthenticationRequired", True),
        ("403", Result.RETRY, "Forbidden", True),
        ("429", Result.RETRY, "RateLimitExceeded", False),
        ("400", Result.REJECTED, "InvalidRequest", False),
        ("422", Result.REJECTED, "InvalidRequest", False),
        ("500_before", Result.UNKNOWN, "HTTP 500", False),
        ("503_before", Result.UNKNOWN, "HTTP 503", False),
        ("500_after_accept", Result.ACCEPTED, None, False),
        ("502_after_accept", Result.ACCEPTED, None, False),
        ("503_after_accept", Result.ACCEPTED, None, False),
        ("504_after_accept", Result.ACCEPTED, None, False),
        ("timeout_before", Result.UNKNOWN, "no-answer", False),
        ("timeout_after_accept", Result.UNKNOWN, "no-answer", False),
        ("drip_after_accept", Result.UNKNOWN, "no-answer", False),
        ("cut_before", Result.UNKNOWN, "no-answer", False),
        ("cut_after_accept", Result.UNKNOWN, "no-answer", False),
        ("html", Result.ACCEPTED, None, False),
        ("empty", Result.ACCEPTED, None, False),
        ("no_id", Result.ACCEPTED, None, False),
    ],
)
def test_each_answer_has_its_meaning(
    kind: str, result: Result, code: str | None, halts: bool, sandbox: Sandbox, social: Settle, post: Write
) -> None:
    """After an answer that leaves a doubt a look decides; without an answer it is unknown, and a later look tells."""
    message = post("bluesky")
    sandbox.fault(kind, service="bluesky")
    provider = Bluesky(social(), patience=_patience(kind))

    (outcome,) = _send(provider, message)
    found = _find(Bluesky(social()), message)

    assert (outcome.result, outcome.code, outcome.halts) == (result, code, halts)
    assert found is not None
    stands = [entry.sid for entry in sandbox.entries("bluesky", "accepted", body=message.parts["text"])]
    assert [receipt.ref for receipt in found] == stands
    assert not stands or result in {Result.UNKNOWN, Result.ACCEPTED}


def test_an_answer_and_a_look_that_both_fail_are_a_doubt(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """Posted, and nobody said so."""
    message = post("bluesky")
    sandbox.fault("500_after_accept", service="bluesky")
    sandbox.fault("503_before", service="bluesky", on="fetch")

    (outcome,) = _send(Bluesky(social()), message)

    assert (outcome.result, outcome.code) == (Result.UNKNOWN, "HTTP 500")
    assert len(_posted(sandbox, message)) == 1


def test_throttling_says_until_when(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """RateLimit-Reset is in Unix time; what makes no sense is no wait."""
    provider = Bluesky(social())
    for wait in ("40", "soon", None):
        sandbox.fault("429", service="bluesky", retry_after=wait)

    outcomes = _send(provider, *(post("bluesky") for _ in range(3)))

    assert 38 < (outcomes[0].retry_after or 0) <= 43
    assert [outcome.retry_after for outcome in outcomes[1:]] == [None, None]


def test_a_look_finds_the_post_as_a_receipt(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """With its address, its time and our token; a new process finds it too, and of another delivery there is none."""
    message = post("bluesky")
    (outcome,) = _send(Bluesky(social()), message)

    provider = Bluesky(social())
    (found,) = _find(provider, message) or []

    assert (found.word, found.evidence, found.ref) == (Word.DELIVERED, Evidence.POSTED, outcome.ref)
    assert (found.provider, found.token) == ("bluesky", message.token)
    assert found.at is not None
    assert abs(found.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert found.raw["value"]["text"] == message.parts["text"]
    assert _find(provider, post("bluesky")) == []
    assert sandbox.bluesky_password not in repr(found)


@pytest.mark.parametrize(
    ("kind", "on"), [("401", "session"), ("503_before", "session"), ("503_before", "fetch"), ("cut_before", "fetch")]
)
def test_a_look_that_fails_says_nothing(kind: str, on: str, sandbox: Sandbox, social: Settle, post: Write) -> None:
    """No answer is not a no."""
    sandbox.fault(kind, service="bluesky", on=on)

    assert _find(Bluesky(social(), patience=_patience(kind)), post("bluesky")) is None


# --- sessions


def test_many_posts_cost_one_log_in(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """Ten posts, at once and one after the other, are one session; closing the connections does not end it."""
    provider = Bluesky(social())
    before = len(sandbox.entries("bluesky", "session"))

    async def at_once() -> list[Outcome]:
        try:
            return list(await asyncio.gather(*(provider.send(post("bluesky")) for _ in range(8))))
        finally:
            await provider.close()

    outcomes = asyncio.run(at_once()) + _send(provider, post("bluesky"), post("bluesky"))

    assert {outcome.result for outcome in outcomes} == {Result.ACCEPTED}
    assert len({outcome.ref for outcome in outcomes}) == 10
    assert len(sandbox.entries("bluesky", "session")) == before + 1


def test_an_expired_session_is_renewed_once_and_the_post_made(tmp_path: Path, social: Settle, post: Write) -> None:
    """Of eight calls with an old token one renews it for all; nobody logs in anew, and nothing is posted twice."""
    with Sandbox(tmp_path / "record.jsonl", "--bluesky-access-seconds", "3") as running:
        provider = Bluesky(social(bluesky_api_base=running.bluesky))
        written = [post("bluesky") for _ in range(9)]

        async def go() -> list[Outcome]:
            first = await provider.send(written[0])
            await asyncio.sleep(3.1)
            later = await asyncio.gather(*map(provider.send, written[1:]))
            await provider.close()
            return [first, *later]

        outcomes = asyncio.run(go())

        assert {outcome.result for outcome in outcomes} == {Result.ACCEPTED}
        paths = [entry.detail["path"].rpartition(".")[2] for entry in running.entries("bluesky", "session")]
        assert paths == ["createSession", "refreshSession"]
        assert len(running.entries("bluesky", "accepted")) == 9


def test_a_session_that_cannot_be_renewed_is_made_anew(tmp_path: Path, social: Settle, post: Write) -> None:
    """After a restart of the service it knows no refresh token; then one logs in again."""
    record_of = tmp_path / "record.jsonl"
    with Sandbox(record_of, "--bluesky-access-seconds", "3") as first:
        port = first.bluesky.rpartition(":")[2]
        provider = Bluesky(social(bluesky_api_base=first.bluesky))
        _send(provider, post("bluesky"))
        first.kill()
    time.sleep(3.1)
    with Sandbox(record_of, "--sms-port", port) as second:
        (outcome,) = _send(provider, post("bluesky"))

        assert outcome.result is Result.ACCEPTED
        outcomes = [(e.detail["path"].rpartition(".")[2], e.outcome) for e in second.entries("bluesky", "session")]
        assert outcomes == [
            ("createSession", "200"),
            ("refreshSession", "400 ExpiredToken"),
            ("createSession", "200"),
        ]


def test_a_token_that_stays_too_old_is_tried_again_later(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """One renewal for each call, and no more."""
    message = post("bluesky")
    sandbox.fault("expired_token", service="bluesky", count=2)
    before = len(sandbox.entries("bluesky", "session"))

    (outcome,) = _send(Bluesky(social()), message)

    assert (outcome.result, outcome.code, outcome.halts) == (Result.RETRY, "ExpiredToken", False)
    assert len(sandbox.entries("bluesky", "session")) == before + 2


@pytest.mark.parametrize(
    ("kind", "code", "halts"),
    [
        ("401", "AuthenticationRequired", True),
        ("403", "Forbidden", True),
        ("400", "InvalidRequest", True),
        ("429", "RateLimitExceeded", False),
        ("503_before", "HTTP 503", False),
        ("cut_before", "no-answer", False),
        ("timeout_before", "no-answer", False),
    ],
)
def test_without_a_session_nothing_is_posted(
    kind: str, code: str, halts: bool, sandbox: Sandbox, social: Settle, post: Write
) -> None:
    """A log-in that fails leaves no doubt about the post: it is tried again, or the channel stops."""
    message = post("bluesky")
    sandbox.fault(kind, service="bluesky", on="session")

    (outcome,) = _send(Bluesky(social(), patience=_patience(kind)), message)

    assert (outcome.result, outcome.code, outcome.halts) == (Result.RETRY, code, halts)
    assert not sandbox.entries("bluesky", body=message.parts["text"])


def test_a_wrong_password_stops_the_channel(social: Settle, post: Write) -> None:
    """Every post would fail."""
    wrong = social(bluesky_password=SecretStr("guess"))

    (outcome,) = _send(Bluesky(wrong), post("bluesky"))

    assert (outcome.result, outcome.halts) == (Result.RETRY, True)


def test_we_never_log_in_more_often_than_the_limits_allow(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """With a service that answers each log-in with an error, ten calls are made, and the rest wait for the window."""
    sandbox.fault("503_before", service="bluesky", on="session", count=None)
    before = len(sandbox.entries("bluesky", "session"))
    try:
        outcomes = _send(Bluesky(social()), *(post("bluesky") for _ in range(15)))
    finally:
        sandbox.clear_faults()

    assert len(sandbox.entries("bluesky", "session")) == before + LIMITS[0][0] == before + 10
    assert [outcome.code for outcome in outcomes[10:]] == ["log-in-limit"] * 5
    assert {outcome.result for outcome in outcomes} == {Result.RETRY}
    assert all(290 < (outcome.retry_after or 0) <= 300 for outcome in outcomes[10:])


class _Refusing(WebLine):
    """A line to a service that gives nobody a session, and counts how often it was asked."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("http://127.0.0.1:9")
        self.answer, self.asked = answer, 0

    async def call(self, *_: Any, **__: Any) -> Answer | NoAnswer:
        """Count, and answer the same."""
        self.asked += 1
        return self.answer


def _tries(session: Session, times: int) -> None:
    async def go() -> None:
        for _ in range(times):
            with pytest.raises(NotAdmitted):
                await session.open(0)

    asyncio.run(go())


def test_the_limit_of_a_day_holds_too() -> None:
    """Trying all day long makes a hundred log-ins, and a new day gives room again."""
    now = [0.0]
    line = _Refusing(Answer(503, {}, None))
    session = Session(line, "a.example", "p", clock=lambda: now[0])

    for _ in range(24 * 12):
        _tries(session, 20)
        now[0] += 299
    assert line.asked == 100
    now[0] = 2 * 86_400
    _tries(session, 1)
    assert line.asked == 101


def test_after_a_429_nobody_logs_in_before_the_limit_ends() -> None:
    """What the service said is remembered: no call is made until then."""
    now = [0.0]
    end = {"RateLimit-Reset": "1120", "Date": "Thu, 01 Jan 1970 00:16:40 GMT"}
    line = _Refusing(Answer(429, end, {"error": "RateLimitExceeded"}))
    session = Session(line, "a.example", "p", clock=lambda: now[0])

    _tries(session, 5)
    now[0] = 119.0
    _tries(session, 5)
    assert line.asked == 1
    now[0] = 121.0
    _tries(session, 1)
    assert line.asked == 2


# --- settings and callbacks


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"bluesky_api_base": "127.0.0.1"}, "ONEVOICE_BLUESKY_API_BASE"),
        ({"bluesky_api_base": "http://p.example", "allowed_hosts": ("p.example",)}, "ONEVOICE_BLUESKY_API_BASE"),
        ({"bluesky_handle": "@alerts.millford.example"}, "ONEVOICE_BLUESKY_HANDLE"),
        ({"bluesky_handle": "alerts"}, "ONEVOICE_BLUESKY_HANDLE"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named(social: Settle, wrong: dict[str, Any], named: str) -> None:
    """A value that cannot work stops the start, and the error names its setting."""
    with pytest.raises(WrongSetting) as caught:
        Bluesky(social(**wrong))

    assert caught.value.where == named


def test_a_callback_is_never_believed(social: Settle) -> None:
    """Bluesky sends none."""
    with pytest.raises(BadSignature):
        Bluesky(social()).parse_receipts("http://127.0.0.1:9/callbacks/bluesky/t", {}, b"{}")
