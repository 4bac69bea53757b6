"""What takes five seconds, tried at once for both services."""

import smtplib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from twilio.rest import Client

from sandbox.behaviours import BEHAVIOURS, MAGIC, MAGIC_BLOCK
from sandbox.mailboxes import MAILBOXES
from sandbox.testing import Sandbox, wait_until

SLOW_NUMBER, SLOW_ADDRESS = MAGIC_BLOCK + "16", "slow@people.example"


def test_a_slow_reply_takes_five_seconds_and_is_recorded_before(sandbox: Sandbox, client: Client) -> None:
    """The message is in the record long before its sender knows; then comes the usual answer."""

    def write() -> str:
        return str(client.messages.create(to=SLOW_NUMBER, from_="+14135550101", body="x").status)

    def mail() -> str:
        with smtplib.SMTP(*sandbox.smtp, local_hostname="test.example", timeout=8) as link:
            return str(link.sendmail("city@city.example", [SLOW_ADDRESS], "Subject: x\r\n\r\nx"))

    with ThreadPoolExecutor() as pool:
        start = time.monotonic()
        written, mailed = pool.submit(_timed, write), pool.submit(_timed, mail)
        wait_until(lambda: bool(sandbox.entries("sms", "accepted", to=SLOW_NUMBER)), "the message in the record")
        wait_until(lambda: bool(sandbox.entries("smtp", "accepted", to=SLOW_ADDRESS)), "the mail in the record")
        recorded = time.monotonic() - start

    assert recorded < 4
    assert [written.result()[0], mailed.result()[0]] == ["queued", "{}"]
    assert all(5 <= seconds < 8 for _, seconds in (written.result(), mailed.result()))


def test_the_long_ones_hold_for_a_minute() -> None:
    """Longer than any sensible client waits."""
    assert (BEHAVIOURS[MAGIC["09"]].seconds, MAILBOXES["hang"].seconds) == (60, 60)


def _timed(do: Callable[[], str]) -> tuple[str, float]:
    start = time.monotonic()
    return do(), time.monotonic() - start
