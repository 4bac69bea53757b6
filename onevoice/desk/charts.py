"""Charts as SVG that needs neither a script nor a network. The same colour for the same word everywhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLOURS: Mapping[str, str] = {
    "delivered": "#1b6e3c",
    "accepted": "#5b8fb9",
    "unknown": "#e0a100",
    "waiting": "#b8b8b8",
    "failed": "#a30000",
    "unreachable": "#4a4a4a",
    "left": "#1f5f8b",
}
"""One colour for each word; each also has its own place in the bar and its figure in the table below."""

MEANINGS: Mapping[str, str] = {
    "delivered": "an operator, a handset or a mail server says so",
    "accepted": "a provider took it; nothing more is known",
    "unknown": "a call was made, and nobody knows what became of it",
    "waiting": "not sent yet, or to be tried again",
    "failed": "certainly not delivered",
    "unreachable": "no address, opted out, or no consent",
}
"""What each word of reach means, on every page."""

_SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)
ROWS = 5
"""Into how many parts the time is cut in the table under the curves."""
SMALL = 10
"""Groups of fewer people are not shown alone: they could tell who somebody is."""


def merged_small(rows: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """The same rows, with all groups under ten added up as one, of at least ten where there are so many."""
    by_size = sorted((sum(row.values()), name) for name, row in rows.items() if any(row.values()))
    few = [name for size, name in by_size if size < SMALL]
    if few and sum(size for size, _ in by_size[: len(few)]) < SMALL:
        few = [name for _, name in by_size[: len(few) + 1]]
    shown = {name: dict(row) for name, row in rows.items() if name not in few and any(row.values())}
    small = [rows[name] for name in few]
    if small:
        together = {word: sum(row.get(word, 0) for row in small) for word in small[0]}
        shown["small groups, together"] = together
    return shown


@dataclass(frozen=True)
class Pace:
    """How fast it went: a chart, the same in one sentence, and rows of (seconds after release, left, delivered)."""

    svg: str
    says: str
    rows: tuple[tuple[int, int, int], ...]


def pace(found: Mapping[str, Any], steps: Mapping[str, int]) -> Pace | None:
    """Messages that had left and that were reported delivered, over the seconds since the release.

    Args:
        found: as `ledger.reach.pace` counts them.
        steps: what happened → when, in milliseconds since 1970; `released` is the zero of the axis.

    Returns:
        None where nothing was called.
    """
    if not found["left"]:
        return None
    zero, step = steps["released"], found["step_ms"]
    length = max(len(found["left"]), len(found["delivered"]))
    left, delivered = (_summed(found[word], length) for word in ("left", "delivered"))
    at = [(found["from"] - zero + step * (i + 1)) / 1000 for i in range(length)]
    points = tuple((round(s), up, down) for s, up, down in zip(at, left, delivered, strict=True))
    rows = tuple(points[i] for i in sorted({(length - 1) * part // ROWS for part in range(ROWS + 1)}))
    marks = {name: (when - zero) / 1000 for name, when in steps.items()}
    return Pace(_curves(at, {"left": left, "delivered": delivered}, marks), _paced(points), rows)


def _summed(counts: Sequence[int], length: int) -> list[int]:
    return list(accumulate([*counts, *[0] * (length - len(counts))]))


def _paced(points: Sequence[tuple[int, int, int]]) -> str:
    """The finding in words: how long until half and all had left, and how many were reported delivered by then."""
    whole, delivered = points[-1][1:]
    half = next(seconds for seconds, left, _ in points if left * 2 >= whole)
    last = next(seconds for seconds, left, _ in points if left == whole)
    return (
        f"Half of {whole:,} calls to providers were made within {half} s of the release, all within {last} s; "
        f"{delivered:,} messages were reported delivered."
    )


def _curves(at: Sequence[float], series: Mapping[str, Sequence[int]], marks: Mapping[str, float]) -> str:
    import pygal  # noqa: PLC0415 - only pages with charts need it

    chart = pygal.XY(**_common([*series, *marks]), height=340, show_dots=False, x_title="seconds after release")
    for (name, counts), dashes in zip(series.items(), ("", "2, 5"), strict=True):
        chart.add(name, [(0, 0), *zip(at, counts, strict=True)], stroke_style={"width": 4, "dasharray": dashes})
    top = max(map(max, series.values()))
    for name, seconds in marks.items():
        chart.add(name, [(seconds, 0), (seconds, top)], stroke_style={"width": 2, "dasharray": "8, 4"})
    return _SCRIPT.sub("", chart.render(is_unicode=True))


def _common(words: Sequence[str]) -> dict[str, Any]:
    from pygal.style import Style  # noqa: PLC0415 - as above

    style = Style(
        background="#ffffff",
        plot_background="#ffffff",
        foreground="#222222",
        foreground_strong="#000000",
        foreground_subtle="#444444",
        colors=tuple(COLOURS.get(word, "#444444") for word in words),
        font_family="system-ui, sans-serif",
        label_font_size=15,
        major_label_font_size=15,
        legend_font_size=15,
        title_font_size=15,
    )
    return {
        "style": style,
        "js": [],
        "css": ["file://style.css", "file://graph.css", "inline:.line{stroke-width:inherit!important}"],
        "width": 460,
        "legend_at_bottom": True,
        "legend_at_bottom_columns": 2,
        "disable_xml_declaration": True,
        "explicit_size": False,
        "show_y_guides": False,
        "truncate_legend": -1,
        "formatter": lambda count: f"{count:,.0f}",
    }
