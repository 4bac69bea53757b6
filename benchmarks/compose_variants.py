"""How long composing and checking 500 texts of one alert takes, in a process that has done it before.

    .venv/bin/python -m benchmarks.compose_variants [TIMES]

The demo's alert in every language, for three tiers, four needs, by text message and mail, alone and co-signed.
Goal: at most 2 s and 300 MiB. Writes benchmarks/results/compose_variants.json and prints a table.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from itertools import islice, product
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.measured import publish
from benchmarks.stage import EXAMPLE, SECRET, furnish, quiet, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onevoice.alert import Alert
    from onevoice.desk.texts import Key
    from onevoice.desk.wiring import Desk

TEXTS = 500


def main(times: int) -> None:
    """Measure in a process of its own, `times` turns after the first."""
    with tempfile.TemporaryDirectory(prefix="onevoice-bench-") as folder:
        environment = quiet() | {"ONEVOICE_HOME": folder, "ONEVOICE_SECRET": SECRET}
        furnish(environment)
        inside = run([sys.executable, "-m", "benchmarks.compose_variants", "in-one-process", str(times)], environment)
    took = json.loads(inside.out)
    publish(
        "compose_variants",
        {
            "texts": took["texts"],
            "times": times,
            "warm_s": round(median(took["clock"][1:]), 2),
            "warm_cpu_s": round(median(took["processor"][1:]), 2),
            "first_s": round(took["clock"][0], 2),
            "first_cpu_s": round(took["processor"][0], 2),
            "peak_mib": inside.peak_mib,
            "goal": {"warm_s": 2, "peak_mib": 300},
        },
    )


def in_one_process(times: int) -> None:
    """Compose and check once, then `times` more; print what each took."""
    from onevoice.desk import draft  # noqa: PLC0415 - loads in the process that measures, only
    from onevoice.desk.wiring import open_desk  # noqa: PLC0415 - as above

    desk = open_desk()
    alert = draft.from_file(desk, EXAMPLE)
    keys = list(islice(_keys(desk), TEXTS))
    clock, processor, texts = [], [], 0
    for _ in range(times + 1):
        began, used = time.perf_counter(), time.process_time()
        texts = _compose(desk, alert, keys)
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    print(json.dumps({"clock": clock, "processor": processor, "texts": texts}))


def _keys(desk: Desk) -> Iterator[Key]:
    """Which texts: the needs change fastest, so that the first 500 hold every language, tier and means."""
    from onevoice.desk.texts import Key  # noqa: PLC0415 - as above
    from onevoice.people import Means, Need, Profile, Tier  # noqa: PLC0415 - as above

    speakers = (None, *(name for name, one in desk.messengers.items() if one.kind != "authority"))[:3]
    needs = ((), *((need,) for need in Need))
    tiers = (Tier.T1, Tier.T2, Tier.T4)
    for speaker, means, tier, language, need in product(
        speakers, (Means.SMS, Means.EMAIL), tiers, desk.content.languages, needs
    ):
        yield Key(Profile(languages=(language,), tier=tier, needs=need).key, means, speaker, "all", 0)


def _compose(desk: Desk, alert: Alert, keys: list[Key]) -> int:
    """How many texts there are in the end; each is composed and checked once, as for a submit."""
    from onevoice.desk.texts import Texts  # noqa: PLC0415 - as above

    texts = Texts(desk, alert, frozenset())
    for key in keys:
        texts.choose(key)
    return len(texts.made)


if __name__ == "__main__":
    given = sys.argv[1:]
    if given[:1] == ["in-one-process"]:
        in_one_process(int(given[1]))
    else:
        main(int(given[0]) if given else 5)
