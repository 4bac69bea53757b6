"""The release flow on a Dask cluster of this machine: `python -m faults.by_dask ALERT` prints the pids of its workers.

Settings come from the environment, as in a deployment; the workers inherit it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

from distributed import LocalCluster

WORKERS = 2


def main(alert: str) -> None:
    """Start the cluster, and release on it."""
    more = {"n_workers": WORKERS, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with LocalCluster(host="127.0.0.1", **more) as cluster:  # type: ignore[no-untyped-call]  # it has no types
        print(json.dumps([worker.pid for worker in cluster.workers.values()]), flush=True)  # noqa: T201 - whoever started it reads this
        os.environ |= {"ONEVOICE_TASK_RUNNER": "dask", "ONEVOICE_DASK_ADDRESS": cluster.scheduler_address}
        from flows.release import release  # noqa: PLC0415 - it reads the address

        asyncio.run(release(alert))


if __name__ == "__main__":
    main(sys.argv[1])
