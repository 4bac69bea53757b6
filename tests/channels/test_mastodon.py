"""Posts on Mastodon: what is asked of the service, and what each answer means."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from channels import posts
from channels.mastodon import Mastodon, understood
from channels.mastodon_text import same
from channels.web_line import Answer, NoAnswer
from onevoice.dispatch.providers import BadSignature, Evidence, Outcome, Outgoing, Receipt, Result, Word
from onevoice.errors import WrongSetting
from onevoice.people import Means
from onevoice.settings import Settings
from sandbox.mastodon_text import as_html
from sandbox.testing import Sandbox

Settle = Callable[..., Settings]
Write = Callable[..., Outgoing]


def _patience(kind: str) -> float:
    """Seconds: few where the service is not going to answer."""
    return 1.0 if kind.startswith(("timeout", "drip")) else 8.0


def _send(provider: Mastodon, *messages: Outgoing) -> list[Outcome]:
    async def go() -> list[Outcome]:
        try:
            return [await provider.send(message) for message in messages]
        finally:
            await provider.close()

    return asyncio.run(go())


def _find(provider: Mastodon, message: Outgoing, minutes: float = 1) -> list[Receipt] | None:
    async def go() -> list[Receipt] | None:
        try:
            found = await provider.find(message, datetime.now(UTC) - timedelta(minutes=minutes))
            return None if found is None else list(found)
        finally:
            await provider.close()

    return asyncio.run(go())


def test_a_post_carries_text_language_visibility_and_key(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """The service gets the words as they are, and the outcome is its id, as proof that the post stands."""
    message = post("mastodon", "¡Suba ya! ⚠ https://alerts.millford.example/p/1\n\nMillford EM")

    (outcome,) = _send(Mastodon(social()), message)

    (entry,) = sandbox.entries("mastodon", "accepted", body=message.parts["text"])
    assert outcome == Outcome(Result.ACCEPTED, ref=entry.sid, evidence=Evidence.POSTED)
    assert entry.headers["user-agent"] == "OneVoice"
    assert entry.detail == {"language": "es", "visibility": "public", "idempotency_key": message.message_id}


def test_the_provider_tells_what_dispatch_needs(social: Settle) -> None:
    """Its name, its means, the rate of the settings, and a time-out of ten seconds."""
    provider = Mastodon(social(mastodon_rate=3))

    assert (provider.name, provider.means, provider.rate, provider.latency) == ("mastodon", Means.SOCIAL, 3.0, 1.0)
    assert provider.timeout == 10
    assert provider.units({"text": "x" * 300}) == 1


@pytest.mark.parametrize(
    ("tag", "told"), [("es", "es"), ("es-US", "es"), ("ht", "ht"), ("zh-Hans", "zh-CN"), ("zh-Hant", "zh-TW")]
)
def test_a_language_is_told_in_the_service_s_words(
    tag: str, told: str, sandbox: Sandbox, social: Settle, post: Write
) -> None:
    """Mastodon knows languages, and Chinese by country; what it does not know it would take for the account's own."""
    message = post("mastodon", language=tag)

    _send(Mastodon(social()), message)

    assert sandbox.entries("mastodon", "accepted", body=message.parts["text"])[0].detail["language"] == told


def test_a_thread_is_made_of_replies(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """Each post replies to the one whose ref it was given."""
    provider = Mastodon(social())
    first = _send(provider, post("mastodon"))[0]
    second = _send(provider, post("mastodon", reply_to=first.ref))[0]

    assert sandbox.entries("mastodon", "accepted", sid=str(second.ref))[0].detail["in_reply_to_id"] == first.ref


def test_a_reply_to_a_post_that_is_gone_begins_a_new_thread(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """A correction is posted even where somebody deleted what it corrects."""
    message = post("mastodon", reply_to="17")

    (outcome,) = _send(Mastodon(social()), message)

    (entry,) = sandbox.entries("mastodon", "accepted", body=message.parts["text"])
    assert outcome == Outcome(Result.ACCEPTED, ref=entry.sid, detail=posts.NEW_THREAD, evidence=Evidence.POSTED)
    assert "in_reply_to_id" not in entry.detail


def test_a_second_call_for_one_delivery_posts_nothing(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """The key is the delivery's, so that a call in doubt can be made again."""
    message = post("mastodon")
    sandbox.fault("cut_after_accept", service="mastodon")

    doubtful, again = _send(Mastodon(social()), message, message)

    assert (doubtful.result, again.result) == (Result.UNKNOWN, Result.ACCEPTED)
    events = [entry.event for entry in sandbox.entries("mastodon", body=message.parts["text"])]
    assert events == ["accepted", "repeated"]


# --- whose account


def test_a_token_of_another_account_stops_the_channel(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """Before the first post the service is asked whose token this is; another's posts nothing."""
    message = post("mastodon", to="mastodon:@council@social.example/es")

    (outcome,) = _send(Mastodon(social(mastodon_account="@council@social.example")), message)

    assert (outcome.result, outcome.code, outcome.halts) == (Result.RETRY, "wrong-account", True)
    assert not sandbox.entries("mastodon", "accepted", body=message.parts["text"])


@pytest.mark.parametrize("to", ["mastodon:@other@social.example/es", "bluesky:@alerts@social.example/es", "x", ""])
def test_a_message_for_another_account_is_rejected_without_a_call(
    to: str, sandbox: Sandbox, social: Settle, post: Write
) -> None:
    """What was planned for another account is never posted from this one."""
    before = len(sandbox.entries("mastodon"))

    (outcome,) = _send(Mastodon(social()), post("mastodon", to=to))

    assert (outcome.result, outcome.code) == (Result.REJECTED, "other-account")
    assert len(sandbox.entries("mastodon")) == before


def test_whose_token_it_is_is_asked_once(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """Three posts cost one question."""
    before = len(sandbox.entries("mastodon", "looked"))

    _send(Mastodon(social()), *(post("mastodon") for _ in range(3)))

    assert len(sandbox.entries("mastodon", "looked")) == before + 1


@pytest.mark.parametrize(
    ("kind", "halts"), [("401", True), ("403", True), ("404", True), ("429", False), ("503_before", False)]
)
def test_without_proof_of_the_account_nothing_is_posted(
    kind: str, halts: bool, sandbox: Sandbox, social: Settle, post: Write
) -> None:
    """A question that fails leaves no doubt about the post: it is tried again, or the channel stops."""
    message = post("mastodon")
    sandbox.fault(kind, service="mastodon", on="fetch", retry_after="3")

    (outcome,) = _send(Mastodon(social()), message)

    assert (outcome.result, outcome.halts) == (Result.RETRY, halts)
    assert (outcome.retry_after is not None) == (kind == "429")
    assert not sandbox.entries("mastodon", body=message.parts["text"])


# --- answers


@pytest.mark.parametrize(
    ("kind", "result", "code", "halts"),
    [
        ("401", Result.RETRY, "HTTP 401", True),
        ("403", Result.RETRY, "HTTP 403", True),
        ("429", Result.RETRY, "HTTP 429", False),
        ("400", Result.REJECTED, "HTTP 400", False),
        ("404", Result.REJECTED, "HTTP 404", False),
        ("422", Result.REJECTED, "HTTP 422", False),
        ("500_before", Result.UNKNOWN, "HTTP 500", False),
        ("503_before", Result.UNKNOWN, "HTTP 503", False),
        ("500_after_accept", Result.UNKNOWN, "HTTP 500", False),
        ("502_after_accept", Result.UNKNOWN, "HTTP 502", False),
        ("503_after_accept", Result.UNKNOWN, "HTTP 503", False),
        ("504_after_accept", Result.UNKNOWN, "HTTP 504", False),
        ("timeout_before", Result.UNKNOWN, "no-answer", False),
        ("timeout_after_accept", Result.UNKNOWN, "no-answer", False),
        ("drip_after_accept", Result.UNKNOWN, "no-answer", False),
        ("cut_before", Result.UNKNOWN, "no-answer", False),
        ("cut_after_accept", Result.UNKNOWN, "no-answer", False),
        ("html", Result.UNKNOWN, "nonsense", False),
        ("empty", Result.UNKNOWN, "nonsense", False),
        ("no_id", Result.UNKNOWN, "nonsense", False),
    ],
)
def test_each_answer_has_its_meaning(
    kind: str, result: Result, code: str, halts: bool, sandbox: Sandbox, social: Settle, post: Write
) -> None:
    """What was certainly not posted is retry or rejected; what may stand is unknown, and a look then tells."""
    message = post("mastodon")
    sandbox.fault(kind, service="mastodon")
    provider = Mastodon(social(), patience=_patience(kind))

    (outcome,) = _send(provider, message)
    found = _find(Mastodon(social()), message)

    assert (outcome.result, outcome.code, outcome.halts) == (result, code, halts)
    stands = [entry.sid for entry in sandbox.entries("mastodon", "accepted", body=message.parts["text"])]
    assert found is not None
    assert [receipt.ref for receipt in found] == stands
    assert not stands or result is Result.UNKNOWN


def test_throttling_says_until_when(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """X-RateLimit-Reset is an instant; what makes no sense is no wait."""
    provider = Mastodon(social())
    for wait in ("40", "soon", None):
        sandbox.fault("429", service="mastodon", retry_after=wait)

    outcomes = _send(provider, *(post("mastodon") for _ in range(3)))

    assert 38 < (outcomes[0].retry_after or 0) <= 43
    assert [outcome.retry_after for outcome in outcomes[1:]] == [None, None]


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Answer(200, {}, {"id": "1", "content": "<p>x</p>"}), Result.ACCEPTED),
        (Answer(200, {}, {"id": "1", "scheduled_at": "2027-01-01T00:00:00Z"}), Result.UNKNOWN),
        (Answer(200, {}, {"id": "1' or", "content": ""}), Result.UNKNOWN),
        (Answer(200, {}, [{"id": "1"}]), Result.UNKNOWN),
        (Answer(302, {}, None), Result.UNKNOWN),
        (Answer(408, {}, {"error": "Request Timeout"}), Result.UNKNOWN),
        (Answer(409, {}, None), Result.REJECTED),
        (NoAnswer(left=True), Result.UNKNOWN),
        (NoAnswer(left=False), Result.RETRY),
    ],
)
def test_only_a_status_with_an_id_is_a_post(answer: Answer | NoAnswer, result: Result) -> None:
    """A status that is put off, an id of no id's form, redirects and time-outs are doubt."""
    assert understood(answer).result is result


# --- looking


def test_a_look_finds_the_post_as_a_receipt(sandbox: Sandbox, social: Settle, post: Write) -> None:
    """With its id, its time and our token; the same look gives the same digest."""
    message = post("mastodon")
    provider = Mastodon(social())
    (outcome,) = _send(provider, message)

    (found,) = _find(provider, message) or []
    (again,) = _find(provider, message) or []

    assert (found.word, found.evidence, found.ref) == (Word.DELIVERED, Evidence.POSTED, outcome.ref)
    assert (found.provider, found.token, found.digest) == ("mastodon", message.token, again.digest)
    assert found.at is not None
    assert abs(found.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert found.raw["id"] == outcome.ref
    assert sandbox.mastodon_token not in repr(found)


def test_a_look_takes_no_other_post_for_this_one(social: Settle, post: Write) -> None:
    """Other words, the same words in another thread, and the same words of long ago are not it."""
    provider = Mastodon(social())
    first, other = post("mastodon"), post("mastodon")
    (outcome,) = _send(provider, first)
    reply = post("mastodon", parts=other.parts, reply_to=outcome.ref)
    _send(provider, reply)

    assert _find(provider, post("mastodon")) == []
    assert _find(provider, other) == []
    assert _find(provider, first, minutes=-1) == []
    assert len(_find(provider, reply) or []) == 1


def test_a_look_that_cannot_see_everything_does_not_say_no(tmp_path: Path, social: Settle, post: Write) -> None:
    """Behind forty newer posts the one in question may stand: nobody knows."""
    with Sandbox(tmp_path / "record.jsonl", "--mastodon-calls", "0") as running:
        provider = Mastodon(social(mastodon_api_base=running.mastodon))
        first = post("mastodon")
        _send(provider, first, *(post("mastodon") for _ in range(39)))
        assert len(_find(provider, first) or []) == 1
        _send(provider, post("mastodon"))
        assert _find(provider, first) is None


@pytest.mark.parametrize("kind", ["401", "429", "503_before", "timeout_before", "cut_before"])
@pytest.mark.parametrize("proved", [True, False])
def test_a_look_that_fails_says_nothing(kind: str, proved: bool, sandbox: Sandbox, social: Settle, post: Write) -> None:
    """No answer is not a no."""
    message = post("mastodon")
    provider = Mastodon(social(), patience=_patience(kind))
    if proved:
        _send(provider, message)
    sandbox.fault(kind, service="mastodon", on="fetch")

    assert _find(provider, message) is None


@pytest.mark.parametrize(
    "text",
    [
        "Suba ya.\nLugar alto.\n\nMillford EM",
        "See https://www.alerts.millford.example/a/very/long/path/that/is/cut?x=1&y=2. Now",
        "a < b & c > d \"e\" 'f'",
        "اذهب الآن \u2067https://a.example/x\u2069 ⚠",
        "Tie\u0302\u0301ng Việt 👨‍👩‍👧‍👦",
    ],
)
def test_a_text_is_told_again_in_html(text: str) -> None:
    """Breaks, links in three parts, markup and marks are the same text; one word more is not."""
    assert same(text, as_html(text))
    assert not same(text, as_html(text + " more"))


def test_a_mention_is_told_again_without_its_host() -> None:
    """Servers show the name alone."""
    assert same("Ask @red@cross.example now", '<p>Ask <span><a href="https://x">@<span>red</span></a></span> now</p>')


# --- settings and callbacks


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"mastodon_api_base": "127.0.0.1"}, "ONEVOICE_MASTODON_API_BASE"),
        ({"mastodon_api_base": "http://127.0.0.1/?x="}, "ONEVOICE_MASTODON_API_BASE"),
        ({"mastodon_api_base": "http://s.example", "allowed_hosts": ("s.example",)}, "ONEVOICE_MASTODON_API_BASE"),
        ({"mastodon_account": "alerts"}, "ONEVOICE_MASTODON_ACCOUNT"),
        ({"mastodon_account": "@a b@social.example"}, "ONEVOICE_MASTODON_ACCOUNT"),
        ({"mastodon_token": SecretStr("a token\r\nHost: x")}, "ONEVOICE_MASTODON_TOKEN"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_named(social: Settle, wrong: dict[str, Any], named: str) -> None:
    """A value that cannot work stops the start; the error names its setting, and no token."""
    with pytest.raises(WrongSetting) as caught:
        Mastodon(social(**wrong))

    assert caught.value.where == named
    assert "token\r" not in str(caught.value)


def test_a_callback_is_never_believed(social: Settle) -> None:
    """Mastodon sends none."""
    with pytest.raises(BadSignature):
        Mastodon(social()).parse_receipts("http://127.0.0.1:9/callbacks/mastodon/t", {}, b"{}")
