from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onevoice import sms
from onevoice.people import Tier

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "GSM-7", 0, 0),
        ("a", "GSM-7", 1, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("€" * 81, "GSM-7", 162, 2),
        ("a" * 152 + "€" + "a" * 10, "GSM-7", 164, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # the pair starts the second segment: 152 + 153 + 1
        ("é" * 160, "GSM-7", 160, 1),
        ("\r\n" * 80, "GSM-7", 160, 1),
        ("á" * 70, "UCS-2", 70, 1),
        ("á" * 71, "UCS-2", 71, 2),
        ("á" * 134, "UCS-2", 134, 2),
        ("á" * 135, "UCS-2", 135, 3),
        ("🌊" * 35, "UCS-2", 70, 1),
        ("🌊" * 36, "UCS-2", 72, 2),
        ("á" * 66 + "🌊" + "á" * 66, "UCS-2", 134, 3),  # the surrogate pair starts the second segment: 66 + 67 + 1
        ("فيضان", "UCS-2", 5, 1),
    ],
)
def test_a_text_is_counted_as_networks_count_it(text: str, encoding: str, units: int, segments: int) -> None:
    """160 or 153 septets, 70 or 67 code units; a pair never straddles two segments."""
    counted = sms.count(text)
    assert (counted.encoding, counted.units, counted.segments) == (encoding, units, segments)


@pytest.mark.parametrize(
    ("text", "forced"),
    [
        ("Ça", ()),
        ("ça", ("ç",)),
        ("it’s “here”", ("’", "“", "”")),
        ("año, aquí, allí", ("í",)),
        ("6:30\u202fPM", ("\u202f",)),
        ("a–b", ("–",)),
        ("{x} [y] ~ ^ | \\ €", ()),
    ],
)
def test_the_characters_that_force_the_long_alphabet_are_named(text: str, forced: tuple[str, ...]) -> None:
    """Lower-case ç and curly quotes force UCS-2; capital Ç and the extension table do not."""
    assert sms.count(text).forced_by == forced


def test_a_part_of_a_text_is_counted_in_the_alphabet_of_the_whole() -> None:
    """Plain letters take UCS-2 units where another part of the message forces it."""
    assert sms.count("a" * 100, "UCS-2").segments == 2
    assert sms.count("a" * 100).segments == 1


def test_a_characters_segment_is_known() -> None:
    """The 153rd septet of a long text is the last of the first segment."""
    text = "a" * 200
    assert [sms.segment_of(text, index) for index in (0, 152, 153, 199)] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    ("kind", "tier", "encoding", "more", "segments"),
    [
        ("warning", Tier.T1, "GSM-7", False, 2),
        ("warning", Tier.T2, "UCS-2", False, 3),
        ("warning", Tier.T2, "UCS-2", True, 4),
        ("warning", Tier.T2, "GSM-7", True, 2),
        ("warning", Tier.T4, "GSM-7", False, 4),
        ("update", Tier.T2, "UCS-2", False, 6),
    ],
)
def test_a_plain_warning_has_the_small_budget(
    kind: str, tier: Tier, encoding: sms.Encoding, more: bool, segments: int
) -> None:
    """T1 and T2 warnings take 2 or 3 segments, 4 in UCS-2 with a note or an access line; everything else 4 or 6."""
    assert sms.budget(kind, tier, encoding, more=more) == segments


@given(st.text(alphabet=BASIC + EXTENSION, max_size=700))
def test_gsm_texts_fill_their_segments_and_lose_nothing(text: str) -> None:
    """Each segment holds at most its septets, none could take the next character, and all characters are in one."""
    counted = sms.count(text)
    assert counted.encoding == "GSM-7"
    _assert_full(text, counted, 160, 153, lambda c: 2 if c in EXTENSION else 1)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300).map(lambda text: "文" + text))
def test_other_texts_fill_their_segments_and_lose_nothing(text: str) -> None:
    """As above, in UTF-16 code units."""
    counted = sms.count(text)
    assert counted.encoding == "UCS-2"
    assert counted.units == len(text.encode("utf-16-le")) // 2
    _assert_full(text, counted, 70, 67, lambda c: len(c.encode("utf-16-le")) // 2)


def _assert_full(text: str, counted: sms.SmsCount, alone: int, joined: int, cost: Callable[[str], int]) -> None:
    costs = [cost(c) for c in text]
    assert counted.units == sum(costs)
    if counted.units <= alone:
        assert counted.segments == min(1, len(text))
        return
    numbers = [sms.segment_of(text, index) for index in range(len(text))]
    assert numbers == sorted(numbers)
    assert numbers[-1] == counted.segments
    filled = {n: sum(c for c, at in zip(costs, numbers, strict=True) if at == n) for n in numbers}
    assert max(filled.values()) <= joined
    starts = [index for index in range(1, len(text)) if numbers[index] != numbers[index - 1]]
    assert all(filled[numbers[index - 1]] + costs[index] > joined for index in starts)
