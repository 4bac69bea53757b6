import subprocess
import sys
import time
from contextlib import suppress
from itertools import repeat

import pytest

from onevoice import cap
from onevoice.errors import Unusable

NAMESPACE = 'xmlns="urn:oasis:names:tc:emergency:cap:1.2"'
BOMB = '<!DOCTYPE a [<!ENTITY b "ha">' + "".join(
    f'<!ENTITY b{n} "&b{n - 1 or ""};&b{n - 1 or ""};">' for n in range(1, 30)
)

REFUSED = {
    "nothing at all": (b"", "is empty"),
    "only white space": (b" \n ", "is empty"),
    "not XML": (b"Flood in Old Mill!", "not well-formed XML: the trouble shows at line 1"),
    "truncated": (f"<alert {NAMESPACE}><identifier>x".encode(), "not well-formed XML"),
    "two documents": (f"<alert {NAMESPACE}/><alert {NAMESPACE}/>".encode(), "not well-formed XML"),
    "an entity that nobody defined": (f"<alert {NAMESPACE}>&xxe;</alert>".encode(), "not well-formed XML"),
    "a control character": (f"<alert {NAMESPACE}>\x00</alert>".encode(), "not well-formed XML"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "Byte 0 is not valid UTF-8"),
    "an encoding nobody uses": (b'<?xml version="1.0" encoding="utf-7"?><alert/>', "encoding “utf-7” is not accepted"),
    "a mark that the encoding denies": (b'<?xml version="1.0" encoding="utf-16"?><alert/>', "“utf-16” is not accepted"),
    "half a surrogate": (b"\xff\xfe" + "<a>".encode("utf-16-le") + b"\x00\xd8", "not valid UTF-16-LE"),
    "an external entity": (
        f'<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/hostname">]><alert {NAMESPACE}>&x;</alert>'.encode(),
        "document type",
    ),
    "an entity on the network": (
        f'<!DOCTYPE alert SYSTEM "http://192.0.2.1/a.dtd"><alert {NAMESPACE}/>'.encode(),
        "document type",
    ),
    "an entity bomb": (f"{BOMB}]><alert {NAMESPACE}>&b29;</alert>".encode(), "document type"),
    "a document type in UTF-16": (
        f"<!DOCTYPE alert><alert {NAMESPACE}/>".encode("utf-16"),
        "document type",
    ),
    "a document type in small letters": (f"<!doctype alert><alert {NAMESPACE}/>".encode(), "document type"),
    "CAP 1.1": (b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.1"/>', "This is CAP 1.1"),
    "CAP 1.0": (b'<alert xmlns="http://www.incident.com/cap/1.0"/>', "This is CAP 1.0"),
    "no namespace": (b"<alert/>", "“alert” in the namespace “”"),
    "another standard": (b'<feed xmlns="http://www.w3.org/2005/Atom"/>', "“feed” in the namespace"),
    "only an info": (f"<info {NAMESPACE}/>".encode(), "outermost element is “info”"),
    "an alert without anything": (f"<alert {NAMESPACE}/>".encode(), "identifier is missing"),
    "too many bytes": (b" " * (1024 * 1024 + 1 - 8) + b"<alert/>", "has 1,048,577 bytes"),
    "too deep": (f"<alert {NAMESPACE}>".encode() + b"<a>" * 64 + b"</a>" * 64 + b"</alert>", "more than 64 deep"),
    "too many elements": (
        f"<alert {NAMESPACE}>".encode() + b"<a/>" * 10_000 + b"</alert>",
        "more than 10,000 elements",
    ),
}


@pytest.mark.parametrize("label", REFUSED)
def test_what_is_no_sound_cap_alert_is_refused_with_a_sentence(label: str) -> None:
    """Every kind of hostile or broken file is refused, and the refusal names what is wrong."""
    data, words = REFUSED[label]
    with pytest.raises(Unusable) as refusal:
        cap.read(data)
    assert words in str(refusal.value)
    assert len(str(refusal.value)) < 600


@pytest.mark.parametrize("label", REFUSED)
def test_a_check_of_an_unreadable_file_answers_and_does_not_raise(label: str) -> None:
    """`cap check` always has a verdict: what cannot be read is not valid, and the first error says why."""
    data, words = REFUSED[label]
    found = cap.check(data)
    assert not found.valid
    assert words in f"{found.errors[0].element} {found.errors[0].reason}"


SHAPES = {
    "a status that stands twice": (
        "<status>Actual</status>",
        "<status>Actual</status><status>Exercise</status>",
        "status stands more than once",
    ),
    "elements in a text": ("<event>River flood", "<event>River <b>flood</b>", "info[1]/event has elements in it"),
    "no scope": ("<scope>Public</scope>", "", "scope is missing"),
    "no severity": ("<severity>Severe</severity>", "", "info[1]/severity is missing"),
    "no description of an area": ("<areaDesc>Old Mill</areaDesc>", "", "info[1]/area[1]/areaDesc is missing"),
    "no category": ("<category>Met</category>", "", "info[1]/category[1] is missing"),
}


@pytest.mark.parametrize("label", SHAPES)
def test_a_shape_that_two_readers_could_understand_differently_is_refused(plain: str, label: str) -> None:
    """What is missing or stands twice is never guessed; the check lists it too."""
    old, new, words = SHAPES[label]
    assert old in plain
    data = plain.replace(old, new, 1).encode()
    with pytest.raises(Unusable, match=words.replace("[", r"\[").replace("]", r"\]")):
        cap.read(data)
    assert words in [f"{p.element} {p.reason}"[: len(words)] for p in cap.check(data).errors]


def test_a_refusal_tells_the_first_flaws_and_counts_the_rest() -> None:
    """An alert without anything lacks six elements: three are told, three counted."""
    with pytest.raises(Unusable, match=r"identifier is missing.*sender is missing.*sent is missing.*And 3 more"):
        cap.read(f"<alert {NAMESPACE}/>".encode())


def test_a_refusal_that_tells_all_flaws_counts_none(plain: str) -> None:
    """Three flaws are told, and nothing is said of a rest that does not exist."""
    data = plain.replace("<identifier>plain-1</identifier>", "").replace("<scope>Public</scope>", "")
    with pytest.raises(Unusable) as refusal:
        cap.read(data.replace("<status>Actual</status>", "").encode())
    assert "scope is missing" in str(refusal.value)
    assert "more" not in str(refusal.value)


def test_the_largest_allowed_file_is_read(plain: str) -> None:
    """The limits allow what they say they allow: 1 MiB, 64 levels, 10,000 elements."""
    room = 1024 * 1024 - len(plain.encode())
    assert cap.read(plain.replace("tonight.", "tonight." + "x" * room).encode()).identifier == "plain-1"
    deep = "<o xmlns='urn:o'>" + "<o>" * 62 + "</o>" * 62 + "</o>"
    assert cap.read(plain.replace("</alert>", f"{deep}</alert>").encode()).extensions
    many = "".join(repeat("<category>Met</category>", 10_000 - plain.count("</")))
    assert len(cap.read(plain.replace("<category>", f"{many}<category>", 1).encode()).infos[0].categories) > 9_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-mark", "iso-8859-1", "windows-1252"])
def test_the_same_alert_is_read_from_every_usual_encoding(plain: str, encoding: str) -> None:
    """Latin encodings are named by the file, UTF-16 by its mark; the words come out the same."""
    text = plain.replace("Mill River", "Mühlenfluß")
    if encoding == "utf-16-be-mark":
        data = b"\xfe\xff" + text.replace("UTF-8", "UTF-16").encode("utf-16-be")
    else:
        data = text.replace("UTF-8", encoding.removesuffix("-sig")).encode(encoding)
    assert "Mühlenfluß" in (cap.read(data).infos[0].description or "")


def test_a_comment_in_the_middle_of_a_text_hides_nothing(plain: str) -> None:
    """The text goes on after a comment; a reader that stopped there would lose the rest."""
    data = plain.replace("rise over", "rise <!-- never --> over<?odd no?>").encode()
    assert cap.read(data).infos[0].description == "The Mill River will rise  over its banks tonight."


def test_what_the_alert_says_is_shown_under_the_names_of_cap(every_element: str) -> None:
    """Infos, areas, parameters and references are all there, and nothing that is absent."""
    shown = cap.show(cap.read(every_element.encode()))
    english, spanish = shown["info"]
    assert shown["references"] == [
        "alerts@millford.example,millford-2026-0006,2026-11-21T17:40:00-05:00",
        "alerts@millford.example,millford-2026-0005,2026-11-21T16:00:00-05:00",
    ]
    assert english["parameter"][0] == {"valueName": "stage", "value": "4.2 m"}
    assert [area["areaDesc"] for area in english["area"]] == ["Old Mill", "Riverside"]
    assert english["resource"][1]["derefUri"] == "SGlnaCBncm91bmQ="
    assert "contact" not in spanish
    assert "original" not in shown


SLOW: dict[str, bytes | str] = {
    "tags that never close": b"<a" * 500_000,
    "many open brackets in a text": "<" * 1_000_000,
    "a polygon of fifty thousand points": " ".join(f"{n % 90}.{n},{n % 180}.{n}" for n in range(50_000)),
    "a polygon without an end": "1,1" * 300_000,
    "entities in a text": "&amp;a" * 150_000,
    "foreign elements": "<x xmlns='urn:x'/>" * 9_900,
    "info blocks": "<info><category>Met</category><event>a</event><urgency>Past</urgency><severity>Minor</severity>"
    "<certainty>Likely</certainty></info>" * 1_600,
    "references": "a,b,2026-11-21T18:05:00-05:00 " * 30_000,
}


@pytest.mark.parametrize("label", SLOW)
def test_a_file_made_to_be_slow_is_answered_in_bounded_time(plain: str, label: str) -> None:
    """No pattern and no geometry takes longer than its size explains."""
    hostile = SLOW[label]
    data = hostile if isinstance(hostile, bytes) else _with(plain, label, hostile)
    assert len(data) <= 1024 * 1024
    start = time.perf_counter()
    cap.check(data)
    with suppress(Unusable):
        cap.convert(data)
    assert time.perf_counter() - start < 10


def _with(plain: str, label: str, text: str) -> bytes:
    if "polygon" in label:
        return plain.replace("41.10,-81.50 41.10", f"{text} 41.10", 1).encode()
    if text.startswith(("<x", "<info")):
        return plain.replace("</alert>", f"{text}</alert>").encode()
    if label == "references":
        return plain.replace("<info>", f"<references>{text}</references><info>").encode()
    text = text if text.startswith("&") else text.replace("<", "&lt;a")[:1_000_000]
    return plain.replace("tonight", text).encode()


def test_lxml_and_shapely_are_loaded_by_those_who_need_them() -> None:
    """Naming the types costs nothing: XML and geometry come in with the first document."""
    code = "import sys, onevoice.cap, onevoice.feeds; print('lxml' in sys.modules, 'shapely' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["False", "False"]
