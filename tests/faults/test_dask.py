"""The release flow on a Dask cluster with two workers, on PostgreSQL: the shards share the rows."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from faults.deployment import Deployment
from faults.processes import wait_until
from faults.trial import settle
from onevoice.ledger import tables as t
from onevoice.settings import Settings

on_dask = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.fault("F10", "F51")]
PATIENCE = 240


@contextmanager
def released(deployment: Deployment, woken: Any) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """The flow, running in a process of its own, and the pids of the Dask workers."""
    ours = {f"ONEVOICE_{name.upper()}": str(value) for name, value in deployment.settings.items()}
    command = [sys.executable, "-m", "faults.by_dask", deployment.alert]
    said = (deployment.home.parent / f"{deployment.home.name}.dask").open("w+", encoding="utf-8")
    env = os.environ | woken.nursery.env | ours | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, cwd=deployment.home, env=env, stdout=-1, stderr=said, text=True) as flow, said:
        try:
            assert flow.stdout
            yield flow, json.loads(flow.stdout.readline() or "[]")
        finally:
            flow.terminate()


def callers(deployment: Deployment) -> Counter[int]:
    """How many calls each process made."""
    desk = deployment.desk()
    with desk.ledger.read() as conn:
        workers = conn.scalars(select(t.attempt.c.worker)).all()
    desk.ledger.close()
    return Counter(int(name.split(":")[1]) for name in workers)


@pytest.mark.parametrize("killed", [False, True])
def test_two_dask_workers_send_each_once(deploy: Any, holds: Any, woken: Callable[[], Any], *, killed: bool) -> None:
    """Both of them send; one that is killed in the middle leaves its window in doubt, and the rest is sent."""
    deployment = deploy("severe", "postgres", sms_rate=15, email_rate=15)
    deployment.listen()
    with released(deployment, woken()) as (flow, workers):
        wait_until(lambda: deployment.provider.count() > 15 or flow.poll() is not None, "messages", PATIENCE)
        if killed:
            _kill(workers[0])
        until = time.monotonic() + PATIENCE
        while flow.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
    assert flow.returncode == 0
    made = callers(deployment)
    assert len([pid for pid in workers if made[pid]]) == 2, "both had something to do"
    settle(deployment)
    figures = holds(deployment, kills=int(killed))
    assert figures["duplicates"] <= (figures["in_doubt"] if killed else 0)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


test_two_dask_workers_send_each_once.pytestmark += on_dask


def test_a_file_on_one_machine_is_not_shared_by_many() -> None:
    """Dask workers on other machines would each open a SQLite file of their own."""
    with pytest.raises(ValidationError, match="PostgreSQL"):
        Settings(task_runner="dask")
    assert Settings(task_runner="dask", database_url="postgresql+psycopg://x@127.0.0.1/y").shards <= 90
