"""Posts: one thread for each account, language and chain; each made once, by its own service, and never overtaken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from onevoice.dispatch.providers import Outcome, Result
from onevoice.ledger import control, reach
from onevoice.ledger.next_means import NextMeans
from onevoice.ledger.posts import of_releases, standing
from onevoice.ledger.tables import attempt, delivery, release
from onevoice.people import Means
from onevoice.settings import Mode

Town = Any
Sends = Callable[..., Any]
TWO = {"mastodon": "@em@social.example", "bluesky": "em.bsky.example"}
LANGUAGES = ("ar", "en", "es")
both_databases = pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])],
    indirect=True,
)


@pytest.fixture
def mastodon(double: Any) -> Any:
    """A service that takes every post."""
    return double(means=Means.SOCIAL, name="mastodon")


def answering(double: Any, *answers: Outcome | None) -> Any:
    """A service that answers the calls of each delivery in this order; None: it takes the post."""
    return double(lambda _message, times: answers[min(times, len(answers)) - 1], means=Means.SOCIAL, name="mastodon")


def posts(town: Town, *releases: int) -> list[Any]:
    """The posts of releases, as the ledger tells them."""
    with town.ledger.read() as conn:
        return of_releases(conn, releases)


@both_databases
def test_a_post_that_was_given_an_id_is_posted_and_nothing_more_is_waited_for(
    town: Town, send: Sends, mastodon: Any
) -> None:
    """Accepted with evidence is delivered at once, with the service's own id."""
    number = town.posts(LANGUAGES)

    send(mastodon)

    assert [(p.state, p.evidence) for p in posts(town, number)] == [("delivered", "posted")] * 3
    assert {p.ref for p in posts(town, number)} == {f"ref-{m.attempt}" for m in mastodon.taken}
    assert {m.to for m in mastodon.taken} == {f"mastodon:@em@social.example/{tag}" for tag in LANGUAGES}
    assert {m.language: m.parts["text"] for m in mastodon.taken}["ar"] == "Version 1 in ar."
    assert all(row.accepted_at for row in town.rows(number))


@both_databases
def test_each_service_makes_the_posts_of_its_own_account_only(town: Town, send: Sends, double: Any) -> None:
    """Two services side by side share nothing; a post whose service is not set up stays where it is."""
    number = town.posts(LANGUAGES, accounts=TWO)
    one, other = (double(means=Means.SOCIAL, name=name) for name in TWO)

    send(one)
    alone = town.states(number)
    send(one, other)

    assert alone == {"delivered": 3, "planned": 3}
    assert town.states(number) == {"delivered": 6}
    assert [sorted(m.to.split(":")[0] for m in p.taken) for p in (one, other)] == [["mastodon"] * 3, ["bluesky"] * 3]


def test_text_messages_go_by_whichever_provider_serves_their_means(town: Town, send: Sends, double: Any) -> None:
    """A person's point names no service, so a post's rule does not hold for it."""
    number = town.release(5)

    send(double(), double(means=Means.SOCIAL, name="mastodon"))

    assert town.states(number) == {"accepted": 5}


# --- threads


@both_databases
def test_each_version_answers_the_one_before_in_its_own_language(town: Town, send: Sends, mastodon: Any) -> None:
    """The first post begins the thread; the next answers it, and the third answers the second."""
    releases = []
    for version in (1, 2, 3):
        releases.append(town.posts(("ar", "es"), version=version))
        send(mastodon)

    said = {(m.language, m.parts["text"][8]): m for m in mastodon.taken}
    refs = {key: f"ref-{m.attempt}" for key, m in said.items()}
    for language in ("ar", "es"):
        assert [said[language, v].reply_to for v in "123"] == [None, refs[language, "1"], refs[language, "2"]]
    assert [p.reply_to for p in posts(town, releases[2])] == [refs["ar", "2"], refs["es", "2"]]


@pytest.mark.parametrize(
    ("answer", "answered"), [(Outcome(Result.REJECTED, code="HTTP 422"), "1"), (Outcome(Result.UNKNOWN), "1")]
)
def test_what_is_not_known_to_stand_is_not_answered(
    town: Town, send: Sends, double: Any, follow: Sends, mastodon: Any, answer: Outcome, answered: str
) -> None:
    """A post that was refused, or of which nobody knows, is passed over: the newest that stands is answered."""
    town.posts(("es",), version=1)
    send(mastodon)
    town.posts(("es",), version=2)
    send(answering(double, answer))
    town.posts(("es",), version=3, severity="Extreme")
    follow(after=31)  # long enough for a call in doubt to hold nothing back any more

    send(mastodon)

    first, third = mastodon.taken
    assert (answered, third.parts["text"], third.reply_to) == ("1", "Version 3 in es.", f"ref-{first.attempt}")


def test_a_post_that_was_taken_away_is_not_answered(town: Town, send: Sends, mastodon: Any) -> None:
    """It had an id once, but does not stand any more: the one before it is answered."""
    town.posts(("es",), version=1)
    send(mastodon)
    gone = town.posts(("es",), version=2)
    send(mastodon)
    town.change(delivery, {"state": "undelivered"}, delivery.c.release_id == gone)
    town.posts(("es",), version=3)

    send(mastodon)

    first, _, third = mastodon.taken
    assert third.reply_to == f"ref-{first.attempt}"


def test_where_nothing_stands_a_new_thread_begins(town: Town, send: Sends, double: Any, mastodon: Any) -> None:
    """A correction of a post that was refused stands alone."""
    town.posts(("es",), version=1)
    send(answering(double, Outcome(Result.REJECTED)))
    town.posts(("es",), version=2, kind="correction")

    send(mastodon)

    assert [m.reply_to for m in mastodon.taken] == [None]


def test_another_chain_is_another_thread(town: Town, send: Sends, mastodon: Any) -> None:
    """Two alerts at once, in one language by one account, never answer each other."""
    town.posts(("es",), chain="river")
    send(mastodon)
    town.posts(("es",), chain="heat", version=2)

    send(mastodon)

    assert [m.reply_to for m in mastodon.taken] == [None, None]


def test_a_correction_waits_while_the_post_before_it_is_on_its_way(
    town: Town, send: Sends, follow: Sends, double: Any, mastodon: Any
) -> None:
    """As with text messages: nothing is posted over a fresh doubt, and then it answers what was found."""
    town.posts(("es",), version=1)
    doubtful = answering(double, Outcome(Result.UNKNOWN))
    send(doubtful)
    doubtful.taken += doubtful.called  # it does stand: only its answer was lost
    second = town.posts(("es",), version=2, kind="correction")
    send(mastodon)
    assert not mastodon.taken

    follow(doubtful, after=31)
    send(mastodon)

    assert [m.reply_to for m in mastodon.taken] == [f"ref-{doubtful.taken[0].attempt}"]
    assert town.states(second) == {"delivered": 1}


# --- never twice, never lost


def test_in_doubt_is_looked_for_and_found_without_a_second_call(
    town: Town, send: Sends, follow: Sends, double: Any
) -> None:
    """The service holds it, so it is posted, with the evidence and the id that were found."""
    number = town.posts(LANGUAGES, severity="Extreme")
    service = answering(double, Outcome(Result.UNKNOWN))
    send(service)
    assert town.states(number) == {"unknown": 3}
    service.taken += service.called

    follow(service, after=31)

    assert [(p.state, p.evidence, p.ref) for p in posts(town, number)] == [
        ("delivered", "posted", f"ref-{m.attempt}") for m in sorted(service.taken, key=lambda m: m.language)
    ]
    assert len(service.called) == 3


def test_what_nobody_finds_is_posted_again_under_the_same_name(
    town: Town, send: Sends, follow: Sends, double: Any
) -> None:
    """The second call carries the id of the first, by which the service knows a repeat."""
    number = town.posts(("es",), severity="Extreme")
    service = answering(double, Outcome(Result.UNKNOWN), None)
    send(service)

    follow(service, after=61)
    send(service)

    first, second = service.called
    assert (first.message_id, first.reply_to) == (second.message_id, second.reply_to)
    assert first.attempt != second.attempt
    assert town.states(number) == {"delivered": 1}


def test_a_minor_post_in_doubt_is_left_to_a_person(town: Town, send: Sends, follow: Sends, double: Any) -> None:
    """The policy of its severity decides, as for messages."""
    number = town.posts(("es",), severity="Minor")
    service = answering(double, Outcome(Result.UNKNOWN))
    send(service)

    follow(service, after=46)

    assert town.states(number) == {"parked": 1}


def test_no_next_means_follows_a_post_that_failed(town: Town, send: Sends, follow: Sends, double: Any) -> None:
    """A post serves nobody by name, so there is nobody to be reached otherwise."""
    number = town.posts(LANGUAGES)
    send(answering(double, Outcome(Result.REJECTED)))

    done = follow(after=200, next_means=NextMeans())

    assert (done.next_means, town.states(number)) == (0, {"undelivered": 3})


def test_the_reply_that_a_call_was_is_kept_for_the_question_about_it(
    town: Town, send: Sends, follow: Sends, double: Any, mastodon: Any
) -> None:
    """Who is asked after a lost answer is told which post it answered."""
    town.posts(("es",), version=1)
    send(mastodon)
    town.posts(("es",), version=2, severity="Extreme")
    service = answering(double, Outcome(Result.UNKNOWN))
    send(service)

    follow(service, after=31)

    assert [m.reply_to for m in service.asked] == [f"ref-{mastodon.taken[0].attempt}"]


# --- what holds for messages holds for posts


def test_nothing_is_posted_while_sending_is_halted(town: Town, send: Sends, mastodon: Any) -> None:
    """The kill switch knows no means."""
    number = town.posts(LANGUAGES)
    with town.ledger.write() as conn:
        control.halt(conn, by="ana", reason="drill", now=town.clock(conn))

    send(mastodon)

    assert (mastodon.called, town.states(number)) == ([], {"planned": 3})


@pytest.mark.parametrize(
    ("column", "state"), [("expires", "expired"), ("act_by", "expired"), ("superseded_at", "cancelled")]
)
def test_what_is_over_or_replaced_is_never_posted(
    town: Town, send: Sends, follow: Sends, mastodon: Any, column: str, state: str
) -> None:
    """Past the time to act, past the expiry, or after a newer version: closed, and no call is made."""
    number = town.posts(LANGUAGES)
    with town.ledger.read() as conn:
        past = town.clock(conn) - timedelta(seconds=1)
    town.change(release, {column: past}, release.c.id == number)

    send(mastodon)
    follow(mastodon)

    assert (mastodon.called, town.states(number)) == ([], {state: 3})


def test_a_test_deployment_posts_nothing(town: Town, send: Sends, mastodon: Any) -> None:
    """Test mode reaches guests; a post would reach everybody."""
    number = town.posts(LANGUAGES, mode="test")

    send(mastodon, mode=Mode.TEST)

    assert (mastodon.called, town.states(number)) == ([], {"planned": 3})


def test_posts_are_deliveries_but_nobody_is_reached_by_them(town: Town, send: Sends, mastodon: Any) -> None:
    """They count as messages, and in no figure of people."""
    number = town.posts(LANGUAGES)
    send(mastodon)

    with town.ledger.read() as conn:
        assert reach.states(conn, number)["delivered"] == 3
        assert reach.contacts(conn, number) == {}
        assert reach.cells(conn, number) == []


def test_an_account_that_is_refused_stops_its_own_service_alone(town: Town, send: Sends, double: Any) -> None:
    """Mastodon says no to our token: Bluesky posts on, and the posts wait."""
    number = town.posts(LANGUAGES, accounts=TWO)
    refusing = answering(double, Outcome(Result.RETRY, code="HTTP 401", halts=True))

    send(refusing, double(means=Means.SOCIAL, name="bluesky"))

    states = {p.slot.via: p.state for p in posts(town, number)}
    assert states["bluesky"] == "delivered"
    assert town.states(number)["delivered"] == 3
    assert states["mastodon"] in ("planned", "retry_wait")


def test_every_older_post_that_may_stand_is_known(town: Town, send: Sends, double: Any, mastodon: Any) -> None:
    """Posted or in doubt may stand; refused does not; of each thread the newest counts."""
    first = town.posts(("ar", "es"), version=1)
    send(mastodon)
    second = town.posts(("es", "fr"), version=2)
    send(
        double(
            lambda m, _: Outcome(Result.REJECTED) if m.language == "fr" else None, means=Means.SOCIAL, name="mastodon"
        )
    )

    with town.ledger.read() as conn:
        found = {post.slot.language: post.version for post in standing(conn, [first, second])}

    assert found == {"ar": 1, "es": 2}


def test_the_proof_of_a_post_stands_with_its_call(town: Town, send: Sends, mastodon: Any) -> None:
    """Folding everything that was heard again gives the same: the evidence is kept with the attempt."""
    town.posts(("es",))
    send(mastodon)

    assert [(a.result, a.evidence, a.provider) for a in town.attempts()] == [("accepted", "posted", "mastodon")]
    assert attempt.c.reply_to.nullable
