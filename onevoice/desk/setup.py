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
"""

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SANDBOX_ACCOUNT = "AC" + "0" * 32
SANDBOX_TOKEN = "sandbox-token"  # noqa: S105 - the stand-in's own, known to everybody
SANDBOX_FROM = "+12025550100"


def upgrade() -> Iterator[str]:
    """Make the folder, the keys and the database, or bring the database up to date. Yields a sentence for each."""
    from onevoice.ledger.engine import Ledger  # noqa: PLC0415 - SQLAlchemy is not needed to show help
    from onevoice.ledger.vault import Vault  # noqa: PLC0415 - as above

    here = settings_.load()
    here.home.mkdir(parents=True, exist_ok=True)
    if not here.keys.exists():
        Vault.create(here.keys)
        yield f"New keys are in {here.keys}. Keep a copy in a safe place: without them no address can be read."
    Vault.load(here.keys)
    ledger = Ledger.open(here.database)
    ledger.upgrade()
    yield "The database is up to date."


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
    words = [str(word) for pair in options.items() for word in pair]
    sys.stderr.write(HOW.format(account=SANDBOX_ACCOUNT, token=SANDBOX_TOKEN, sender=SANDBOX_FROM))
    try:
        return subprocess.run([sys.executable, "-m", "sandbox", *words], check=False).returncode  # noqa: S603 - our own module
    except KeyboardInterrupt:
        return 0
