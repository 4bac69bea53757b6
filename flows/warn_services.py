"""Forms for chemicals, services, safety and community, as `flows.warn` has them for weather, water, fire and health."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from prefect import flow

from flows.forms import Circumstances, Shelter, ask_for_approval, told


class Product(StrEnum):
    """What is recalled: whoever needs a medicine must not stop at once."""

    food = "food or a thing"
    medicine = "medicine"


@flow(name="warn: chemical release", persist_result=False)
async def hazmat_release(circumstances: Circumstances, impact_known: bool = True) -> None:
    """Dangerous chemicals are in the air: in, shut, turn off the air.

    Args:
        circumstances: where, and what every warning needs.
        impact_known: switch off while nobody knows how harmful it is; then give the next update.
    """
    await ask_for_approval("hazmat_release", "warning", circumstances, {}, impact_known=impact_known)


@flow(name="warn: radiation", persist_result=False)
async def radiological_nuclear(circumstances: Circumstances, impact_known: bool = True) -> None:
    """Radioactive material is outside: get inside, stay inside, stay tuned.

    Args:
        circumstances: where, and what every warning needs.
        impact_known: switch off while nobody knows how strong it is; then give the next update.
    """
    await ask_for_approval("radiological_nuclear", "warning", circumstances, {}, impact_known=impact_known)


@flow(name="warn: emergency number outage", persist_result=False)
async def emergency_number_outage(circumstances: Circumstances, other_number: str) -> None:
    """The number to call in danger does not work.

    Args:
        circumstances: where, and what every warning needs.
        other_number: the public number that works instead, with its country.
    """
    await ask_for_approval("emergency_number_outage", "warning", circumstances, told(other_number=other_number))


@flow(name="warn: product recall", persist_result=False)
async def food_or_medicine_recall(circumstances: Circumstances, product: str, what: Product = Product.food) -> None:
    """Food or a medicine that people have at home can harm them.

    Args:
        circumstances: where, and what every warning needs.
        product: its name, as it stands on the pack.
        what: people who need a medicine are told to ask before they stop.
    """
    medicine = {"actions": ["ask_before_you_stop_medicine", "get_replacement_medicine", "contact_doctor_if_sick"]}
    more: dict[str, Any] = medicine if what is Product.medicine else {}
    await ask_for_approval("food_or_medicine_recall", "warning", circumstances, told(product=product), **more)


@flow(name="warn: attack", persist_result=False)
async def active_violence(circumstances: Circumstances, impact_known: bool = True) -> None:
    """Somebody attacks people: run, hide, tell.

    Args:
        circumstances: where, and what every warning needs.
        impact_known: switch off while nobody knows if people are hurt; then give the next update.
    """
    await ask_for_approval("active_violence", "warning", circumstances, {}, impact_known=impact_known)


@flow(name="warn: curfew", persist_result=False)
async def civil_unrest_curfew(circumstances: Circumstances, act_by: datetime, ends: datetime) -> None:
    """Nobody may be outside for some hours.

    Args:
        circumstances: where, and what every warning needs.
        act_by: the moment when the curfew starts.
        ends: the moment when it ends.
    """
    await ask_for_approval(
        "civil_unrest_curfew", "warning", circumstances, told(act_by=act_by), expires=ends.isoformat()
    )


@flow(name="warn: missing person", persist_result=False)
async def missing_or_vulnerable_person(circumstances: Circumstances, published_at: str) -> None:
    """A child, or an adult who may be in danger, is missing.

    Nothing about the person is asked here, because what a form is given is kept in clear: the message links to the
    authority's own page. Use an alert file where the description must stand in the message itself.

    Args:
        circumstances: where, and what every warning needs.
        published_at: the page on which the authority has published the description, beginning with https.
    """
    await ask_for_approval("missing_or_vulnerable_person", "warning", circumstances, {}, more_info=published_at)


@flow(name="help: shelter is open", persist_result=False)
async def mass_displacement_shelter(circumstances: Circumstances, shelter: Shelter) -> None:
    """Many people had to leave and need a place to stay.

    Args:
        circumstances: where, and what every message needs.
        shelter: the place; say what has been checked, and nothing else.
    """
    await ask_for_approval("mass_displacement_shelter", "warning", circumstances, told(shelter=shelter))


@flow(name="help: mental health", persist_result=False)
async def community_mental_health(circumstances: Circumstances) -> None:
    """After hard times: common feelings, one small step, and a number.

    Args:
        circumstances: where, and what every message needs.
    """
    await ask_for_approval("community_mental_health", "support", circumstances, {})


@flow(name="answer: a rumor", persist_result=False)
async def rumor_control(circumstances: Circumstances, truth: str, rumor: str) -> None:
    """A false story goes round: the fact first, the rumor once, the fact again.

    Args:
        circumstances: where, and what every message needs.
        truth: the fact, in one short English sentence; who reads another language is sent to the page.
        rumor: the rumor, in one short English sentence that names nobody.
    """
    await ask_for_approval("rumor_control", "rumor-control", circumstances, told(truth=truth, rumor=rumor))


@flow(name="test: the warning system", persist_result=False)
async def system_test_exercise(circumstances: Circumstances) -> None:
    """A test that says so first and last. Choose the status Test; Actual is blocked.

    Args:
        circumstances: where, and what every message needs.
    """
    await ask_for_approval("system_test_exercise", "warning", circumstances, {})
