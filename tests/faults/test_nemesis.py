"""Random kills, each trial by its seed. The bounded set runs always, all of it in `make faults`."""

from typing import Any

import pytest

from faults.check import told
from faults.nemesis import row_of, trial

pytestmark = pytest.mark.slow

SEEDS, ALWAYS = range(200), range(2)


def _kind(seed: int) -> str:
    return "postgres" if seed % 2 else "sqlite"


def _cases() -> list[Any]:
    cases = []
    for seed in SEEDS:
        marks = [pytest.mark.faults] if seed not in ALWAYS else []
        marks += [pytest.mark.postgres] if _kind(seed) == "postgres" else []
        cases.append(pytest.param(seed, marks=marks))
    return cases


@pytest.mark.fault("F13")
@pytest.mark.every_case
@pytest.mark.parametrize("seed", _cases())
def test_whatever_is_killed_nothing_is_lost_or_doubled_unseen(deploy: Any, seen: Any, seed: int) -> None:
    """Every delivery ends or is parked; at most W in doubt a kill; each duplicate was in doubt; I1 to I7 hold."""
    kind = _kind(seed)
    found = trial(seed, deploy(row_of(seed), kind), kind)
    seen(
        seed=seed,
        database=kind,
        kills=found.kills,
        in_flight=dict(found.in_flight),
        figures=found.verdict.figures,
        problems=found.verdict.problems,
        deeds=found.deeds,
    )
    assert not found.verdict.problems, told([*found.verdict.problems, *found.deeds])
