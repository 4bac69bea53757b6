import asyncio
import gc
import importlib
import inspect
import typing
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow, Task
from prefect.cache_policies import NO_CACHE
from pydantic import BaseModel

from flows import follow_up, forms, rehearse, revise, warn, warn_services
from flows.story import story
from onevoice.alert import AlertFile
from onevoice.desk import approve, draft, officers, preview, status
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import Desk
from onevoice.errors import Blocked, Conflict, Refused
from onevoice.ledger import alerts
from onevoice.settings import Mode
from sandbox.testing import Sandbox

pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <(socket.socket|ssl.SSLSocket):pytest.PytestUnraisableExceptionWarning"
)
"""Prefect's client leaves sockets to the garbage collector."""


@pytest.fixture(scope="module", autouse=True)
def _sockets_that_prefect_leaves() -> Iterator[None]:
    """They are collected here, where it is allowed, and not in whatever test comes next."""
    yield
    gc.collect()


ROOT = Path(__file__).resolve().parents[2]
DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
MODULES = sorted(f"flows.{path.stem}" for path in (ROOT / "flows").glob("[a-z]*.py"))
FIELDS = {
    "alert_id", "officer", "revision", "zones", "act_by", "next_update", "reason", "scenario", "minutes_to_act",
    "circumstances", "status", "incident", "impact_known", "shelter", "cool_place", "warm_place", "clean_place",
    "powered_place", "road_closed", "bus_from", "water", "water_point", "name", "address", "pets", "accessible",
    "no_papers", "other_number", "product", "what", "ends", "published_at", "truth", "rumor", "form",
}  # fmt: skip
"""All that a form may ask. `name` and `address` are a shelter's; `officer` acts. Nobody who is told stands in any."""
PLACES = (forms.Shelter,)
"""Where `name` and `address` may stand."""


def of_type(kind: type) -> dict[str, Any]:
    """Every flow, or every task, by its place."""
    found = {}
    for module in map(importlib.import_module, MODULES):
        for name, value in vars(module).items():
            if isinstance(value, kind) and getattr(value, "fn").__module__ == module.__name__:  # noqa: B009 - a Flow's or a Task's
                found[f"{module.__name__}:{name}"] = value
    return found


FLOWS, TASKS = of_type(Flow), of_type(Task)


# --- what Prefect is given ------------------------------------------------------------------------------------


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda d: d["name"])
def test_every_deployment_starts_an_async_flow(deployment: dict[str, Any]) -> None:
    """Its entrypoint is a module path that Prefect can import from any folder."""
    module, _, name = deployment["entrypoint"].partition(":")
    found = getattr(importlib.import_module(module), name)

    assert isinstance(found, Flow)
    assert inspect.iscoroutinefunction(found.fn)


def test_every_flow_can_be_started() -> None:
    """No flow is forgotten in prefect.yaml, and each hazard of the library has its form."""
    assert {d["entrypoint"] for d in DEPLOYMENTS} == set(FLOWS)
    hazards = {path.stem for path in (ROOT / "templates" / "hazards").glob("*.yaml")}
    assert {name.partition(":")[2] for name in FLOWS if name.startswith("flows.warn")} == hazards


def test_follow_up_is_never_done_twice_at_once() -> None:
    """It runs each minute; one that is late does not pile up."""
    found = next(d for d in DEPLOYMENTS if d["name"] == "follow-up")
    assert found["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    assert found["schedules"] == [{"interval": 60}]


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_keeps_no_result(name: str) -> None:
    """What a flow returned does not stand in a file of Prefect's."""
    assert FLOWS[name].persist_result is False


@pytest.mark.parametrize("name", TASKS)
def test_a_task_keeps_no_result_and_is_never_cached(name: str) -> None:
    """A cached send would not send; a kept result would stand in a file."""
    assert (TASKS[name].persist_result, TASKS[name].cache_policy) == (False, NO_CACHE)


def _fields(annotation: Any) -> list[tuple[str, Any, Any]]:
    """The fields of every model inside an annotation: name, type, model."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        own = [(name, field.annotation, annotation) for name, field in annotation.model_fields.items()]
        return own + [deep for _, kind, _ in own for deep in _fields(kind)]
    return [deep for part in typing.get_args(annotation) for deep in _fields(part)]


def _asked(name: str) -> list[tuple[str, Any, Any]]:
    hints = typing.get_type_hints(FLOWS[name].fn)
    hints.pop("return")
    return [*((field, kind, None) for field, kind in hints.items()), *(f for k in hints.values() for f in _fields(k))]


@pytest.mark.parametrize("name", FLOWS)
def test_no_form_asks_for_somebody_who_is_told(name: str) -> None:
    """Parameters stand in Prefect's database in clear: every field is on the list, names and addresses are places'."""
    for field, _, model in _asked(name):
        assert field in FIELDS
        assert field not in ("name", "address") or model in PLACES


@pytest.mark.parametrize("name", TASKS)
def test_a_task_takes_an_id_or_nothing(name: str) -> None:
    """The inputs of tasks stand in Prefect's records too."""
    assert set(inspect.signature(TASKS[name].fn).parameters) <= {"alert_id"}


@pytest.mark.parametrize("name", FLOWS)
def test_a_form_explains_each_field(name: str) -> None:
    """What a manager sees beside a field is written for a manager."""
    schema = FLOWS[name].parameters.model_dump() if hasattr(FLOWS[name].parameters, "model_dump") else {}
    shown = schema.get("properties", {})
    assert set(shown) == set(inspect.signature(FLOWS[name].fn).parameters)
    for field, told in shown.items():
        assert told.get("description"), field


def test_the_zones_of_a_form_are_those_of_the_town(desk: Desk) -> None:
    """A drop-down offers every zone and nothing else."""
    assert {str(zone) for zone in forms.Zone} == set(desk.gazetteer.zones)
    assert issubclass(forms.Zone, Enum)


# --- forms, run as Prefect runs them --------------------------------------------------------------------------

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=4)
GYM = forms.Shelter(name="Millford High School", address="12 School Street", pets=True)
GIVEN: dict[str, dict[str, Any]] = {
    "river_flood": {"act_by": SOON, "shelter": GYM, "road_closed": "Mill Road"},
    "flash_flood": {"road_closed": "Mill Road"},
    "wildfire_evacuation": {"shelter": GYM, "bus_from": "Station Square"},
    "tornado": {},
    "boil_or_unsafe_water": {"water": warn.Water.chemicals, "water_point": "Town Hall"},
    "extreme_heat": {"cool_place": GYM},
    "infectious_disease_outbreak": {},
    "power_outage": {"powered_place": GYM},
    "wildfire_smoke": {"clean_place": GYM},
    "dam_or_levee_failure": {"form": warn.Barrier.levee, "road_closed": "Mill Road"},
    "hurricane_cyclone": {"act_by": SOON, "shelter": GYM, "bus_from": "Town Hall"},
    "storm_surge": {"act_by": SOON, "road_closed": "Mill Road"},
    "severe_thunderstorm_wind": {},
    "winter_storm_snow_squall": {"warm_place": GYM},
    "extreme_cold": {"warm_place": GYM},
    "dust_storm": {},
    "earthquake": {"shelter": GYM},
    "tsunami": {"shelter": GYM},
    "landslide_avalanche": {"form": warn.Slide.avalanche, "road_closed": "Hill Road"},
    "volcano_ash": {"road_closed": "Mill Road"},
    "social_isolation_checkin": {},
    "hazmat_release": {},
    "radiological_nuclear": {},
    "emergency_number_outage": {"other_number": "+14135550145"},
    "food_or_medicine_recall": {"product": "Cardex heart pills", "what": warn_services.Product.medicine},
    "active_violence": {},
    "civil_unrest_curfew": {"act_by": SOON, "ends": SOON + timedelta(hours=8)},
    "missing_or_vulnerable_person": {"published_at": "https://alerts.millford.example/missing"},
    "mass_displacement_shelter": {"shelter": GYM},
    "community_mental_health": {},
    "rumor_control": {"truth": "The tap water is safe to drink", "rumor": "The tap water is bad"},
    "system_test_exercise": {},
}


def circumstances(**more: Any) -> forms.Circumstances:
    """What every form asks, filled in."""
    plain = {"zones": ["old-mill", "riverside"], "officer": "Maria Solis", "incident": "drill"} | more
    return forms.Circumstances.model_validate(plain)


def only(desk: Desk) -> dict[str, Any]:
    """The one alert that there is."""
    (found,) = status.listing(desk)
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("prefect")
@pytest.mark.parametrize("hazard", GIVEN)
def test_a_form_becomes_an_alert_that_waits_for_approval(hazard: str, desk: Desk) -> None:
    """Filled in and started, each form drafts and submits under the officer's name; nothing is sent."""
    form = next(flow for name, flow in FLOWS.items() if name.startswith("flows.warn") and name.endswith(f":{hazard}"))
    asyncio.run(form(circumstances=circumstances(), **GIVEN[hazard]))

    found = only(desk)
    assert (found["hazard"], found["status"], found["state"], found["by"]) == (
        hazard, "Exercise", "submitted", "Maria Solis",
    )  # fmt: skip
    assert status.status(desk, found["id"])["attempts"]["total"] == 0
    assert preview.target_alert(desk, found["id"]).area.zones == ("old-mill", "riverside")


@pytest.mark.slow
@pytest.mark.usefixtures("prefect")
def test_a_form_says_what_is_not_known_yet(desk: Desk) -> None:
    """The switch "impact known" off makes an initial message, with the time of the next one."""
    given = circumstances(next_update=datetime.now(UTC) + timedelta(minutes=30))
    asyncio.run(warn.river_flood(given, act_by=SOON, impact_known=False))

    alert = preview.target_alert(desk, only(desk)["id"])
    assert alert.initial
    assert alert.factset.facts["impact"].type == "unknown"
    assert alert.next_update is not None


@pytest.mark.slow
@pytest.mark.usefixtures("prefect")
def test_a_form_of_somebody_unknown_drafts_nothing(desk: Desk) -> None:
    """The run fails with the sentence, and the ledger stays as it was."""
    with pytest.raises(Refused, match="no officer called Eve"):
        asyncio.run(warn.tornado(circumstances(officer="Eve")))

    assert status.listing(desk) == []


@pytest.mark.slow
@pytest.mark.usefixtures("prefect")
def test_a_form_revises_what_was_released(desk: Desk) -> None:
    """The next version keeps what was left out, changes what was given, and waits for approval."""
    asyncio.run(warn.river_flood(circumstances(), act_by=SOON))
    first = only(desk)["id"]
    with pytest.raises(Conflict, match="not released"):
        asyncio.run(revise.revise_alert(first, "Maria Solis"))
    with desk.ledger.write() as conn:
        alerts.move(conn, first, of=("submitted",), to="sending", released_by="Sam Okafor", released_at=desk.now())
    asyncio.run(revise.revise_alert(first, "Maria Solis", zones=[forms.Zone("harbor")]))

    second = preview.target_alert(desk, first.removesuffix("1") + "2")
    assert (second.kind, second.area.zones, second.act_by) == ("update", ("harbor",), SOON)
    assert draft.step(desk, second.id).state == "submitted"


@pytest.mark.slow
@pytest.mark.usefixtures("prefect")
def test_a_release_flow_sends_only_what_a_person_approved(desk: Desk) -> None:
    """Started too early it fails, and nothing becomes due."""
    asyncio.run(warn.tornado(circumstances()))
    alert_id = only(desk)["id"]

    with pytest.raises(Conflict, match="submitted"):
        asyncio.run(FLOWS["flows.release:release"](alert_id))
    assert status.status(desk, alert_id)["due_at"] is None


def _make_due(desk: Desk, alert_id: str) -> Any:
    """As a release does, without the page that it asks for."""
    with desk.ledger.write() as conn:
        frozen = alerts.standing_release(conn, alert_id)
        assert frozen is not None
        alerts.move(conn, alert_id, of=("approved",), to="sending", released_by="Maria Solis", released_at=desk.now())
        alerts.make_due(conn, frozen.id, frozen.hash, desk.now())
    return frozen


@pytest.mark.slow
@pytest.mark.usefixtures("prefect")
def test_follow_up_sends_what_is_due(desk: Desk, sandbox: Sandbox) -> None:
    """One round of the schedule delivers what a release made due, without anybody else."""
    asyncio.run(warn.tornado(circumstances()))
    alert_id = only(desk)["id"]
    approve.approve(desk, alert_id, Actor("Sam Okafor", "approver"))
    frozen = _make_due(desk, alert_id)
    before = len(sandbox.entries(event="accepted"))
    asyncio.run(follow_up.follow_up())

    assert len(sandbox.entries(event="accepted")) - before == frozen.deliveries > 0


def test_on_a_live_deployment_a_form_ends_with_the_draft(desk: Desk) -> None:
    """A form cannot prove who filled it in, so its officer submits with their own secret."""
    live = Desk(desk.settings.model_copy(update={"mode": Mode.LIVE}))
    file = {"hazard": "tornado", "status": "Exercise", "area": {"zones": ["market"]}}
    alert_id = forms._draft_and_submit(live, AlertFile.model_validate(file), "Maria Solis")  # noqa: SLF001 - what the form runs
    live.ledger.close()

    assert draft.step(desk, alert_id).state == "draft"


@pytest.mark.slow
@pytest.mark.usefixtures("prefect")
def test_a_live_deployment_is_not_rehearsed_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form that approves for itself fails with the sentence before it drafts, submits or makes an officer."""
    monkeypatch.setenv("ONEVOICE_MODE", "live")
    known = officers.everybody(desk)

    with pytest.raises(Blocked, match="takes no rehearsal"):
        asyncio.run(rehearse.rehearse_alert(rehearse.Scenario.tornado, [forms.Zone("market")]))
    assert status.listing(desk) == []
    assert officers.everybody(desk) == known


def test_the_story_of_a_run_names_nobody(desk: Desk) -> None:
    """An artifact holds ids, counts and links."""
    file = {"hazard": "tornado", "status": "Exercise", "area": {"zones": ["market"]}}
    alert_id = forms._draft_and_submit(desk, AlertFile.model_validate(file), "Maria Solis")  # noqa: SLF001 - what the form runs
    told = story(desk, alert_id)

    assert alert_id in told
    assert "@" not in told
    assert "555" not in told


def test_the_story_of_a_run_tells_before_and_after(desk: Desk) -> None:
    """Who is meant and what was found, each rule once; once it is due, whom it reached, everybody first."""
    file = {"hazard": "tornado", "status": "Exercise", "area": {"zones": ["market"]}}
    alert_id = forms._draft_and_submit(desk, AlertFile.model_validate(file), "Maria Solis")  # noqa: SLF001 - what the form runs

    before = story(desk, alert_id)
    approve.approve(desk, alert_id, Actor("Sam Okafor", "approver"))
    _make_due(desk, alert_id)
    after = story(desk, alert_id)

    assert before.count("**LOOK** (P01, ar, de, ") == 1
    assert "## Who is meant" in before
    assert "| en | " in before
    assert "## Who has been reached" in after
    waiting = status.status(desk, alert_id)["contacts"]["waiting"]
    assert f"| everybody | 0 | 0 | 0 | {waiting:,} | 0 | " in after
    assert waiting


def test_the_story_of_a_run_says_what_is_posted(desk: Desk) -> None:
    """With accounts how many posts wait; without, that there are none and why."""
    file = {"hazard": "tornado", "status": "Exercise", "area": {"zones": ["market"]}}
    alert_id = forms._draft_and_submit(desk, AlertFile.model_validate(file), "Maria Solis")  # noqa: SLF001 - what the form runs

    told = story(desk, alert_id)

    assert "Public posts: " in told
    assert ("14 waiting" in told) == bool(desk.accounts)
    assert ("No social accounts are set up" in told) == (not desk.accounts)
