"""The library of words, on a quiet day: everything composed and checked, and the catalogues kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onevoice import catalogues, checks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from onevoice.desk.wiring import Desk
    from onevoice.variant import Finding


def _plain(findings: Iterable[Finding]) -> list[dict[str, str]]:
    return [
        {"rule": f.rule, "severity": f.severity, "where": f.part or "", "message": f.message, "remedy": f.remedy}
        for f in findings
    ]


def check_templates(desk: Desk) -> list[dict[str, str]]:
    """Findings over every hazard × kind × means × tier × language."""
    return _plain(checks.check_library(desk.content, desk.authority(), home=desk.settings.home))


def check_locales(desk: Desk) -> list[dict[str, str]]:
    """Findings in the catalogues: missing, stale, damaged."""
    return _plain(catalogues.check(desk.settings.content_root))


def update_locales(desk: Desk, language: str) -> list[str]:
    """Bring one or all catalogues up to date; a sentence for each."""
    return list(catalogues.update(desk.settings.content_root, language))
