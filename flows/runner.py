"""Where the tasks of a flow run: in this process, or on the workers of a Dask cluster."""

from typing import Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from onevoice import settings as settings_
from onevoice.errors import WrongSetting


def runner() -> TaskRunner[Any]:
    """As the settings say. Without an address Dask starts a cluster on this machine, for as long as the flow runs.

    Raises:
        WrongSetting: Dask is asked for and not installed.
    """
    chosen = settings_.load()
    if chosen.task_runner == "threads":
        return ThreadPoolTaskRunner()
    try:
        from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415 - only who asks for Dask has it
    except ImportError:
        what = "Dask is not installed."
        raise WrongSetting(
            what, where="ONEVOICE_TASK_RUNNER", remedy="Run `make setup-dev`: its lock has Dask."
        ) from None
    return DaskTaskRunner(address=chosen.dask_address or None)
