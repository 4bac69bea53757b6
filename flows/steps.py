"""The tasks that flows share. None is cached, none keeps a result: each may run twice, and the ledger makes it once."""

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.futures import wait
from prefect.logging import get_run_logger

from onevoice.desk import draft, rehearse, send, status
from onevoice.desk import release as releasing
from onevoice.desk.draft import Step
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import open_desk

FLOW = Actor("prefect", "manager")
"""Who stands under what a flow does. It can release only what a person has approved."""


@task(name="make due", cache_policy=NO_CACHE, persist_result=False)
async def make_due(alert_id: str) -> None:
    """Release an approved alert; says nothing if it is due already."""
    desk = open_desk()
    if draft.step(desk, alert_id).state in {"sending", *status.SETTLED}:
        get_run_logger().info("%s is due already", alert_id)
        return
    step = await asyncio.to_thread(releasing.release, desk, alert_id, FLOW)
    get_run_logger().info("%s is due", step.id)


@task(name="send and follow up", cache_policy=NO_CACHE, persist_result=False)
async def deliver(alert_id: str) -> None:
    """Send what is due and listen until it is quiet; the follow-up flow and `send-due` do what comes later."""
    desk = open_desk()
    await asyncio.to_thread(rehearse.wait_until_quiet, desk, alert_id)
    counts = status.status(desk, alert_id)["contacts"]
    get_run_logger().info("%s: %s", alert_id, counts)


@task(name="send a shard", cache_policy=NO_CACHE, persist_result=False)
async def send_shard(alert_id: str) -> int:
    """Send what is due beside other shards, wherever this runs: the database says who calls whom. How many calls."""
    sent = await asyncio.to_thread(send.send_due, open_desk(), once=True)
    get_run_logger().info("%s, a shard: %s calls", alert_id, sent.calls)
    return sent.calls


async def send_in_shards(alert_id: str) -> None:
    """On Dask, send with many workers at once. What a shard that fails leaves behind is sent by whoever follows."""
    chosen = open_desk().settings
    if chosen.task_runner == "threads":
        return
    shards = [send_shard.submit(alert_id) for _ in range(chosen.shards)]
    await asyncio.to_thread(wait, shards)


@task(name="send what is due", cache_policy=NO_CACHE, persist_result=False)
async def send_what_is_due() -> int:
    """One round over all alerts: send, read receipts, retry, next means, expiry. Returns how many calls were made."""
    sent = await asyncio.to_thread(send.send_due, open_desk(), once=True)
    return sent.calls


def key(step_or_id: Step | str) -> str:
    """The artifact key of an alert."""
    alert_id = step_or_id if isinstance(step_or_id, str) else step_or_id.id
    return f"alert-{alert_id}"
