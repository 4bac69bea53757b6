"""How long a whole submit takes: every text composed and checked, the snapshot, the plan, and the content hash.

    .venv/bin/python -m benchmarks.submit_command [CONTACTS] [TIMES]

The demo's alert, but for every zone: so the whole town is meant. From the shell, and again and again in one process,
where what is kept between two submits (catalogues, templates) is warm. `submit_s` makes its texts itself;
`after_preview` is a submit of a draft that was previewed, and takes the texts from there.
Goal: 100,000 contacts in at most 5 s and 300 MiB. Writes benchmarks/results/submit_command.json and prints a table.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import median

import yaml

from audiences.gazetteer import Gazetteer
from benchmarks.measured import ROOT, publish
from benchmarks.stage import EXAMPLE, OFFICER, Ran, onevoice, run, town


def main(count: int, times: int) -> None:
    """Measure with a town of `count` contacts, all of it in the area."""
    with town(count) as environment:
        file = _everywhere(Path(environment["ONEVOICE_HOME"]))
        words = [sys.executable, "-m", "benchmarks.submit_command", "in-one-process", str(times), str(file)]
        inside = run(words, environment)
        shell = [_submit(file, environment) for _ in range(times)]
        previewed = [_submit(file, environment, preview=True) for _ in range(times)]
    took = json.loads(inside.out)
    publish(
        "submit_command",
        {
            "contacts": count,
            "times": times,
            "meant": took["contacts"],
            "deliveries": took["deliveries"],
            "texts": took["texts"],
            "compose_and_check_s": _both(took["prepare"]),
            "freeze_s": _both(took["freeze"]),
            "submit_s": _both(took["submit"]),
            "submit_shell_s": _both((one.seconds, one.cpu) for one in shell),
            "after_preview_s": _both(took["after_preview"]),
            "after_preview_shell_s": _both((one.seconds, one.cpu) for one in previewed),
            "peak_mib": max(inside.peak_mib, *(one.peak_mib for one in (*shell, *previewed))),
            "goal": {"submit_s": 5, "peak_mib": 300},
        },
    )


def _both(took: Iterable[tuple[float, float]]) -> dict[str, float]:
    clock, processor = zip(*took, strict=True)
    return {"clock": round(median(clock), 2), "processor": round(median(processor), 2)}


def _everywhere(home: Path) -> Path:
    """The demo's alert for all zones."""
    alert = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    alert["area"] = {"zones": list(Gazetteer.load(ROOT).zones)}
    file = home / "alert.yaml"
    file.write_text(yaml.safe_dump(alert), encoding="utf-8")
    return file


def _submit(file: Path, environment: Mapping[str, str], *, preview: bool = False) -> Ran:
    drafted = onevoice("alert", "draft", file, "--as", OFFICER, environment=environment).out.strip()
    if preview:
        onevoice("alert", "preview", drafted, environment=environment)
    return onevoice("alert", "submit", drafted, "--as", OFFICER, environment=environment)


def in_one_process(times: int, file: Path) -> None:
    """Submit once, then `times` more; print what each but the first took, and what is in it."""
    from onevoice.desk import draft, prepare, rehearse, submit  # noqa: PLC0415 - loads only in the process that measures
    from onevoice.desk.preview import preview, target_alert  # noqa: PLC0415 - as above
    from onevoice.desk.wiring import open_desk  # noqa: PLC0415 - as above
    from onevoice.ledger import alerts  # noqa: PLC0415 - as above

    desk = open_desk()

    def once() -> tuple[str, int, list[tuple[float, float]]]:
        alert = draft.draft(desk, file, rehearse.AUTHOR).id
        began = _now()
        texts = len(prepare.prepare(desk, target_alert(desk, alert), frozenset()).variants)
        composed = _now()
        submit.submit(desk, alert, rehearse.AUTHOR)
        return alert, texts, [_between(began, composed), _between(composed, _now())]

    def after_preview() -> tuple[float, float]:
        alert = draft.draft(desk, file, rehearse.AUTHOR).id
        preview(desk, alert)
        began = _now()
        submit.submit(desk, alert, rehearse.AUTHOR)
        return _between(began, _now())

    ran = [once() for _ in range(times + 1)]
    seen = [after_preview() for _ in range(times)]
    alert, texts, _ = ran[-1]
    with desk.ledger.read() as conn:
        frozen = alerts.standing_release(conn, alert)
    if frozen is None:
        raise RuntimeError(f"{alert} was submitted, and nothing is frozen")
    prepared, submitted = zip(*(took for _, _, took in ran[1:]), strict=True)
    rest = [_between(first, second) for first, second in zip(prepared, submitted, strict=True)]
    counts = {"contacts": frozen.contacts, "deliveries": frozen.deliveries, "texts": texts}
    print(json.dumps({"prepare": prepared, "submit": submitted, "freeze": rest, "after_preview": seen} | counts))


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _between(began: tuple[float, float], ended: tuple[float, float]) -> tuple[float, float]:
    return ended[0] - began[0], ended[1] - began[1]


if __name__ == "__main__":
    given = sys.argv[1:]
    if given[:1] == ["in-one-process"]:
        in_one_process(int(given[1]), Path(given[2]))
    else:
        main(*(int(word) for word in (*given, *("100000", "3")[len(given) :])))
