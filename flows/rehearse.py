"""The rehearse flow: the whole way as an Exercise, the approval page included."""

import asyncio
from enum import StrEnum
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from flows import steps
from flows.forms import Zone, minutes_from_now
from flows.story import story
from onevoice.alert import AlertFile
from onevoice.desk import rehearse
from onevoice.desk.wiring import Desk, open_desk


class Scenario(StrEnum):
    """What is rehearsed, as a drop-down."""

    river_flood = "river_flood"
    flash_flood = "flash_flood"
    wildfire_evacuation = "wildfire_evacuation"
    tornado = "tornado"
    boil_or_unsafe_water = "boil_or_unsafe_water"
    extreme_heat = "extreme_heat"
    infectious_disease_outbreak = "infectious_disease_outbreak"
    power_outage = "power_outage"
    hazmat_release = "hazmat_release"
    radiological_nuclear = "radiological_nuclear"
    active_violence = "active_violence"
    civil_unrest_curfew = "civil_unrest_curfew"
    wildfire_smoke = "wildfire_smoke"
    dam_or_levee_failure = "dam_or_levee_failure"
    hurricane_cyclone = "hurricane_cyclone"
    storm_surge = "storm_surge"
    severe_thunderstorm_wind = "severe_thunderstorm_wind"
    winter_storm_snow_squall = "winter_storm_snow_squall"
    extreme_cold = "extreme_cold"
    dust_storm = "dust_storm"
    earthquake = "earthquake"
    tsunami = "tsunami"
    landslide_avalanche = "landslide_avalanche"
    volcano_ash = "volcano_ash"


@flow(name="rehearse", persist_result=False)
async def rehearse_alert(
    scenario: Scenario,
    zones: list[Zone],
    minutes_to_act: int = 240,
) -> None:
    """Draft, submit, approve on the page, release, send and follow an Exercise. Refused on a live deployment.

    Args:
        scenario: the hazard that is rehearsed.
        zones: where the exercise takes place.
        minutes_to_act: how long people would have.
    """
    desk = open_desk()
    alert_id = await asyncio.to_thread(_submitted, desk, scenario, [str(z) for z in zones], minutes_to_act)
    await asyncio.to_thread(rehearse.approve_on_page, desk, alert_id)
    await steps.make_due(alert_id)
    await steps.deliver(alert_id)
    await acreate_markdown_artifact(
        key=steps.key(alert_id), markdown=story(desk, alert_id), description="The rehearsal"
    )


def _submitted(desk: Desk, scenario: Scenario, zones: list[str], minutes: int) -> str:
    plain: dict[str, Any] = {
        "hazard": scenario.value,
        "status": "Exercise",
        "area": {"zones": zones},
        "facts": {"act_by": minutes_from_now(minutes).isoformat()},
    }
    return rehearse.submit_exercise(desk, AlertFile.model_validate(plain))
