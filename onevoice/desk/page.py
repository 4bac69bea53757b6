"""The pages that the desk writes to files, and what they share with the pages of the console: one sheet, one family."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from onevoice.desk.charts import COLOURS, MEANINGS
from onevoice.stretches import as_read
from onevoice.variant import mark_of

if TYPE_CHECKING:
    from jinja2 import Environment, Template

PAGES = Path(__file__).parent / "pages"
SHEET = (PAGES / "sheet.css").read_text(encoding="utf-8")
"""The style of every page, of the console too."""


def environment(*folders: Path) -> Environment:
    """Templates of these folders and the shared ones: escaped by default, and strict about what they are given."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - only pages need it

    found = Environment(
        loader=FileSystemLoader([*folders, PAGES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {
        "mark_of": mark_of,
        "as_read": as_read,
        "colours": COLOURS,
        "meanings": MEANINGS,
        "sheet": Markup(SHEET),  # noqa: S704 - our own file
    }
    return found


@cache
def _own() -> Environment:
    return environment()


def page(name: str) -> Template:
    """A page of the desk."""
    return _own().get_template(name)
