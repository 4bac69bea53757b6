"""What people send back: kept first, acted on at once, answered within reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from onevoice.dispatch.providers import Inbound
from onevoice.dispatch.receipts import store
from onevoice.ledger import replies
from onevoice.ledger import tables as t
from onevoice.ledger.engine import database_now
from onevoice.people import Means

Town = Any
Sends = Callable[..., Any]
WORDS = {
    "en": {"stop": ["stop"], "start": ["start", "yes"], "help": ["help"], "distress": ["trapped"]},
    "es": {"stop": ["alto"], "help": ["ayuda"], "distress": ["necesito ayuda"]},
}


class Phone:
    """A person with a phone."""

    def __init__(self, town: Town, person: int = 0) -> None:
        self.town = town
        self.number = town.address(person)
        self.texts = 0

    def text(self, words: str, ref: str | None = None, keywords: Any = WORDS) -> Any:
        """Send a text; what is to be answered, as (kind, language), or None."""
        self.texts += 1
        inbound = Inbound("double-sms", ref or f"{self.number}-{self.texts}", self.number, words)
        means = {"double-sms": Means.SMS}
        done = store(
            self.town.ledger, self.town.vault, [inbound], means_of=means, keywords=keywords, clock=self.town.clock
        )
        assert all(a.to == self.number for a in done.answers)
        return (done.answers[0].kind, done.answers[0].language) if done.answers else None


def inbox(town: Town, alert_id: str | None = None) -> list[Any]:
    """The replies as an officer sees them."""
    with town.ledger.read() as conn:
        return list(replies.listed(conn, town.vault, alert_id))


def opted_out(town: Town, person: int = 0) -> bool:
    """True where the person's number is opted out of everything."""
    with town.ledger.read() as conn:
        rows = conn.execute(t.opt_out.select().where(t.opt_out.c.contact_key == town.key(person)))
        return [(r.topic, r.source) for r in rows] == [("all", "reply")]


def test_stop_takes_effect_in_the_same_transaction_and_start_takes_it_back(
    town: Town, send: Sends, double: Any
) -> None:
    """After STOP nothing more is sent to the number, from START on it is again; both are confirmed."""
    phone = Phone(town)
    assert phone.text("STOP") == ("stop", None)
    assert opted_out(town)
    town.release([0, 1], chain="a")
    assert send(double()).accepted == 1
    assert phone.text("Start") == ("start", None)
    assert not opted_out(town)
    town.release([0], chain="b")
    assert send(double()).accepted == 2, "the waiting row of the first release goes too: it was not swept yet"


def test_stop_from_a_number_that_nobody_knows_is_kept_all_the_same(town: Town) -> None:
    """An opt-out needs no contact: when the number is imported later, it is out."""
    Phone(town, 9).text("stop")
    assert opted_out(town, 9)


def test_yes_from_somebody_who_never_opted_out_is_for_a_person_to_read(town: Town) -> None:
    """A “yes” to a check-in is not a request to be let in again."""
    assert Phone(town).text("YES") == ("other", "en")
    assert inbox(town)[0].word == "other"


@pytest.mark.parametrize(
    ("words", "word", "urgent", "answer"),
    [
        ("help", "help", False, ("help", None)),
        ("AYUDA", "help", False, ("help", "es")),
        ("necesito ayuda por favor", "distress", True, ("help", "es")),
        ("we are trapped", "distress", True, ("help", "en")),
        ("please stop this", "maybe-stop", False, ("other", None)),
        ("which shelter takes dogs?", "other", False, ("other", None)),
        ("\ufffd\ufffd", "unreadable", False, ("other", None)),
    ],
)
def test_every_reply_is_kept_and_understood(
    town: Town, words: str, word: str, urgent: bool, answer: tuple[str, str | None]
) -> None:
    """Its text is sealed in the database, and nothing but STOP and START changes what a person gets."""
    assert Phone(town).text(words) == answer
    (row,) = inbox(town)
    assert (row.word, row.urgent, row.text) == (word, urgent, words)
    assert not opted_out(town)
    with town.ledger.read() as conn:
        assert words.encode() not in conn.execute(t.reply.select()).one().text_enc


def test_the_same_message_five_times_is_one_and_answered_once(town: Town) -> None:
    """A provider that repeats an inbound message changes nothing."""
    phone = Phone(town)
    assert [phone.text("help", ref="SM1") for _ in range(5)] == [("help", None), None, None, None, None]
    assert len(inbox(town)) == 1


def test_the_language_of_an_answer_is_that_of_the_contact_where_the_words_do_not_tell(town: Town) -> None:
    """The contact point's own language, else the one that all who share it speak, else nobody's."""
    town.release([0, 1, 2])
    town.change(t.contact_point, {"language": "ar"}, t.contact_point.c.contact_key == town.key(0))
    town.change(t.contact, {"language": "fr"}, t.contact.c.ref == "sms-1")
    assert [Phone(town, p).text("hello")[1] for p in range(3)] == ["ar", "fr", None]


def test_a_reply_belongs_to_the_last_alert_that_went_to_the_number(town: Town, send: Sends, double: Any) -> None:
    """Of two alerts the one sent last; of none, no alert."""
    town.release([0], chain="a")
    send(double())
    town.release([0], chain="b")
    send(double())
    town.release([0], chain="c", due=False)
    Phone(town).text("ok")
    Phone(town, 5).text("ok")
    assert {r.alert_id for r in inbox(town)} == {"b-1", None}
    assert len(inbox(town, "b-1")) == 1


def test_two_machines_that_answer_each_other_are_cut_off(town: Town) -> None:
    """Within an hour: one answer to anything, twenty to each word that is answered; every message is kept."""
    phone = Phone(town)
    assert [bool(phone.text("I am not here.")) for _ in range(4)] == [True, False, False, False]
    assert [bool(phone.text("stop")) for _ in range(22)] == [True] * 20 + [False] * 2
    assert opted_out(town)
    assert len(inbox(town)) == 26
    town.shift = timedelta(minutes=61)
    assert phone.text("I am not here.") == ("other", None)


KEYWORDS = {
    file.parent.name: yaml.safe_load(file.read_text(encoding="utf-8"))["keywords"]
    for file in sorted((Path(__file__).parents[2] / "locales").glob("*/language.yaml"))
}


def test_after_several_texts_at_once_stop_help_and_start_have_their_answer_in_every_language(town: Town) -> None:
    """A phone that was off sends all it has: whatever came before, each of these is answered, and STOP holds."""
    assert set(KEYWORDS) >= {"en", "es"}
    phone = Phone(town)
    for words in ("hello", "who is this", "🙂", "yes", "we are trapped", "help", "help", "help"):
        phone.text(words)
    for hours, (language, known) in enumerate(KEYWORDS.items()):
        town.shift = timedelta(minutes=61 * hours)  # answers to one phone are limited for each hour
        for kind in ("help", "stop", "help", "start"):
            word = str(known[kind][0])
            answered = phone.text(word, keywords=KEYWORDS)
            assert answered is not None, (language, word)
            assert answered[0] == kind, (language, word)
            if kind == "stop":
                assert opted_out(town), (language, word)


def test_every_word_for_stop_takes_effect_whatever_came_before(town: Town) -> None:
    """Also where the limit of answers is reached: that limit is about answers alone."""
    phone = Phone(town)
    for known in KEYWORDS.values():
        for word in known["stop"]:
            with town.ledger.write() as conn:
                conn.execute(t.opt_out.delete())
            phone.text(str(word), keywords=KEYWORDS)
            assert opted_out(town), word


def test_a_start_from_somebody_who_gets_our_texts_has_an_answer_too(town: Town) -> None:
    """It may mean something else, so a person reads it; nobody is left with nothing."""
    phone = Phone(town)
    phone.text("what now")
    assert phone.text("start") == ("other", None)
    assert [row.word for row in inbox(town)] == ["other", "other"]


def test_urgent_and_unread_replies_stand_first(town: Town) -> None:
    """A cry for help is on top until somebody has read it."""
    for person, words in enumerate(["ok", "we are trapped", "thanks"]):
        Phone(town, person).text(words)
    assert [r.word for r in inbox(town)] == ["distress", "other", "other"]
    urgent = inbox(town)[0].id
    with town.ledger.write() as conn:
        assert replies.read(conn, urgent, database_now(conn))
        assert not replies.read(conn, urgent, database_now(conn)), "somebody has read it already"
    assert [r.word for r in inbox(town)] == ["other", "other", "distress"]
