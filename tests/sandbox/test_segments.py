import pytest

from sandbox.segments import num_segments


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),  # 2 x 153
        ("a" * 307, 3),
        ("a" * 159 + "€", 2),  # 161 septets: the euro sign takes two
        ("a" * 158 + "€", 1),
        ("a" * 152 + "€" + "a" * 152, 3),  # 306 septets would fit in two, but the euro sign may not be cut
        ("Ç" * 160, 1),  # capital Ç is GSM-7
        ("ç" * 70, 1),  # small ç is not
        ("ç" * 71, 2),
        ("ç" * 134, 2),  # 2 x 67
        ("ç" * 135, 3),
        ("’" + "a" * 69, 1),  # one curly quote makes it all UCS-2
        ("’" + "a" * 70, 2),
        ("😀" * 35, 1),  # 70 units
        ("😀" * 36, 2),
        ("😀" * 66, 2),  # 33 whole ones in each 67
        ("😀" * 67, 3),
        ("\n" * 160, 1),
        ("`" + "a" * 69, 1),  # the grave accent is not GSM-7
        ("`" + "a" * 70, 2),
    ],
)
def test_segments_are_counted_as_carriers_charge_them(text: str, segments: int) -> None:
    """160 and 153 septets, 70 and 67 units, and no character in two pieces."""
    assert segments == num_segments(text)
