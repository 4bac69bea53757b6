"""One form for each hazard, with that hazard's own facts. Each drafts a warning, submits it, and asks for approval."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from prefect import flow

from flows.forms import Circumstances, Shelter, ask_for_approval, told


class Water(StrEnum):
    """What is wrong with the water: germs are boiled away, chemicals are not."""

    germs = "germs"
    chemicals = "chemicals"


class Barrier(StrEnum):
    """What breaks: the title names this one alone."""

    dam = "dam"
    levee = "levee"


class Slide(StrEnum):
    """What comes down: the title names this one alone."""

    landslide = "landslide"
    avalanche = "avalanche"


@flow(name="warn: river flood", persist_result=False)
async def river_flood(
    circumstances: Circumstances,
    act_by: datetime,
    impact_known: bool = True,
    shelter: Shelter | None = None,
    road_closed: str | None = None,
) -> None:
    """The river rises over its banks.

    Args:
        circumstances: where, and what every warning needs.
        act_by: the moment by which people must have moved.
        impact_known: switch off while nobody knows how high the water will come; then give the next update.
        shelter: a place to go to.
        road_closed: a road that nobody should plan to use.
    """
    facts = told(act_by=act_by, shelter=shelter, road_closed=road_closed)
    await ask_for_approval("river_flood", "warning", circumstances, facts, impact_known=impact_known)


@flow(name="warn: flash flood", persist_result=False)
async def flash_flood(circumstances: Circumstances, impact_known: bool = True, road_closed: str | None = None) -> None:
    """Water comes suddenly.

    Args:
        circumstances: where, and what every warning needs.
        impact_known: switch off while nobody knows how bad it is; then give the next update.
        road_closed: a road under water.
    """
    facts = told(road_closed=road_closed)
    await ask_for_approval("flash_flood", "warning", circumstances, facts, impact_known=impact_known)


@flow(name="warn: wildfire, leave", persist_result=False)
async def wildfire_evacuation(
    circumstances: Circumstances,
    shelter: Shelter | None = None,
    road_closed: str | None = None,
    bus_from: str | None = None,
) -> None:
    """Fire comes near, and people must leave.

    Args:
        circumstances: where, and what every warning needs.
        shelter: a place to go to.
        road_closed: a road that is not a way out.
        bus_from: where buses leave for people without a car.
    """
    facts = told(shelter=shelter, road_closed=road_closed, bus_from=bus_from)
    await ask_for_approval("wildfire_evacuation", "warning", circumstances, facts)


@flow(name="warn: tornado", persist_result=False)
async def tornado(circumstances: Circumstances) -> None:
    """A tornado was seen or is on radar.

    Args:
        circumstances: where, and what every warning needs.
    """
    await ask_for_approval("tornado", "warning", circumstances, {})


@flow(name="warn: unsafe water", persist_result=False)
async def boil_or_unsafe_water(
    circumstances: Circumstances, water: Water = Water.germs, water_point: str | None = None
) -> None:
    """Tap water is not safe.

    Args:
        circumstances: where, and what every warning needs.
        water: what is wrong with it; boiling does not help against chemicals.
        water_point: where people get safe water.
    """
    chemical = {"actions": ["do_not_drink_tap_water", "do_not_boil_to_make_safe", "use_bottled_water"]}
    more: dict[str, Any] = chemical if water is Water.chemicals else {}
    facts = told(water_point=water_point)
    await ask_for_approval("boil_or_unsafe_water", "warning", circumstances, facts, **more)


@flow(name="warn: extreme heat", persist_result=False)
async def extreme_heat(circumstances: Circumstances, cool_place: Shelter | None = None) -> None:
    """Heat that can kill, above all people who live alone.

    Args:
        circumstances: where, and what every warning needs.
        cool_place: a cool place that is open to everyone.
    """
    await ask_for_approval("extreme_heat", "warning", circumstances, told(shelter=cool_place))


@flow(name="warn: disease outbreak", persist_result=False)
async def infectious_disease_outbreak(circumstances: Circumstances, impact_known: bool = True) -> None:
    """A disease spreads.

    Args:
        circumstances: where, and what every warning needs.
        impact_known: switch off while nobody knows how sick it makes people; then give the next update.
    """
    await ask_for_approval("infectious_disease_outbreak", "warning", circumstances, {}, impact_known=impact_known)


@flow(name="warn: power outage", persist_result=False)
async def power_outage(circumstances: Circumstances, powered_place: Shelter | None = None) -> None:
    """The power is out.

    Args:
        circumstances: where, and what every warning needs.
        powered_place: a place with power for people who need it for a device.
    """
    await ask_for_approval("power_outage", "warning", circumstances, told(shelter=powered_place))


@flow(name="warn: wildfire smoke", persist_result=False)
async def wildfire_smoke(circumstances: Circumstances, clean_place: Shelter | None = None) -> None:
    """Smoke from a wildfire harms people who are far from the fire.

    Args:
        circumstances: where, and what every warning needs.
        clean_place: a place with clean air that is open to everyone.
    """
    facts = told(shelter=clean_place)
    await ask_for_approval("wildfire_smoke", "warning", circumstances, facts)


@flow(name="warn: dam or levee failure", persist_result=False)
async def dam_or_levee_failure(
    circumstances: Circumstances,
    form: Barrier | None = None,
    impact_known: bool = True,
    road_closed: str | None = None,
) -> None:
    """A dam or levee has broken or is about to.

    Args:
        circumstances: where, and what every warning needs.
        form: which of the two it is.
        impact_known: switch off while nobody knows how bad it is; then give the next update.
        road_closed: a road that is not a way up.
    """
    facts = told(form=form, road_closed=road_closed)
    await ask_for_approval("dam_or_levee_failure", "warning", circumstances, facts, impact_known=impact_known)


@flow(name="warn: hurricane", persist_result=False)
async def hurricane_cyclone(
    circumstances: Circumstances,
    act_by: datetime,
    shelter: Shelter | None = None,
    road_closed: str | None = None,
    bus_from: str | None = None,
) -> None:
    """A hurricane comes, and zones must be left before the wind.

    Args:
        circumstances: where, and what every warning needs.
        act_by: the moment by which people must have left.
        shelter: a place to go to.
        road_closed: a road that is not a way out.
        bus_from: where buses leave for people without a car.
    """
    facts = told(act_by=act_by, shelter=shelter, road_closed=road_closed, bus_from=bus_from)
    await ask_for_approval("hurricane_cyclone", "warning", circumstances, facts)


@flow(name="warn: storm surge", persist_result=False)
async def storm_surge(
    circumstances: Circumstances,
    act_by: datetime,
    shelter: Shelter | None = None,
    road_closed: str | None = None,
    bus_from: str | None = None,
) -> None:
    """A storm pushes the sea over the land.

    Args:
        circumstances: where, and what every warning needs.
        act_by: the moment by which people must have left.
        shelter: a place to go to.
        road_closed: a road that is not a way out.
        bus_from: where buses leave for people without a car.
    """
    facts = told(act_by=act_by, shelter=shelter, road_closed=road_closed, bus_from=bus_from)
    await ask_for_approval("storm_surge", "warning", circumstances, facts)


@flow(name="warn: thunderstorm", persist_result=False)
async def severe_thunderstorm_wind(circumstances: Circumstances) -> None:
    """A severe thunderstorm or a squall was seen or is on radar.

    Args:
        circumstances: where, and what every warning needs.
    """
    await ask_for_approval("severe_thunderstorm_wind", "warning", circumstances, {})


@flow(name="warn: winter storm", persist_result=False)
async def winter_storm_snow_squall(
    circumstances: Circumstances,
    warm_place: Shelter | None = None,
    road_closed: str | None = None,
) -> None:
    """Snow, ice or a squall: nobody should drive.

    Args:
        circumstances: where, and what every warning needs.
        warm_place: a warm place for people who are on the way or without heat.
        road_closed: a road that is closed.
    """
    facts = told(shelter=warm_place, road_closed=road_closed)
    await ask_for_approval("winter_storm_snow_squall", "warning", circumstances, facts)


@flow(name="warn: extreme cold", persist_result=False)
async def extreme_cold(circumstances: Circumstances, warm_place: Shelter | None = None) -> None:
    """Cold that can kill, above all people who live alone.

    Args:
        circumstances: where, and what every warning needs.
        warm_place: a warm place that is open to everyone.
    """
    facts = told(shelter=warm_place)
    await ask_for_approval("extreme_cold", "warning", circumstances, facts)


@flow(name="warn: dust storm", persist_result=False)
async def dust_storm(circumstances: Circumstances) -> None:
    """Dust hides the roads.

    Args:
        circumstances: where, and what every warning needs.
    """
    await ask_for_approval("dust_storm", "warning", circumstances, {})


@flow(name="warn: earthquake", persist_result=False)
async def earthquake(
    circumstances: Circumstances,
    impact_known: bool = True,
    shelter: Shelter | None = None,
    road_closed: str | None = None,
) -> None:
    """The ground has shaken, and can shake again.

    Args:
        circumstances: where, and what every warning needs.
        impact_known: switch off while nobody knows how bad it is; then give the next update.
        shelter: a place to go to for people whose home is damaged.
        road_closed: a road that cannot be used.
    """
    facts = told(shelter=shelter, road_closed=road_closed)
    await ask_for_approval("earthquake", "warning", circumstances, facts, impact_known=impact_known)


@flow(name="warn: tsunami", persist_result=False)
async def tsunami(circumstances: Circumstances, impact_known: bool = True, shelter: Shelter | None = None) -> None:
    """Big waves can come from the sea.

    Args:
        circumstances: where, and what every warning needs.
        impact_known: switch off while nobody knows how bad it is; then give the next update.
        shelter: a high place to go to.
    """
    facts = told(shelter=shelter)
    await ask_for_approval("tsunami", "warning", circumstances, facts, impact_known=impact_known)


@flow(name="warn: landslide or avalanche", persist_result=False)
async def landslide_avalanche(
    circumstances: Circumstances,
    form: Slide | None = None,
    impact_known: bool = True,
    shelter: Shelter | None = None,
    road_closed: str | None = None,
) -> None:
    """Mud, rocks or snow can come down a slope.

    Args:
        circumstances: where, and what every warning needs.
        form: which of the two it is.
        impact_known: switch off while nobody knows how bad it is; then give the next update.
        shelter: a place to go to.
        road_closed: a road that is blocked or in the path.
    """
    facts = told(form=form, shelter=shelter, road_closed=road_closed)
    await ask_for_approval("landslide_avalanche", "warning", circumstances, facts, impact_known=impact_known)


@flow(name="warn: volcanic ash", persist_result=False)
async def volcano_ash(circumstances: Circumstances, road_closed: str | None = None) -> None:
    """Ash from a volcano falls.

    Args:
        circumstances: where, and what every warning needs.
        road_closed: a road that cannot be used.
    """
    facts = told(road_closed=road_closed)
    await ask_for_approval("volcano_ash", "warning", circumstances, facts)


@flow(name="prepare: who checks on whom", persist_result=False)
async def social_isolation_checkin(circumstances: Circumstances) -> None:
    """Before anything happens: neighbors agree who checks on whom.

    Args:
        circumstances: where, and what every message needs.
    """
    await ask_for_approval("social_isolation_checkin", "preparedness", circumstances, {})
