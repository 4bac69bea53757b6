"""How long it takes from the release of an approved alert to the first message at the provider's door.

    .venv/bin/python -m benchmarks.first_message [RESIDENTS] [TIMES]

The demo's alert goes to the sandbox, which is a process of its own, as are the console and Prefect's server. The clock
starts when the release is called and stops at the first `accepted` line of the sandbox's record that holds the address
of this alert's page: a text message or a mail, whichever is first. Each time it is another alert, drafted, submitted
and approved before the clock starts, and begun only when nothing comes of those before.
Writes benchmarks/results/first_message.json and prints a table.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.measured import publish
from benchmarks.stage import EXAMPLE, OFFICER, SECRET, answers, free_port, onevoice, part, prefect, run, town
from onevoice.ledger import alerts
from sandbox.testing import Sandbox

if TYPE_CHECKING:
    from onevoice.desk.wiring import Desk

QUIET = 2.5
"""Seconds without a message or a callback after which the next alert is released: longer than a follow-up's turn."""
FLOW_LIMIT = 600.0


def main(residents: int, times: int) -> None:
    """Measure each way with a town of `residents`, as large as the demo's unless another is asked for."""
    took: dict[str, dict[str, list[float]]] = {}
    with deployment(residents) as environment:
        for way in ("in_one_process", "from_the_shell"):
            took[way] = _run(way, times, environment)
        with part(["onevoice", "send-due"], environment):
            for way in ("to_a_sender", "from_the_shell_to_a_sender"):
                took[way] = _run(way, times, environment)
        with prefect(environment) as (with_prefect, _):
            took["flow_with_prefect"] = _run("flow_with_prefect", times, with_prefect)
    publish(
        "first_message",
        {
            "residents": residents,
            "times": times,
            "median_s": {way: round(median(one["seconds"]), 2) for way, one in took.items()},
            "least_s": {way: round(min(one["seconds"]), 2) for way, one in took.items()},
            "most_s": {way: round(max(one["seconds"]), 2) for way, one in took.items()},
            "command_cpu_s": round(median(took["from_the_shell_to_a_sender"]["cpu"]), 2),
        },
    )


def _run(way: str, times: int, environment: Mapping[str, str]) -> dict[str, list[float]]:
    ran = run([sys.executable, "-m", "benchmarks.first_message", way, str(times)], environment, FLOW_LIMIT)
    print(way, ran.out.strip(), file=sys.stderr)
    took: dict[str, list[float]] = json.loads(ran.out.splitlines()[-1])
    return took


@contextmanager
def deployment(residents: int) -> Iterator[dict[str, str]]:
    """Millford with the sandbox as its providers, and the console; yields its environment."""
    with town(residents) as alone, tempfile.TemporaryDirectory(prefix="onevoice-bench-") as folder:
        record = Path(folder) / "record.jsonl"
        with Sandbox(record, "--delay-scale", "0.05", "--no-magic") as sandbox:
            environment = alone | _settings(sandbox) | {"BENCH_RECORD": str(record)}
            with part(["onevoice", "serve"], environment):
                answers(f"{environment['ONEVOICE_PUBLIC_URL']}/healthz")
                yield environment


def _settings(sandbox: Sandbox) -> dict[str, str]:
    return {
        "ONEVOICE_PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
        "ONEVOICE_TWILIO_API_BASE": sandbox.sms,
        "ONEVOICE_TWILIO_ACCOUNT_SID": sandbox.account_sid,
        "ONEVOICE_TWILIO_AUTH_TOKEN": sandbox.auth_token,
        "ONEVOICE_TWILIO_FROM": "+12025550100",
        "ONEVOICE_SMTP_HOST": sandbox.smtp[0],
        "ONEVOICE_SMTP_PORT": str(sandbox.smtp[1]),
        "ONEVOICE_SMTP_TLS": "false",
        "ONEVOICE_SMTP_FROM": "alerts@millford.example",
        "ONEVOICE_SMS_RATE": "400",
        "ONEVOICE_EMAIL_RATE": "200",
    }


# --- In the process that releases -------------------------------------------------------------------------------


class _Record:
    """The sandbox's record, read from where it ended when we last looked."""

    def __init__(self) -> None:
        self._path = Path(os.environ["BENCH_RECORD"])
        self._seen = self._path.stat().st_size

    def quiet(self) -> None:
        """Wait until nothing has happened for QUIET seconds."""
        last = time.monotonic()
        while time.monotonic() - last < QUIET:
            time.sleep(0.1)
            if list(self._lines()):
                last = time.monotonic()

    def accepted(self, page: str) -> Iterator[float]:
        """When messages with this address came since we last looked, as seconds of the clock."""
        for line in map(json.loads, self._lines()):
            if line["event"] == "accepted" and page in line["body"]:
                yield datetime.fromisoformat(line["at"]).timestamp()

    def _lines(self) -> list[bytes]:
        with self._path.open("rb") as file:
            file.seek(self._seen)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._seen += len(whole)
        return whole.splitlines()


def measure(way: str, times: int) -> None:
    """Release once to warm up, then `times` more; print how many seconds each first message took."""
    from onevoice.desk import rehearse  # noqa: PLC0415 - loads only in the process that releases
    from onevoice.desk.wiring import open_desk  # noqa: PLC0415 - as above

    released = _ways()[way]
    took, used = [], []
    for _ in range(times + 1):
        alert = rehearse.prepare_release(open_desk(), EXAMPLE)
        page, record = _page(open_desk(), alert), _Record()
        record.quiet()
        began = time.time()
        before = _processor_of_children()
        released(alert)
        used.append(_processor_of_children() - before)
        took.append(_first(record, page) - began)
    print(json.dumps({"seconds": took[1:], "cpu": used[1:]}))


def _page(desk: Desk, alert: str) -> str:
    with desk.ledger.read() as conn:
        found = alerts.row(conn, alert)
    if found is None:
        raise RuntimeError(f"there is no alert {alert}")
    return alerts.value(found).page_url


def _processor_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _first(record: _Record, page: str) -> float:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if came := list(record.accepted(page)):
            return min(came)
        time.sleep(0.05)
    raise RuntimeError("no message came")


def _ways() -> dict[str, Callable[[str], object]]:
    from onevoice.desk import rehearse, release, send  # noqa: PLC0415 - loads only in the process that releases
    from onevoice.desk.wiring import open_desk  # noqa: PLC0415 - as above

    def here(alert: str) -> None:
        release.release(open_desk(), alert, rehearse.AUTHOR)
        send.send_due(open_desk(), once=True)

    def shell(alert: str) -> None:
        environment = {**os.environ, "ONEVOICE_SECRET": SECRET}
        onevoice("alert", "release", alert, "--as", OFFICER, environment=environment)

    return {
        "in_one_process": here,
        "from_the_shell": shell,
        "to_a_sender": lambda alert: release.release(open_desk(), alert, rehearse.AUTHOR),
        "from_the_shell_to_a_sender": shell,
        "flow_with_prefect": _flow,
    }


def _flow(alert: str) -> None:
    from flows.release import release  # noqa: PLC0415 - only this way needs Prefect

    asyncio.run(release(alert))


if __name__ == "__main__":
    given = sys.argv[1:]
    if given and not given[0].isdigit():
        measure(given[0], int(given[1]))
    else:
        main(*(int(word) for word in (*given, *("2000", "5")[len(given) :])))
