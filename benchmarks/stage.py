"""A deployment of its own for a benchmark: a folder that is gone afterwards, real processes, a limit on each."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measured import ROOT

EXAMPLE = ROOT / "examples" / "river_flood_warning.yaml"
LIMIT = 300.0
"""Seconds after which a program is killed."""
PATIENCE = 90.0
"""Seconds that a server has to answer."""
OFFICER, SECRET = "Maria Solis", "correct horse battery"
APPROVER = "Sam Okafor"


@dataclass(frozen=True)
class Ran:
    """One program, run to its end: wall-clock seconds, processor seconds, and the peak of its memory in MiB."""

    seconds: float
    cpu: float
    peak_mib: int
    out: str
    err: str


def run(words: list[str], environment: Mapping[str, str] | None = None, limit: float = LIMIT) -> Ran:
    """Run a program to its end.

    Raises:
        RuntimeError: it failed, or took longer than `limit` seconds.
    """
    timed = [sys.executable, str(ROOT / "benchmarks" / "timed.py"), str(limit), *words]
    done = subprocess.run(  # noqa: S603 - our own programs
        timed, env=environment or quiet(), cwd=ROOT, capture_output=True, text=True, timeout=limit + 30, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{words[:6]} failed with status {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
    return Ran(**json.loads(done.stdout))


def onevoice(*words: str | Path, environment: Mapping[str, str], limit: float = LIMIT) -> Ran:
    """Run one command of the command line, as a shell would."""
    program = Path(sys.executable).with_name("onevoice")
    return run([str(program), *map(str, words)], environment, limit)


def quiet() -> dict[str, str]:
    """The environment without any setting of the machine's, in which nothing reports to anybody."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ONEVOICE_", "PREFECT_"))}
    return own | {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "NO_COLOR": "1"}


@contextmanager
def town(residents: int) -> Iterator[dict[str, str]]:
    """A deployment with database, keys, two officers and Millford; yields its environment."""
    with tempfile.TemporaryDirectory(prefix="onevoice-bench-") as folder:
        environment = quiet() | {"ONEVOICE_HOME": folder, "ONEVOICE_SECRET": SECRET}
        furnish(environment)
        file = Path(folder) / "town.csv"
        onevoice("audience", "town", file, "--residents", str(residents), environment=environment)
        onevoice("audience", "import", file, environment=environment)
        yield environment


def furnish(environment: Mapping[str, str]) -> None:
    """Make database, keys, and the two who act."""
    onevoice("db", "upgrade", environment=environment)
    onevoice("people", "add", OFFICER, "--role", "manager", environment=environment)
    onevoice("people", "add", APPROVER, "--role", "approver", environment=environment)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def part(words: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A server as a process of its own; stopped in the end, by force where it does not listen."""
    with subprocess.Popen(  # noqa: S603 - our own programs
        [sys.executable, "-m", *words],
        env=environment,
        cwd=environment["ONEVOICE_HOME"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()


def answers(url: str) -> None:
    """Wait until a server answers.

    Raises:
        RuntimeError: it did not, in PATIENCE seconds.
    """
    until = time.monotonic() + PATIENCE
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < until:
        with suppress(OSError), opener.open(url, timeout=5):
            return
        time.sleep(0.2)
    raise RuntimeError(f"{url} did not answer in {PATIENCE:.0f} s")


@contextmanager
def prefect(environment: Mapping[str, str]) -> Iterator[tuple[dict[str, str], int]]:
    """Prefect's server with its own home and database; yields the environment that leads to it, and its process."""
    port = free_port()
    theirs = {
        "PREFECT_HOME": str(Path(environment["ONEVOICE_HOME"]) / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }
    words = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with part(words, {**environment, **theirs}) as server:
        answers(f"{theirs['PREFECT_API_URL']}/health")
        yield {**environment, **theirs}, server.pid


def processor(pid: int) -> float:
    """Seconds of the processor that a process and its children have used (Linux)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK") + sum(processor(int(child)) for child in children)
