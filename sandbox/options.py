"""What the sandbox can be told on its command line."""

import argparse
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.bluesky_records import BlueskyAccount
from sandbox.callbacks import WORKERS
from sandbox.fate import Odds
from sandbox.mastodon_statuses import MastodonAccount
from sandbox.postbox import PostOffice
from sandbox.posting import Account

# Open to everybody who reads this: they guard nothing.
ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "sandbox-auth-token"  # noqa: S105 - guards nothing
MASTODON_ACCOUNT, MASTODON_TOKEN = "@alerts@social.example", "sandbox-mastodon-token"
BLUESKY_HANDLE, BLUESKY_PASSWORD = "alerts.millford.example", "sandbox-bluesky-password"
KINDS_OF_FATE = 4
HUNDRED = 100.0
LAST_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A command line, understood."""

    record: str
    sms_port: int
    smtp_port: int
    account: Account
    mastodon: MastodonAccount
    bluesky: BlueskyAccount
    odds: Odds
    office: PostOffice
    magic: bool
    max_rate: int
    workers: int
    with_parent: bool


def parsed(arguments: Sequence[str] | None = None) -> Options:
    """Reads the command line; ends the process with status 2 where it is wrong."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        tls = _tls(given.smtp_tls_cert, given.smtp_tls_key)
    except (OSError, ValueError) as problem:
        parser.error(f"--smtp-tls-cert and --smtp-tls-key must be PEM files that belong together: {problem}")
    return Options(
        record=given.record,
        sms_port=given.sms_port,
        smtp_port=given.smtp_port,
        account=Account(
            sid=given.account_sid, auth_token=given.auth_token, allowed_hosts=frozenset(given.allow_callback_host)
        ),
        mastodon=MastodonAccount(
            handle=given.mastodon_account, token=given.mastodon_token, most_calls=given.mastodon_calls
        ),
        bluesky=BlueskyAccount(
            handle=given.bluesky_handle,
            password=given.bluesky_password,
            access_seconds=given.bluesky_access_seconds,
            most_sessions=given.bluesky_sessions,
        ),
        odds=Odds(
            seed=given.seed,
            shares=given.shares,
            reversed_share=given.reversed_share,
            repeated_share=given.repeated_share,
            delay_scale=given.delay_scale,
        ),
        office=PostOffice(user=given.smtp_user, password=given.smtp_password, tls=tls, bounce_to=given.bounce_to),
        magic=not given.no_magic,
        max_rate=given.max_rate,
        workers=given.callback_workers,
        with_parent=given.with_parent,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Local stand-ins for the providers.")
    add = parser.add_argument
    add("--record", default="sandbox-record.jsonl", metavar="FILE", help="where every event is written (%(default)s)")
    add("--sms-port", type=_port, default=0, help="0: any that is free")
    add("--smtp-port", type=_port, default=0, help="0: any that is free")
    add("--seed", type=int, default=1, help="decides fates, delays and disorder (%(default)s)")
    add("--account-sid", default=ACCOUNT_SID)
    add("--auth-token", default=AUTH_TOKEN)
    add("--delay-scale", type=_amount, default=1.0, help="factor for the delays of callbacks and bounces (%(default)s)")
    add("--shares", type=_shares, default=Odds().shares, help="per cent delivered,30003,30005,silent (96,2,1,1)")
    add("--reversed-share", type=_amount, default=0.02, help="messages whose last two callbacks change places")
    add("--repeated-share", type=_amount, default=0.02, help="messages whose callbacks come three times")
    add("--max-rate", type=int, default=0, help="creates in one second before 429; 0: no limit")
    add("--callback-workers", type=int, default=WORKERS, help="callbacks under way at once (%(default)s)")
    add("--allow-callback-host", action="append", default=[], metavar="HOST", help="besides loopback; may be repeated")
    add("--no-magic", action="store_true", help="magic numbers are numbers like any other")
    add("--with-parent", action="store_true", help="stop when the process that started it is gone")
    add("--smtp-user", default="", help="makes AUTH PLAIN or LOGIN necessary")
    add("--smtp-password", default="")
    add("--smtp-tls-cert", metavar="PEM", help="offers STARTTLS")
    add("--smtp-tls-key", metavar="PEM")
    add("--mastodon-account", default=MASTODON_ACCOUNT, metavar="@NAME@HOST", help="who posts (%(default)s)")
    add("--mastodon-token", default=MASTODON_TOKEN)
    add("--mastodon-calls", type=int, default=300, help="API calls in five minutes before 429; 0: no limit")
    add("--bluesky-handle", default=BLUESKY_HANDLE, help="who posts (%(default)s)")
    add("--bluesky-password", default=BLUESKY_PASSWORD)
    add("--bluesky-access-seconds", type=int, default=7200, help="how long an access token holds (%(default)s)")
    add("--bluesky-sessions", type=int, default=30, help="log-ins in five minutes before 429; 0: no limit")
    add("--bounce-to", type=_server, metavar="HOST:PORT", help="the mail server that takes delivery reports; loopback")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= LAST_PORT:
        raise ValueError(text)
    return port


def _amount(text: str) -> float:
    amount = float(text)
    if not 0 <= amount < float("inf"):
        raise ValueError(text)
    return amount


def _shares(text: str) -> tuple[float, ...]:
    shares = tuple(_amount(part) for part in text.split(","))
    if len(shares) != KINDS_OF_FATE or sum(shares) != HUNDRED:
        raise argparse.ArgumentTypeError("four numbers that make 100, such as 96,2,1,1")
    return shares


def _server(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if host not in {"127.0.0.1", "localhost", "::1", "[::1]"}:
        raise argparse.ArgumentTypeError("delivery reports go to loopback only, such as 127.0.0.1:2525")
    return host.strip("[]"), _port(port)


def _tls(certificate: str | None, key: str | None) -> ssl.SSLContext | None:
    if not (certificate or key):
        return None
    if not (certificate and key):
        raise ValueError("both are needed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
