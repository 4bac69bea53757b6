"""The commands of docs/manager.md, walked: a server, a pool, `prefect deploy --all`, a worker, a form that is sent."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from onevoice.desk import status
from onevoice.desk.wiring import Desk

pytestmark = pytest.mark.slow
WITHIN = 120
"""Seconds that one step may take on a machine that does other things too."""


@dataclass(frozen=True)
class Deployed:
    """A Prefect server on which every deployment of prefect.yaml stands."""

    api: str
    home: Path
    root: Path

    @property
    def environment(self) -> dict[str, str]:
        """What docs/manager.md exports; the rest is the test's."""
        given = {"PREFECT_HOME": str(self.home), "PREFECT_API_URL": self.api}
        return os.environ | given | {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Begin a command of Prefect's in the checkout; what it says goes to a file in its home."""
        with (self.home / f"{words[0]}.log").open("wb") as out:
            command = [sys.executable, "-m", "prefect", *words]
            return subprocess.Popen(command, cwd=self.root, env=self.environment, stdout=out, stderr=subprocess.STDOUT)

    def run(self, *words: str) -> None:
        """Run a command of Prefect's to its end, which must be good."""
        assert self.start(*words).wait(WITHIN) == 0, (self.home / f"{words[0]}.log").read_text()[-3000:]

    def asked(self, path: str, **body: Any) -> Any:
        """What the server's API answers."""
        return httpx.post(f"{self.api}/{path}", json=body, timeout=30).raise_for_status().json()


@contextmanager
def _stopped_after(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until(what: str, found: Any) -> Any:
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        if seen := found():
            return seen
        time.sleep(0.2)
    pytest.fail(f"{what}: not within {WITHIN} seconds")


def _healthy(api: str) -> bool:
    try:
        return httpx.get(f"{api}/health", timeout=5).json() is True
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[Deployed]:
    """Start a server, make the pool, and deploy everything, with the commands of the page."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    made = Deployed(f"http://127.0.0.1:{port}/api", tmp_path_factory.mktemp("prefect"), root)
    with _stopped_after(made.start("server", "start", "--host", "127.0.0.1", "--port", port)):
        _until("a healthy server", lambda: _healthy(made.api))
        made.run("work-pool", "create", "onevoice", "--type", "process")
        made.run("--no-prompt", "deploy", "--all")
        yield made


def _schemas(deployed: Deployed) -> dict[str, dict[str, Any]]:
    """What each form asks, as the server keeps it."""
    return {d["name"]: d["parameter_openapi_schema"] for d in deployed.asked("deployments/filter")}


def test_every_deployment_stands_on_the_server(deployed: Deployed) -> None:
    """`prefect deploy --all` goes to its end with the locked packages: one form for each line of prefect.yaml."""
    lines = yaml.safe_load((deployed.root / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    found = deployed.asked("deployments/filter")

    assert len(found) == len(lines) > 10
    assert {(d["name"], d["entrypoint"], d["work_pool_name"]) for d in found} == {
        (line["name"], line["entrypoint"], "onevoice") for line in lines
    }
    assert all(d["enforce_parameter_schema"] for d in found)


def test_follow_up_is_scheduled_and_nothing_else_is(deployed: Deployed) -> None:
    """Every minute, one at a time."""
    scheduled = [d for d in deployed.asked("deployments/filter") if d["schedules"]]

    assert [(d["name"], d["schedules"][0]["schedule"]["interval"]) for d in scheduled] == [("follow-up", 60.0)]
    assert scheduled[0]["global_concurrency_limit"]["limit"] == 1


def _untyped(schema: dict[str, Any]) -> list[str]:
    models = {"form": schema, **schema.get("definitions", {})}
    return [
        f"{model}.{name}"
        for model, told in models.items()
        for name, field in told.get("properties", {}).items()
        if not {"type", "anyOf", "$ref", "allOf"} & set(field)
    ]


def test_every_field_of_a_form_has_a_type(deployed: Deployed) -> None:
    """Nobody types JSON: the page has a date picker, a switch or a list for each."""
    schemas = _schemas(deployed)

    assert {name: _untyped(schema) for name, schema in schemas.items()} == {name: [] for name in schemas}
    river = schemas["river-flood"]["properties"]
    assert (river["act_by"]["format"], river["impact_known"]["type"]) == ("date-time", "boolean")
    assert schemas["follow-up"]["properties"] == {}


def test_what_is_chosen_is_a_drop_down(deployed: Deployed, desk: Desk) -> None:
    """Zones, status, scenario, revision and water are lists to choose from, on the server as in the code."""
    schemas = _schemas(deployed)

    def offered(form: str, kind: str) -> list[str]:
        return [str(word) for word in schemas[form]["definitions"][kind]["enum"]]

    warned = [name for name, schema in schemas.items() if "circumstances" in schema["properties"]]
    assert len(warned) == len(desk.content.lexicon.hazards)
    assert all(offered(name, "Status") == ["Exercise", "Test", "Actual"] for name in warned)
    assert all(set(offered(name, "Zone")) == set(desk.gazetteer.zones) for name in (*warned, "rehearse", "revise"))
    assert offered("revise", "Revision") == ["update", "correction", "all-clear"]
    assert offered("unsafe-water", "Water") == ["germs", "chemicals"]
    assert "river_flood" in offered("rehearse", "Scenario")


def test_a_form_that_is_sent_goes_through_a_worker_to_a_draft(deployed: Deployed, desk: Desk) -> None:
    """On a live deployment, where a form ends with the draft: in Prefect's record completed, in the ledger a draft."""
    given = {
        "circumstances": {"zones": ["old-mill"], "officer": "Maria Solis"},
        "act_by": (datetime.now(UTC) + timedelta(hours=4)).isoformat(),
    }
    form = next(d for d in deployed.asked("deployments/filter") if d["name"] == "river-flood")
    run = deployed.asked(f"deployments/{form['id']}/create_flow_run", parameters=given)["id"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEVOICE_MODE", "live")
        worker = deployed.start("worker", "start", "--pool", "onevoice", "--run-once")
    with _stopped_after(worker):
        ended = _until("the end of the run", lambda: _ended(deployed, run))

    assert (ended["type"], ended["message"]) == ("COMPLETED", None)
    (found,) = status.listing(desk)
    assert (found["hazard"], found["state"], found["by"]) == ("river_flood", "draft", "Maria Solis")


def _ended(deployed: Deployed, run: str) -> dict[str, Any] | None:
    state: dict[str, Any] = httpx.get(f"{deployed.api}/flow_runs/{run}", timeout=30).json()["state"]
    return state if state["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"} else None


@pytest.mark.usefixtures("desk")
def test_the_schedule_makes_runs_and_a_worker_does_them(deployed: Deployed) -> None:
    """Nobody starts it: the server's scheduler plans follow-up for every minute, and a worker goes its rounds."""
    form = next(d for d in deployed.asked("deployments/filter") if d["name"] == "follow-up")
    mine = {"deployments": {"id": {"any_": [form["id"]]}}}

    def planned() -> Any:
        return [run for run in deployed.asked("flow_runs/filter", **mine) if run["auto_scheduled"]]

    runs = _until("runs that the scheduler planned", planned)
    starts = sorted(datetime.fromisoformat(run["expected_start_time"]) for run in runs)
    assert {later - earlier for earlier, later in pairwise(starts)} == {timedelta(minutes=1)}

    with _stopped_after(deployed.start("worker", "start", "--pool", "onevoice")):
        done = _until(
            "a round that ended",
            lambda: [run for run in planned() if run["state_type"] in {"COMPLETED", "FAILED", "CRASHED"}],
        )
    assert done[0]["state_type"] == "COMPLETED", done[0]["state"]


def test_analytics_are_off(deployed: Deployed) -> None:
    """With the environment of the page the server reports to nobody."""
    settings = httpx.get(f"{deployed.api}/admin/settings", timeout=30).json()

    assert settings["server"]["analytics_enabled"] is False
