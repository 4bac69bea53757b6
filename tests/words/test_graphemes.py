"""Characters as a reader counts them."""

import pytest

from onevoice.graphemes import graphemes


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("Go now.", 7),
        ("👨‍👩‍👧‍👦", 1),
        ("👍🏽👍🏽", 2),
        ("⚠️", 1),
        ("1️⃣2️⃣", 2),
        ("🇭🇹", 1),
        ("🇭🇹🇺🇸", 2),
        ("🏴󠁧󠁢󠁷󠁬󠁳󠁿", 1),
        ("اِنْتَقِلْ", 5),
        ("Tie\u0302\u0301ng Vie\u0323\u0302t", 10),
        ("Tiếng Việt", 10),
        ("请立即转移。", 6),
        ("क्षि", 1),
        ("a\r\nb", 3),
        ("a\nb", 3),
        ("\u2067https://a.example\u2069", 19),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_character_is_what_a_reader_takes_for_one(text: str, length: int) -> None:
    """Emoji sequences, flags, keycaps, letters with marks and line ends are one each, whatever they are made of."""
    assert graphemes(text) == length
