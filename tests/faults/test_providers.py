"""Providers that accept and do not say so, refuse, hang, cut the line, or are not there."""

import time
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from faults.deployment import SECOND_FROM, Deployment
from faults.processes import wait_until
from faults.proxy import Proxy, nth
from faults.trial import settle
from faults.voices import say, texts
from onevoice.ledger import tables as t

pytestmark = pytest.mark.slow
MANY = 4


def attempts(deployment: Deployment, means: str) -> list[Any]:
    """All attempts by a means, with the state of their delivery."""
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        joined = t.attempt.join(t.delivery, t.attempt.c.delivery_id == t.delivery.c.id)
        chosen = select(t.attempt, t.delivery.c.state).select_from(joined).where(t.delivery.c.means == means)
        rows = list(conn.execute(chosen.order_by(t.attempt.c.id)))
    desk.ledger.close()
    return rows


def results(deployment: Deployment, means: str) -> Counter[str]:
    """How many attempts by a means came to what; those that missed their slot and never began are left out."""
    return Counter(row.result for row in attempts(deployment, means) if row.code != "not-started")


def acts(deployment: Deployment) -> list[str]:
    """What the audit chain tells."""
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        rows = list(conn.scalars(select(t.audit.c.act).order_by(t.audit.c.id)))
    desk.ledger.close()
    return rows


@pytest.mark.fault("F14")
@pytest.mark.parametrize("asked", [None, "-1", "1000000000", "soon"])
def test_too_many_requests_are_certainly_not_taken(deploy: Any, holds: Any, asked: str | None) -> None:
    """A 429 burns no doubt; absurd values of Retry-After are brought to reason."""
    deployment = deploy("severe")
    deployment.listen()
    deployment.provider.sandbox.fault("429", count=MANY, retry_after=asked)
    deployment.sender().ended()
    settle(deployment, shift=3601 if asked == "1000000000" else 0)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)
    assert results(deployment, "sms")["retry"] == MANY


@pytest.mark.fault("F14")
def test_senders_that_come_after_the_one_that_was_asked_to_wait_wait_too(deploy: Any, holds: Any, seen: Any) -> None:
    """In real time: the sender that heard "in 4 s" is gone, others are started anew; nobody calls for so long."""
    deployment = deploy("severe")
    deployment.listen()
    deployment.provider.sandbox.fault("429", count=1, retry_after="4")
    deployment.sender().ended()
    heard = max(_at(one) for one in deployment.provider.entries("sms", "refused"))
    while time.time() < heard + 8:
        deployment.sender().ended()
    # what was on its way when it was heard may arrive
    late = [_at(one) for one in texts(deployment) if _at(one) > heard + 0.6]
    seen(next_call_after_s=round(min(late) - heard, 1))
    assert min(late) >= heard + 3.9, "nobody calls while asked to wait"
    assert min(late) <= heard + 15, "and not much longer"
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)


def _at(entry: Any) -> float:
    return datetime.fromisoformat(entry.at).timestamp()


# --- two accounts for texts -------------------------------------------------------------------------------------------


@pytest.mark.fault("F22", "F20")
@pytest.mark.parametrize("trouble", ["401", "gone", "429"])
def test_the_second_account_takes_over(deploy: Any, holds: Any, seen: Any, trouble: str) -> None:
    """The first refuses us, is not there, or asks for time: each gets one text, through the second, without doubt."""
    deployment = deploy("severe", second=True, sms2_weight=0)
    deployment.listen()
    first = deployment.provider.sandbox
    if trouble != "gone":
        first.fault(trouble, count=None, retry_after="3600")
    wrong = {"twilio_api_base": "http://127.0.0.1:9"} if trouble == "gone" else {}
    deployment.sender(settings=wrong).ended()
    at_once = len(texts(deployment))
    settle(deployment, settings=wrong)
    figures = holds(deployment)
    seen(through_the_second_at_once=at_once)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)
    assert deployment.provider.second
    assert {one.sender for one in texts(deployment)} == {SECOND_FROM}
    assert at_once > 0, "the first round already went on through the other one"


@pytest.mark.fault("F22")
def test_both_accounts_share_and_what_fails_in_the_middle_goes_to_the_other(deploy: Any, holds: Any) -> None:
    """Half and half; then the first answers 500 to everything: in doubt, and called again through the second, once."""
    deployment = deploy("urgent", second=True)
    deployment.listen()
    sender = deployment.sender()
    wait_until(lambda: len({one.sender for one in texts(deployment)}) == 2, "texts through both")
    deployment.provider.sandbox.fault("500_before", count=None)
    sender.ended()
    before = {one.to for one in texts(deployment) if one.sender != SECOND_FROM}
    settle(deployment)
    figures = holds(deployment, doubts=100)
    assert figures["duplicates"] == 0
    assert {one.to for one in texts(deployment) if one.sender != SECOND_FROM} == before


@pytest.mark.fault("F22", "F15")
def test_a_text_in_doubt_at_one_account_is_not_sent_through_the_other(deploy: Any, holds: Any) -> None:
    """Minor, taken without a word, and its list cannot be read: parked. The second account sends to none of them."""
    deployment = deploy("minor", second=True, sms2_weight=0)
    deployment.listen()
    first = deployment.provider.sandbox
    first.fault("503_after_accept_mute", count=MANY)
    first.fault("503_before", on="fetch", count=None)
    settle(deployment)
    figures = holds(deployment, doubts=MANY)
    assert (figures["duplicates"], figures["parked"]) == (0, MANY)


@pytest.mark.fault("F15")
@pytest.mark.parametrize("kind", ["500_after_accept", "502_after_accept", "503_after_accept", "504_after_accept"])
def test_an_error_after_accepting_is_doubt_and_the_callback_ends_it(deploy: Any, holds: Any, kind: str) -> None:
    """5xx is never taken for a refusal: nobody is called again, since the callback tells."""
    deployment = deploy("urgent")
    deployment.listen()
    deployment.provider.sandbox.fault(kind, count=MANY)
    settle(deployment)
    figures = holds(deployment, doubts=MANY)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, MANY)


@pytest.mark.fault("F15")
@pytest.mark.parametrize("row", ["urgent", "severe", "minor"])
@pytest.mark.parametrize("when", [-1, +1])
def test_a_callback_just_before_or_just_after_the_grace(deploy: Any, holds: Any, row: str, when: int) -> None:
    """503 after accepting, the list cannot be read: heard a second before the decision nobody is called again."""
    decided = {"urgent": 60, "severe": 120, "minor": 45}[row]
    deployment = deploy(row)
    deployment.listen()
    sandbox = deployment.provider.sandbox
    sandbox.fault("503_after_accept_mute", count=MANY)
    deployment.sender().ended()
    hidden = [one for one in texts(deployment) if one.detail["behaviour"] == "503_after_accept_mute"]
    sandbox.fault("503_before", on="fetch", count=None)
    deployment.sender(shift=decided - 25 if when < 0 else decided + 5).ended()
    assert len(hidden) == MANY
    assert {say(one, "delivered") for one in hidden} == {204}
    settle(deployment, shift=decided + 5)
    figures = holds(deployment, doubts=MANY)
    called_again = when > 0 and row != "minor"
    assert figures["duplicates"] == (MANY if called_again else 0)
    assert figures["parked"] == 0, "what was parked is known to be delivered now"


@pytest.mark.fault("F15", "F16")
@pytest.mark.parametrize("kind", ["503_after_accept_mute", "cut_after_accept"])
@pytest.mark.parametrize("row", ["severe", "minor"])
def test_taken_without_a_word_it_is_found_in_the_list(deploy: Any, holds: Any, kind: str, row: str) -> None:
    """No answer and no callback: the provider's list shows it, and nobody gets it twice."""
    deployment = deploy(row)
    deployment.listen()
    deployment.provider.sandbox.fault(kind, count=MANY)
    deployment.provider.sandbox.fault("drop_callbacks", count=2 * MANY)
    settle(deployment)
    figures = holds(deployment, doubts=MANY)
    assert (figures["duplicates"], figures["parked"]) == (0, 0)


@pytest.mark.fault("F16")
@pytest.mark.faults
@pytest.mark.parametrize("kind", ["timeout_after_accept", "drip_after_accept"])
def test_no_answer_in_time_is_given_up_and_found(deploy: Any, holds: Any, kind: str) -> None:
    """In real time: a call that hangs, or trickles, is given up within its 12 s, and is in doubt until it is found."""
    deployment = deploy("urgent")
    deployment.listen()
    deployment.provider.sandbox.fault(kind, count=MANY)
    begun = time.monotonic()
    deployment.sender().ended()
    assert time.monotonic() - begun < 40
    settle(deployment)
    figures = holds(deployment, doubts=MANY)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, MANY)


@pytest.mark.fault("F17", "F22")
@pytest.mark.parametrize("base", ["http://127.0.0.1:9", "https://{sandbox}"])
def test_a_provider_that_cannot_be_reached_took_nothing(deploy: Any, holds: Any, base: str) -> None:
    """Connection refused, or TLS that fails: certainly not taken, mail goes on; when it is back each gets one text."""
    deployment = deploy("severe")
    deployment.listen()
    wrong = base.replace("{sandbox}", deployment.provider.sandbox.sms.removeprefix("http://"))
    deployment.sender(settings={"twilio_api_base": wrong}).ended()
    assert results(deployment, "sms").keys() == {"retry"}
    assert results(deployment, "email").keys() == {"accepted"}
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)


@pytest.mark.fault("F18", "F19")
@pytest.mark.parametrize("kind", ["html", "empty", "no_sid", "wrong_to", "same_sid"])
def test_an_answer_that_makes_no_sense_is_no_acceptance(deploy: Any, holds: Any, kind: str) -> None:
    """It is in doubt, and found again; nothing is called accepted on the strength of nonsense."""
    deployment = deploy("severe")
    deployment.listen()
    sandbox = deployment.provider.sandbox
    sandbox.fault("usual")
    sandbox.fault(kind, count=MANY)
    settle(deployment)
    figures = holds(deployment, doubts=MANY)
    assert figures["duplicates"] == 0
    assert 1 <= figures["in_doubt"] <= MANY


@pytest.mark.fault("F20")
def test_a_refused_account_stops_its_channel_alone(deploy: Any, holds: Any) -> None:
    """Texts stop at once, and that is written down; mail goes on. With the account back all is sent, once."""
    deployment = deploy("urgent")
    deployment.listen()
    deployment.provider.sandbox.fault("401", count=None)
    begun = time.monotonic()
    deployment.sender().ended()
    assert time.monotonic() - begun < 30
    tried = results(deployment, "sms")
    assert tried.keys() == {"retry"}
    assert tried.total() <= 18, "no more than the window that was out"
    assert results(deployment, "email").keys() == {"accepted"}
    assert acts(deployment)[-1] == "channel stopped"
    deployment.provider.sandbox.clear_faults()
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)


@pytest.mark.fault("F21")
def test_a_slow_provider_holds_up_nobody_else(deploy: Any, holds: Any) -> None:
    """While each text takes 5 s the mails are out at their own pace, and other processes can write."""
    deployment = deploy("minor")
    deployment.listen()
    deployment.provider.sandbox.fault("slow", count=30, seconds=5)
    begun = time.monotonic()
    deployment.sender().ended()
    mails = [datetime.fromisoformat(one.at).timestamp() for one in deployment.provider.entries("smtp", "accepted")]
    replies = [row.result_at.timestamp() for row in attempts(deployment, "sms")]
    assert max(mails) < min(replies) + 5, "mails did not wait for texts, of which each takes so long"
    assert time.monotonic() - begun < 60
    settle(deployment)
    assert holds(deployment)["duplicates"] == 0


@pytest.mark.fault("F23")
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("reply", ["421 4.3.2 closing", "450 4.2.1 busy", "550 5.1.1 no", "552 5.2.2 full"])
def test_a_refusal_of_the_mail_server_is_certain(deploy: Any, holds: Any, verb: str, reply: str) -> None:
    """Nothing is in doubt after a reply; 4xx is tried again, 5xx about one mail is final."""
    deployment = deploy("severe")
    deployment.listen()
    deployment.provider.sandbox.fault("smtp_reply", verb=verb, reply=reply, count=2)
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)
    final = reply.startswith("5") and verb != "MAIL"
    assert results(deployment, "email")["rejected" if final else "retry"] >= 1


@pytest.mark.fault("F24")
@pytest.mark.parametrize("row", ["severe", "minor"])
def test_the_link_is_lost_after_the_final_dot(deploy: Any, holds: Any, row: str) -> None:
    """The mail arrived, its 250 did not: in doubt. Severe sends it again under the same Message-ID; minor parks it."""
    deployment = deploy(row)
    deployment.listen()
    host, port = deployment.provider.sandbox.smtp
    with Proxy((host, port), nth(b"\r\n.\r\n", 4, "cut after")) as line:
        deployment.sender(settings={"smtp_host": "127.0.0.1", "smtp_port": line.port}).ended()
        assert line.struck == 1
    settle(deployment)
    figures = holds(deployment, doubts=MANY)
    mails = deployment.provider.entries("smtp", "accepted")
    twice = [to for to, times in Counter(one.to for one in mails).items() if times > 1]
    assert len(twice) == figures["duplicates"] == (1 if row == "severe" else 0)
    assert figures["parked"] == (0 if row == "severe" else 1)
    for to in twice:
        assert len({one.headers["Message-ID"] for one in mails if one.to == to}) == 1


@pytest.mark.fault("F25")
def test_an_error_at_quit_takes_nothing_back(deploy: Any, holds: Any) -> None:
    """The 250 stands, whatever the server says at QUIT."""
    deployment = deploy("severe")
    deployment.listen()
    deployment.provider.sandbox.fault("smtp_reply", verb="QUIT", reply="421 4.3.2 no", count=None)
    settle(deployment)
    figures = holds(deployment)
    assert (figures["duplicates"], figures["in_doubt"]) == (0, 0)
    assert results(deployment, "email").keys() == {"accepted"}


@pytest.mark.fault("F26")
@pytest.mark.faults
def test_a_mail_server_that_falls_silent_is_given_up(deploy: Any, holds: Any) -> None:
    """In real time: the mail is taken and never answered; within 22 s the call is given up, in doubt."""
    deployment = deploy("minor")
    deployment.listen()
    with Proxy(deployment.provider.sandbox.smtp, nth(b"\r\n.\r\n", 4, "mute")) as line:
        begun = time.monotonic()
        deployment.sender(settings={"smtp_host": "127.0.0.1", "smtp_port": line.port}).ended(120)
        assert 9 < time.monotonic() - begun < 60
    settle(deployment)
    figures = holds(deployment, doubts=MANY)
    assert (figures["duplicates"], figures["parked"]) == (0, 1)


@pytest.mark.fault("F17", "F22")
def test_the_line_to_the_provider_is_cut_and_comes_back(deploy: Any, holds: Any) -> None:
    """Every connection dies and none can be made; later all get theirs, and what came twice was in doubt."""
    deployment = deploy("severe")
    deployment.listen()
    host, _, port = deployment.provider.sandbox.sms.removeprefix("http://").partition(":")
    with Proxy((host, int(port)), nth(b"POST ", 12, "cut after")) as line:
        base = {"twilio_api_base": f"http://127.0.0.1:{line.port}"}
        sender = deployment.sender(settings=base)
        while not line.struck and sender.runs:
            time.sleep(0.005)
        line.broken = True
        line.cut()
        sender.ended()
    settle(deployment)
    figures = holds(deployment, kills=1, doubts=200)  # each call that was cut off after its first byte
    assert figures["in_doubt"] >= 1


@pytest.mark.fault("F29")
def test_a_provider_that_never_says_more_is_never_called_delivered(deploy: Any, holds: Any, seen: Any) -> None:
    """Accepted and silent: looked up, shown as accepted, nobody called again; and the alert is completed."""
    deployment = deploy("minor", sandbox=("--shares", "0,0,0,100"))
    deployment.listen()
    for shift in (0, 301, 700):
        deployment.sender(shift=shift).ended()
    figures = holds(deployment, open_=True)
    shown = Counter(row.state for row in attempts(deployment, "sms"))
    seen(states=dict(shown))
    assert shown.keys() == {"accepted"}
    assert figures["duplicates"] == 0
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        assert conn.scalar(select(t.alert.c.state)) == "completed"
    desk.ledger.close()
