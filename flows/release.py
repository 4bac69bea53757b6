"""The release flow: what a person has approved becomes due and is sent; what comes back at once is counted."""

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from flows import steps
from flows.runner import runner
from flows.story import story
from onevoice.desk.wiring import open_desk
from onevoice.undisturbed import undisturbed


@flow(name="release", persist_result=False, validate_parameters=True, task_runner=runner())
async def release(alert_id: str) -> None:
    """Release an approved alert and follow it.

    Args:
        alert_id: as `onevoice alert list` and the approval page show it.
    """
    with undisturbed():
        await steps.make_due(alert_id)
        await steps.send_in_shards(alert_id)
        await steps.deliver(alert_id)
    await acreate_markdown_artifact(
        key=steps.key(alert_id), markdown=story(open_desk(), alert_id), description="Reach and links"
    )
