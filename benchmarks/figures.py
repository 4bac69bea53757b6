"""The page of figures: what was measured last, beside its goal, from benchmarks/results. `make docs` writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from benchmarks.measured import ROOT

RESULTS = ROOT / "benchmarks" / "results"


class Figure(NamedTuple):
    """One row: `at` is the way to the number in the file, `most` or `least` its goal."""

    what: str
    file: str
    at: tuple[str, ...]
    unit: str = "s"
    most: float | None = None
    least: float | None = None


FIGURES = (
    Figure("import 100,000 contacts, `onevoice audience import`", "import_command", ("import_s", "clock"), most=30),
    Figure("its memory", "import_command", ("peak_mib",), "MiB", most=300),
    Figure("preview of the demo's alert, warm", "preview_alert", ("warm_s",), most=2),
    Figure("the same from the shell", "preview_alert", ("shell_s",)),
    Figure("its memory", "preview_alert", ("peak_mib",), "MiB", most=300),
    Figure("compose and check 500 texts, warm", "compose_variants", ("warm_s",), most=2),
    Figure("the same, first in a process", "compose_variants", ("first_s",)),
    Figure("`onevoice templates check`, the whole library", "check_library", ("whole_s",), most=480),
    Figure("the same after one edited sentence", "check_library", ("after_an_edit_s",)),
    Figure("submit to 100,000: people and plan alone", "submit_alert", ("submit_s", "clock"), most=5),
    Figure("the same on PostgreSQL", "submit_alert_postgresql", ("submit_s", "clock"), most=5),
    Figure("submit to 100,000: all of it, warm", "submit_command", ("submit_s", "clock"), most=5),
    Figure("the same, `onevoice alert submit`", "submit_command", ("submit_shell_s", "clock")),
    Figure("the same of a draft that was previewed, warm", "submit_command", ("after_preview_s", "clock"), most=5),
    Figure("the same, `onevoice alert submit`", "submit_command", ("after_preview_shell_s", "clock")),
    Figure("memory of a process that submits seven times", "submit_command", ("peak_mib",), "MiB", most=300),
    Figure("plan against an ORM's, row by row", "plan_orm_sqlite", ("row_by_row_to_plan", "clock"), "×", least=30),
    Figure("the same, each person committed", "plan_orm_sqlite", ("each_committed_to_plan", "clock"), "×", least=30),
    Figure("the same, as few statements as it makes", "plan_orm_sqlite", ("loaded_ahead_to_plan", "clock"), "×"),
    Figure("its write alone, against finished rows", "plan_orm_sqlite", ("finished_rows_to_write", "clock"), "×"),
    Figure("on PostgreSQL, row by row", "plan_orm_postgresql", ("row_by_row_to_plan", "clock"), "×", least=15),
    Figure(
        "the same, each person committed", "plan_orm_postgresql", ("each_committed_to_plan", "clock"), "×", least=15
    ),
    Figure("the same, as few statements as it makes", "plan_orm_postgresql", ("loaded_ahead_to_plan", "clock"), "×"),
    Figure("its write alone, against finished rows", "plan_orm_postgresql", ("finished_rows_to_write", "clock"), "×"),
    Figure("`onevoice --help` beside `import prefect`", "help_starts", ("ratio",), "×", most=0.2),
    Figure("release to first message, one warm process", "first_message", ("median_s", "in_one_process"), most=0.1),
    Figure("the same, a running `send-due` takes it", "first_message", ("median_s", "to_a_sender"), most=0.1),
    Figure("the same, with Prefect recording", "first_message", ("median_s", "flow_with_prefect"), most=1),
    Figure("the same, `onevoice alert release`", "first_message", ("median_s", "from_the_shell_to_a_sender")),
    Figure("callbacks kept a second, over HTTP", "callbacks", ("kept_a_second", "over HTTP"), "", least=300),
    Figure("99th percentile of an answer to one", "callbacks", ("answer_p99_ms", "over HTTP"), "ms", most=250),
    Figure("Prefect's server for a recipient, beside a task each", "prefect_server", ("ratio",), "×", most=0.001),
    Figure("the same, without what it uses at rest", "prefect_server", ("ratio_without_rest",), "×", most=0.001),
    Figure("messages a second, SQLite", "send_messages", ("a_second", "onevoice"), ""),
    Figure("processor of one message", "send_messages", ("cpu_us_a_message", "onevoice"), "µs"),
    Figure("memory of the sender", "send_messages", ("peak_mib",), "MiB", most=150),
    Figure("against a Celery task each, clock", "send_messages", ("against_celery",), "×", least=50),
    Figure("the same, a sender for each core", "send_messages", ("against_celery_a_sender_a_core",), "×", least=50),
    Figure("the same, processor", "send_messages", ("against_celery_by_processor",), "×"),
    Figure("of what `wrk` shows on that sink", "send_messages", ("of_the_ceiling",), "", least=0.15),
    Figure("the same, a sender for each core", "send_messages", ("of_the_ceiling_a_sender_a_core",), "", least=0.15),
    Figure("messages a second, PostgreSQL", "send_messages_postgresql", ("a_second", "onevoice"), ""),
    Figure("against a Celery task each, clock", "send_messages_postgresql", ("against_celery",), "×", least=20),
    Figure(
        "the same, a sender for each core",
        "send_messages_postgresql",
        ("against_celery_a_sender_a_core",),
        "×",
        least=20,
    ),
    Figure("the same, processor", "send_messages_postgresql", ("against_celery_by_processor",), "×"),
    Figure("one message among the most, processor", "send_many", ("cost_of_one",), "×", most=1.1),
    Figure("memory for the most, beside that for the fewest", "send_many", ("memory",), "×", most=1.3),
    Figure("window of 16 at 50 ms, how full", "keep_window", ("share_of_window_by_latency", "16"), "", least=0.95),
    Figure("window of 64", "keep_window", ("share_of_window_by_latency", "64"), "", least=0.95),
    Figure("window of 256", "keep_window", ("share_of_window_by_latency", "256"), "", least=0.95),
    Figure("mail against `smtplib`, clock", "send_mail", ("against_smtplib",), "×", least=10),
    Figure("the same, processor", "send_mail", ("against_smtplib_by_processor",), "×"),
)


def page() -> str:
    """docs/figures.md."""
    return "\n".join(
        [
            "# Figures",
            "",
            "The last run of each, from `benchmarks/results`; bold where a goal is missed. Why, and how they are",
            "taken: [performance](performance.md). `load`: the machine's, in the minute before it ended.",
            "",
            "| what | goal | measured | load | file |",
            "|---|---:|---:|---:|---|",
            *_rows(),
            "",
        ]
    )


def _rows() -> Iterator[str]:
    for figure in FIGURES:
        path = RESULTS / f"{figure.file}.json"
        result = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        value = _value(result, figure.at)
        load = result["machine"]["load"][0] if value is not None else ""
        yield f"| {figure.what} | {_goal(figure)} | {_measured(figure, value)} | {load} | `{figure.file}` |"


def _value(result: Mapping[str, Any], at: tuple[str, ...]) -> float | None:
    found: Any = result
    for step in at:
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, int | float) else None


def _goal(figure: Figure) -> str:
    if figure.most is not None:
        return f"≤ {figure.most:g} {figure.unit}".strip()
    return f"≥ {figure.least:g} {figure.unit}".strip() if figure.least is not None else ""


def _measured(figure: Figure, value: float | None) -> str:
    """The number; bold where it misses its goal."""
    if value is None:
        return "not run"
    said = f"{value:,g} {figure.unit}".strip()
    good = (figure.most is None or value <= figure.most) and (figure.least is None or value >= figure.least)
    return said if good else f"**{said}**"
