"""How many segments a text is charged as, counted by the rules of GSM 03.38 and nothing else.

Written apart from every other counter on purpose: it is the independent check of what a sender believes.
"""

from functools import lru_cache

# GSM 03.38 default alphabet, one septet each; the escape itself (0x1B) is no character.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# The extension table: escape and character, two septets.
EXTENDED = frozenset("\f^{}\\[~]|€")

GSM7_ALONE, GSM7_JOINED = 160, 153
UCS2_ALONE, UCS2_JOINED = 70, 67
LAST_OF_ONE_UNIT = "\uffff"


@lru_cache(maxsize=4096)
def num_segments(text: str) -> int:
    """Segments of a text, at least 1; a character that takes two units is never cut in two."""
    if BASIC.union(EXTENDED).issuperset(text):
        return _packed([2 if character in EXTENDED else 1 for character in text], GSM7_ALONE, GSM7_JOINED)
    return _packed([2 if character > LAST_OF_ONE_UNIT else 1 for character in text], UCS2_ALONE, UCS2_JOINED)


def _packed(units: list[int], alone: int, joined: int) -> int:
    if sum(units) <= alone:
        return 1
    segments, used = 1, 0
    for unit in units:
        if used + unit > joined:
            segments, used = segments + 1, 0
        used += unit
    return segments
