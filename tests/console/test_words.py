from __future__ import annotations

import pytest

from console.words import best


@pytest.mark.parametrize(
    ("asked", "accepted", "shown"),
    [
        ("zh-Hant", "en", "zh-Hant"),
        ("ZH-HANT", "en", "zh-Hant"),
        ("zh-TW", "en", "zh-Hant"),
        ("zh-hk", "en", "zh-Hant"),
        ("zh-CN", "en", "zh-Hans"),
        ("zh", "en", "zh-Hans"),
        (None, "zh-Hant-HK, en;q=0.8", "zh-Hant"),
        ("zh-Latn", "fr", "zh-Hans"),
        ("xx", "fr-CA, en", "fr"),
        (None, "en;q=0.2, fr;q=0.9", "fr"),
        (None, "fr;q=0, en", "en"),
        (None, "xx", "en"),
        (None, "fil-PH, en;q=0.8", "tl"),
        ("tl-PH", "en", "tl"),
        (None, "xx-YY, fr;q=0.1", "fr"),
    ],
)
def test_the_nearest_language_is_shown(asked: str | None, accepted: str, shown: str) -> None:
    """What was asked for, exactly or nearly; else the reader's order, without what they refuse; else English."""
    assert best(asked, accepted, ("en", "fr", "zh-Hans", "zh-Hant", "tl")) == shown


def test_where_there_is_no_english_the_first_is_shown() -> None:
    """A page with other languages alone shows one of them."""
    assert best(None, "xx", ("fr", "es")) == "fr"
