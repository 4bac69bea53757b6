"""Charts as SVG that needs neither a script nor a network. The same colour for the same word everywhere."""

from __future__ import annotations

import re
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
    "left": "#5b8fb9",
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


def bars(rows: Mapping[str, Mapping[str, int]], words: Sequence[str], title: str) -> str:
    """Stacked bars, one for each group."""
    import pygal  # noqa: PLC0415 - only pages with charts need it

    chart = pygal.HorizontalStackedBar(**_common(words), height=80 + 44 * max(len(rows), 1))
    chart.title = title
    names = list(rows)
    chart.x_labels = list(reversed(names))
    for word in words:
        chart.add(word, [rows[name].get(word, 0) for name in reversed(names)])
    return _plain(chart)


def lines(series: Mapping[str, Sequence[int]], step_ms: int, title: str) -> str:
    """Counts over time, all on one axis that starts at zero seconds."""
    import pygal  # noqa: PLC0415 - as above

    length = max((len(s) for s in series.values()), default=0)
    chart = pygal.Line(**_common(list(series)), height=300, show_dots=False, fill=True)
    chart.title = title
    chart.x_labels = [f"{i * step_ms / 1000:.0f} s" for i in range(length)]
    chart.x_labels_major_count = 6
    chart.show_minor_x_labels = False
    for name, counts in series.items():
        chart.add(name, [*counts, *[0] * (length - len(counts))])
    return _plain(chart)


def _common(words: Sequence[str]) -> dict[str, Any]:
    from pygal.style import Style  # noqa: PLC0415 - as above

    style = Style(
        background="transparent",
        plot_background="transparent",
        foreground="#222222",
        foreground_strong="#000000",
        foreground_subtle="#444444",
        colors=tuple(COLOURS.get(word, "#777777") for word in words),
        font_family="system-ui, sans-serif",
        label_font_size=14,
        legend_font_size=14,
        title_font_size=16,
        opacity=".9",
        value_font_size=12,
    )
    return {
        "style": style,
        "js": [],
        "width": 760,
        "legend_at_bottom": True,
        "disable_xml_declaration": True,
        "explicit_size": False,
        "show_y_guides": False,
        "min_scale": 2,
        "formatter": lambda count: f"{count:,.0f}",
    }


def _plain(chart: Any) -> str:
    return _SCRIPT.sub("", chart.render(is_unicode=True))
