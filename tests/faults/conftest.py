"""What every test here stands on: deployments to break, a judge, and the note of what was seen.

Tests that are marked `faults` take long. They, and all but the first case of each test, are deselected, and counted as
such, unless they are asked for: `make faults`, or `-m "faults or not faults"`.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from faults.check import judge, told
from faults.deployment import Deployment, Templates
from faults.processes import Nursery
from faults.proxy import Proxy

HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Name our marks."""
    config.addinivalue_line("markers", "faults: takes long; only `make faults` or `-m faults` runs it")
    config.addinivalue_line("markers", "every_case: all cases of this test are run always")
    config.addinivalue_line("markers", "fault(id): which fault of docs/reliability.md this tries")
    config.addinivalue_line("markers", "postgres: starts an embedded PostgreSQL; `-m 'not postgres'` leaves it out")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless it was asked for by its mark; the summary counts it as deselected.

    Of a test with many cases the first is run always (where there is a choice, on SQLite); of one that is marked
    `every_case`, all. On PostgreSQL the rest runs in `make faults`.
    """
    if "faults" in config.getoption("-m"):
        return
    begun: set[str] = set()
    long = [item for item in items if item.path.parent == HERE and _takes_long(item, begun)]
    if long:
        config.hook.pytest_deselected(items=long)
        left = set(long)
        items[:] = [item for item in items if item not in left]


def _takes_long(item: pytest.Item, begun: set[str]) -> bool:
    if item.get_closest_marker("faults"):
        return True
    case = item.nodeid.partition("[")[0]
    again = case in begun and not item.get_closest_marker("every_case")
    begun.add(case)
    return again


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Write down what a test has seen, whether it passed or not: docs/reliability.md is made of it."""
    report = yield
    folder, mark = os.environ.get("FAULTS_SEEN"), item.get_closest_marker("fault")
    if folder and mark and call.when == "call":
        seen = {
            "faults": list(mark.args),
            "test": item.name,
            "outcome": report.outcome,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(call.duration, 1),
            **dict(item.user_properties),
        }
        with (Path(folder) / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as out:
            out.write(json.dumps(seen) + "\n")
    return report


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Start the parent of all processes that are broken here."""
    with Nursery(tmp_path_factory.mktemp("children")) as running:
        yield running


@dataclass
class Woken:
    """Prefect's server, reached through a line that can break, and the nursery of the flow runs that it records."""

    line: Proxy
    nursery: Nursery


@pytest.fixture(scope="session")
def woken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Woken]]:
    """Start Prefect's server and the parent of flow runs, when they are first asked for."""
    with ExitStack() as stack:

        @cache
        def start() -> Woken:
            from prefect.settings import PREFECT_API_URL
            from prefect.testing.utilities import prefect_test_harness

            stack.enter_context(prefect_test_harness(server_startup_timeout=180))
            server = urlsplit(str(PREFECT_API_URL.value()))
            line = stack.enter_context(Proxy((str(server.hostname), server.port or 0)))
            env = {
                "PREFECT_API_URL": f"http://127.0.0.1:{line.port}/api",
                "PREFECT_HOME": str(tmp_path_factory.mktemp("prefect")),
                "PREFECT_LOGGING_TO_API_ENABLED": "false",
                "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            }
            folder = tmp_path_factory.mktemp("flows")
            return Woken(line, stack.enter_context(Nursery(folder, ("flows.follow_up",), env)))

        yield start


@pytest.fixture(scope="session")
def ready(
    tmp_path_factory: pytest.TempPathFactory, root: Path, nursery: Nursery, woken: Callable[[], Woken]
) -> Iterator[Templates]:
    """Make ready deployments, each when it is first asked for."""
    made = Templates(tmp_path_factory.mktemp("ready"), root, nursery, lambda: woken().nursery)
    yield made
    made.close()


@pytest.fixture
def deploy(ready: Templates) -> Iterator[Callable[..., Deployment]]:
    """Give a fresh copy of a ready deployment; whatever runs of it afterwards is ended."""
    yield ready.copy
    ready.rest()


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Note figures for docs/reliability.md."""

    def note(**figures: Any) -> None:
        request.node.user_properties.extend(figures.items())

    return note


@pytest.fixture
def holds(seen: Callable[..., None]) -> Callable[..., dict[str, int]]:
    """Judge a deployment: every invariant holds, or the test fails with what is broken. Gives the figures."""

    def check(deployment: Deployment, **terms: Any) -> dict[str, int]:
        verdict = judge(deployment, **terms)
        seen(figures=verdict.figures, problems=verdict.problems, database=deployment.url.partition(":")[0])
        assert not verdict.problems, told(verdict.problems)
        return verdict.figures

    return check
