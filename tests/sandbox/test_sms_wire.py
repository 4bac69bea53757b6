"""The SMS service, asked by the real Twilio SDK."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from sandbox.behaviours import MAGIC_BLOCK, SERVICE_SENDER
from sandbox.testing import Sandbox, wait_until

OURS = "+14135550101"
DELIVERED = MAGIC_BLOCK + "00"


def test_a_message_is_created_and_shown(client: Client) -> None:
    """Create and fetch show the same message, typed as the SDK types it."""
    made = client.messages.create(to=DELIVERED, from_=OURS, body="Move to higher ground. ç")
    shown = client.messages(str(made.sid)).fetch()

    assert (
        made.status,
        made.direction,
        made.num_segments,
        made.from_,
        made.to,
    ) == ("queued", "outbound-api", "1", OURS, DELIVERED)
    assert datetime.now(UTC) - made.date_created < timedelta(seconds=10)
    assert (made.sid, made.body, made.date_created) == (shown.sid, shown.body, shown.date_created)
    assert (made.price, made.error_code, made.date_sent) == (None, None, None)


def test_a_message_is_delivered_in_time(client: Client) -> None:
    """A later look shows the last status and when it was sent."""
    made = client.messages.create(to=DELIVERED, from_=OURS, body="x")
    wait_until(lambda: client.messages(str(made.sid)).fetch().status == "delivered", "delivered")

    assert client.messages(str(made.sid)).fetch().date_sent is not None


def test_a_messaging_service_chooses_its_sender_later(client: Client) -> None:
    """Accepted without a sender, delivered from the service's number."""
    made = client.messages.create(to=DELIVERED, messaging_service_sid="MG" + "1" * 32, body="x")
    wait_until(lambda: client.messages(str(made.sid)).fetch().status == "delivered", "delivered")
    shown = client.messages(str(made.sid)).fetch()

    assert (made.status, made.from_) == ("accepted", None)
    assert (shown.from_, shown.messaging_service_sid) == (SERVICE_SENDER, "MG" + "1" * 32)


@pytest.mark.parametrize(
    ("wish", "code", "status"),
    [
        ({"to": ""}, 21604, 400),
        ({"to": "+1413555"}, None, 201),
        ({"to": "4135550100"}, 21211, 400),
        ({"to": "+04135550100"}, 21211, 400),
        ({"to": "+1413555010٠"}, 21211, 400),
        ({"from_": ""}, 21603, 400),
        ({"from_": "not-a-number!"}, 21212, 400),
        ({"from_": "RIVERCITY"}, None, 201),
        ({"from_": "72345"}, None, 201),
        ({"body": ""}, 21602, 400),
        ({"body": "a" * 1600}, None, 201),
        ({"body": "a" * 1601}, 21617, 400),
        ({"status_callback": "no-url"}, 21609, 400),
        ({"status_callback": "http://[bad/"}, 21609, 400),
        ({"validity_period": 36000}, None, 201),
        ({"validity_period": 36001}, 20001, 400),
        ({"validity_period": 0}, 20001, 400),
    ],
)
def test_a_wrong_create_is_refused_with_twilios_code(
    sandbox: Sandbox, client: Client, wish: dict[str, str], code: int | None, status: int
) -> None:
    """The limits are Twilio's, and a refusal is in the record."""
    wish = {"to": DELIVERED, "from_": OURS, "body": "x"} | wish
    if code is None:
        assert client.messages.create(**wish).sid
        return
    with pytest.raises(TwilioRestException) as refusal:
        client.messages.create(**wish)

    assert (code, status) == (refusal.value.code, refusal.value.status)
    assert f"{status} {code}" == sandbox.entries("sms", "refused")[-1].outcome


def test_wrong_credentials_are_refused_everywhere(sandbox: Sandbox, sdk: Callable[..., Client]) -> None:
    """Create, fetch and account answer 401 and 20003."""
    stranger = sdk(sandbox, token="wrong")
    asks: list[Callable[[], object]] = [
        lambda: stranger.messages.create(to=DELIVERED, from_=OURS, body="x"),
        lambda: stranger.messages("SM" + "0" * 32).fetch(),
        lambda: stranger.api.accounts(Sandbox.account_sid).fetch(),
    ]
    for ask in asks:
        with pytest.raises(TwilioRestException) as refusal:
            ask()

        assert (refusal.value.status, refusal.value.code) == (401, 20003)


def test_a_list_with_wrong_credentials_is_refused(sandbox: Sandbox, sdk: Callable[..., Client]) -> None:
    """The SDK raises its general error for a page that does not come."""
    with pytest.raises(TwilioException, match="HTTP 401"):
        sdk(sandbox, token="wrong").messages.list(limit=1)


def test_an_error_has_twilios_four_fields(sandbox: Sandbox) -> None:
    """The error object is the one that the SDK does not show whole."""
    reply = sandbox.ask("GET", f"/2010-04-01/Accounts/{Sandbox.account_sid}.json")

    assert reply.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


def test_what_is_not_there_is_20404(client: Client) -> None:
    """An unknown message, and another's account."""
    with pytest.raises(TwilioRestException) as unknown:
        client.messages("SM" + "0" * 32).fetch()
    with pytest.raises(TwilioRestException) as foreign:
        client.api.accounts("AC" + "1" * 32).fetch()

    assert [(each.value.status, each.value.code) for each in (unknown, foreign)] == [(404, 20404)] * 2


def test_the_account_proves_credentials(client: Client) -> None:
    """Credentials can be tried without a message to anybody."""
    assert client.api.accounts(Sandbox.account_sid).fetch().status == "active"


def test_the_list_filters_by_numbers(client: Client) -> None:
    """To and From, alone and together; newest first."""
    made = [
        client.messages.create(to=f"+1415555010{n}", from_=f"+1415555011{n % 2}", body="x").sid for n in (1, 2, 3, 1)
    ]

    assert [made[3], made[0]] == [each.sid for each in client.messages.list(to="+14155550101")]
    assert [made[1]] == [each.sid for each in client.messages.list(from_="+14155550110")]
    assert client.messages.list(to="+14155550101", from_="+14155550110") == []


def test_the_list_filters_by_the_date_sent(sandbox: Sandbox, client: Client) -> None:
    """On, before and after a day or an instant; what was not sent is in none of them."""
    to = "+14155550120"
    sandbox.fault("delivered", to=to)
    sandbox.fault("silent", to=to)
    sent = client.messages.create(to=to, from_=OURS, body="x").sid
    client.messages.create(to=to, from_=OURS, body="x")
    wait_until(lambda: client.messages(str(sent)).fetch().status == "delivered", "delivered")
    now, day = datetime.now(UTC), timedelta(days=1)

    def found(**filters: object) -> list[str | None]:
        return [each.sid for each in client.messages.list(to=to, **filters)]

    assert len(found()) == 2
    assert (
        [sent] == found(date_sent=now.date()) == found(date_sent_after=now - day) == found(date_sent_before=now + day)
    )
    assert [sent] == found(date_sent_after=(now - day).date(), date_sent_before=(now + day).date())
    assert (
        found(date_sent=(now - day).date()) + found(date_sent_after=now + day) + found(date_sent_before=now - day) == []
    )


@pytest.mark.parametrize("query", ["DateSent=yesterday", "DateSent>=2026-02-30", "PageSize=many", "Page=-1"])
def test_a_filter_that_cannot_be_read_is_refused(sandbox: Sandbox, query: str) -> None:
    """A wrong date or page is 20001, never the whole list."""
    path = f"/2010-04-01/Accounts/{Sandbox.account_sid}/Messages.json?{query}"
    reply = sandbox.ask("GET", path, auth=(Sandbox.account_sid, Sandbox.auth_token))

    assert (reply.status_code, reply.json()["code"]) == (400, 20001)


@pytest.mark.parametrize(("size", "pages"), [(1, 5), (2, 3), (5, 1), (6, 1)])
def test_pages_follow_one_another(client: Client, size: int, pages: int) -> None:
    """Every message stands on one page, in order, also when messages come in between."""
    to = f"+1617555010{size}"
    made = [client.messages.create(to=to, from_=OURS, body=str(n)).sid for n in range(5)][::-1]
    page, seen, count = client.messages.page(to=to, page_size=size), [], 0
    while page is not None and count < 9:
        count += 1
        seen += [each.sid for each in page]
        client.messages.create(to=to, from_=OURS, body="in between")
        page = page.next_page()

    assert (made, pages) == (seen, count)


def test_a_rate_can_be_set(tmp_path: Path, sdk: Callable[..., Client]) -> None:
    """Over the rate comes 429, 20429, with Retry-After; stats tell the busiest second."""
    with Sandbox(tmp_path / "record.jsonl", "--max-rate", "3") as limited:
        client, codes = sdk(limited), []
        for _ in range(5):
            try:
                codes.append(client.messages.create(to=DELIVERED, from_=OURS, body="x").status)
            except TwilioRestException as refusal:
                codes.append(refusal.code)
        stats = limited.ask("GET", "/sandbox/stats").json()

    assert codes == ["queued"] * 3 + [20429] * 2
    assert (stats["counts"]["create"], stats["busiest_second"]["create"]) == (5, 5)


def test_the_record_holds_what_came_before_the_answer_left(sandbox: Sandbox, client: Client) -> None:
    """The entry has numbers, text, digest, segments, the client's agent, and no credentials."""
    made = client.messages.create(to=DELIVERED, from_=OURS, body="Évacuez ⚠ maintenant. " * 5)
    [entry] = sandbox.entries("sms", "accepted", sid=str(made.sid))

    assert (OURS, DELIVERED, made.body, 2, "201") == (
        entry.sender,
        entry.to,
        entry.body,
        entry.num_segments,
        entry.outcome,
    )
    assert entry.headers["user-agent"].startswith("twilio-python")
    assert "uthorization" not in sandbox.record.read_text()
    assert Sandbox.auth_token not in sandbox.record.read_text()
