"""Setting up a deployment: folder, keys, database; and the stand-ins for providers."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from onevoice import settings as settings_

HOW = """To send to these stand-ins, in the shell of `onevoice`, with the addresses of the line below:
  export ONEVOICE_TWILIO_ACCOUNT_SID={account} ONEVOICE_TWILIO_AUTH_TOKEN={token}
  export ONEVOICE_TWILIO_FROM={sender} ONEVOICE_TWILIO_API_BASE=<sms>
  export ONEVOICE_SMTP_HOST=<host of smtp> ONEVOICE_SMTP_PORT=<port of smtp> ONEVOICE_SMTP_TLS=false
  export ONEVOICE_SMTP_FROM=alerts@millford.example
  export ONEVOICE_MASTODON_API_BASE=<mastodon> ONEVOICE_MASTODON_ACCOUNT={mastodon_account}
  export ONEVOICE_MASTODON_TOKEN={mastodon_token}
  export ONEVOICE_BLUESKY_API_BASE=<bluesky> ONEVOICE_BLUESKY_HANDLE={bluesky_handle}
  export ONEVOICE_BLUESKY_PASSWORD={bluesky_password}
"""

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHERS = 0o077
"""Rights of everybody but the owner."""
SANDBOX_ACCOUNT = "AC" + "0" * 32
SANDBOX_TOKEN = "sandbox-token"  # noqa: S105 - the stand-in's own, known to everybody
SANDBOX_FROM = "+12025550100"
SANDBOX_POSTS = {
    "mastodon_account": "@alerts@social.example",
    "mastodon_token": "sandbox-mastodon-token",
    "bluesky_handle": "alerts.millford.example",
    "bluesky_password": "sandbox-bluesky-password",
}
"""The accounts that post at the stand-ins, by setting: known to everybody too."""


def upgrade() -> Iterator[str]:
    """Make the folder, the keys and the database, or bring the database up to date. Yields a sentence for each."""
    from onevoice.ledger.engine import Ledger  # noqa: PLC0415 - SQLAlchemy is not needed to show help
    from onevoice.ledger.vault import Vault  # noqa: PLC0415 - as above

    here = settings_.load()
    here.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if here.home.stat().st_mode & OTHERS:
        yield f"Others on this machine can look into {here.home}. To keep them out: chmod 700 {here.home}"
    if not here.keys.exists():
        Vault.create(here.keys)
        yield f"New keys are in {here.keys}. Keep a copy in a safe place: without them no address can be read."
    Vault.load(here.keys)
    ledger = Ledger.open(here.database)
    ledger.upgrade()
    yield "The database is up to date."


def posting_options() -> dict[str, object]:
    """The options by which the stand-ins know the accounts that post."""
    return {f"--{setting.replace('_', '-')}": value for setting, value in SANDBOX_POSTS.items()}


def run_sandbox(record: Path, sms_port: int, smtp_port: int, seed: int, delay_scale: float) -> int:
    """Run the stand-in providers until they are stopped. Returns their exit status."""
    options = {
        "--record": record,
        "--sms-port": sms_port,
        "--smtp-port": smtp_port,
        "--seed": seed,
        "--delay-scale": delay_scale,
        "--account-sid": SANDBOX_ACCOUNT,
        "--auth-token": SANDBOX_TOKEN,
    }
    words = [str(word) for pair in (options | posting_options()).items() for word in pair]
    sys.stderr.write(HOW.format(account=SANDBOX_ACCOUNT, token=SANDBOX_TOKEN, sender=SANDBOX_FROM, **SANDBOX_POSTS))
    try:
        return subprocess.run([sys.executable, "-m", "sandbox", *words], check=False).returncode  # noqa: S603 - our own module
    except KeyboardInterrupt:
        return 0
