"""The follow-up flow: receipts, retries, next means, expiry, and the next deputy where nobody answered."""

import asyncio

from prefect import flow
from prefect.logging import get_run_logger

from flows import steps
from onevoice.desk import ask
from onevoice.desk.wiring import open_desk


@flow(name="follow up", persist_result=False)
async def follow_up() -> None:
    """One round. Running it twice, late, or not at all loses nothing: the ledger says what is due."""
    calls = await steps.send_what_is_due()
    asked = await asyncio.to_thread(ask.escalate, open_desk())
    get_run_logger().info("%s calls made, %s alerts passed to the next deputy", calls, len(asked))
