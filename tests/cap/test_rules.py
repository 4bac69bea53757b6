"""Every rule of the check: a document that breaks it, and its neighbour that does not."""

from typing import NamedTuple

import pytest

from onevoice import cap

SENT = "2026-11-21T18:05:00-05:00"
RING = "41.10,-81.50 41.10,-81.40 41.20,-81.40 41.20,-81.50 41.10,-81.50"
POLYGON = f"<polygon>{RING}</polygon>"
OLDER = "alerts@millford.example,plain-0,2026-11-21T17:05:00-05:00"


class Case(NamedTuple):
    """What to replace in a right document so that a rule fires, and so that it just does not."""

    element: str
    words: str
    fires: tuple[tuple[str, str], ...]
    quiet: tuple[tuple[str, str], ...] = ()


def _one(element: str, words: str, old: str, new: str, near: str | None = None) -> Case:
    """Give a case in which one text is replaced; `near` is the replacement that is still right."""
    return Case(element, words, ((old, new),), () if near is None else ((old, near),))


def _text(element: str, words: str, tag: str, new: str, near: str) -> Case:
    """Give a case in which the text of an element that the plain alert has is replaced."""
    old = TEXTS[tag]
    return _one(element, words, f"<{tag}>{old}<", f"<{tag}>{new}<", f"<{tag}>{near}<")


AREA = f"""<area>
      <areaDesc>Old Mill</areaDesc>
      {POLYGON}
    </area>"""
TEXTS = {
    "identifier": "plain-1",
    "sender": "alerts@millford.example",
    "sent": SENT,
    "status": "Actual",
    "msgType": "Alert",
    "scope": "Public",
    "language": "en-US",
    "category": "Met",
    "event": "River flood",
    "urgency": "Expected",
    "severity": "Severe",
    "certainty": "Likely",
    "expires": "2026-11-22T06:00:00-05:00",
    "headline": "River flood in Old Mill",
    "description": "The Mill River will rise over its banks tonight.",
    "areaDesc": "Old Mill",
    "polygon": RING,
}


def _before(tag: str, new: str, words: str, element: str, near: str) -> Case:
    """Give a case in which something is put before an element."""
    return _one(element, words, f"<{tag}>", f"{new}<{tag}>", f"{near}<{tag}>")


def _resource(inner: str) -> str:
    return f"<resource><resourceDesc>Map</resourceDesc><mimeType>image/png</mimeType>{inner}</resource>"


ERRORS = {
    # the words that the schema allows
    "status": _text("status", "none of the words", "status", "Real", "System"),
    "status in another case": _text("status", "Write Actual, with these letters", "status", "actual", "Actual"),
    "spaces around a word": _text("scope", "no spaces around", "scope", " Public ", "Public"),
    "msgType": _text("msgType", "They are Alert, Update, Cancel, Ack, Error.", "msgType", "Warning", "Alert"),
    "category": _text("info[1]/category[1]", "none of the words", "category", "Weather", "CBRNE"),
    "responseType": _before(
        "urgency",
        "<responseType>Run</responseType>",
        "none of the words",
        "info[1]/responseType[1]",
        "<responseType>AllClear</responseType>",
    ),
    "urgency": _text("info[1]/urgency", "none of the words", "urgency", "Soon", "Past"),
    "severity": _text("info[1]/severity", "none of the words", "severity", "High", "Minor"),
    "certainty": _text("info[1]/certainty", "CAP 1.0: write Likely", "certainty", "Very Likely", "Unlikely"),
    "certainty of nobody": _text("info[1]/certainty", "They are Observed, Likely", "certainty", "Maybe", "Observed"),
    # the forms that it asks for
    "a required text that is empty": _text("info[1]/event", "is empty", "event", "  ", "Flood"),
    "Z": _text("sent", "-00:00", "sent", "2026-11-21T23:05:00Z", "2026-11-21T23:05:00-00:00"),
    "a time without offset": _text("sent", "such as 2026", "sent", "2026-11-21T18:05:00", SENT),
    "a day that does not exist": _text(
        "info[1]/expires", "is not a time", "expires", "2027-02-30T06:00:00-05:00", "2027-02-28T06:00:00-05:00"
    ),
    "an offset that does not exist": _text(
        "info[1]/expires", "is not a time", "expires", "2026-11-22T06:00:00-15:00", "2026-11-23T06:00:00+14:00"
    ),
    "a time of other digits": _text("sent", "is not a time", "sent", SENT.replace("2026", "२०२६"), SENT),
    "language": _text("info[1]/language", "not a language tag", "language", "en_US", "zh-Hans-CN"),
    "an altitude in words": _one(
        "info[1]/area[1]/altitude",
        "not a number",
        POLYGON,
        f"{POLYGON}<altitude>high</altitude>",
        f"{POLYGON}<altitude>-12.5</altitude>",
    ),
    "a size in words": _before(
        "area",
        _resource("<size>2 MB</size><uri>https://millford.example/m.png</uri>"),
        "not a whole number",
        "info[1]/resource[1]/size",
        _resource("<size>2000</size><uri>https://millford.example/m.png</uri>"),
    ),
    # the shape of the document
    "order": _one(
        "source",
        "stands after scope",
        "<scope>Public</scope>",
        "<scope>Public</scope><source>g</source>",
        "<source>g</source><scope>Public</scope>",
    ),
    "a signature before an info": Case(
        "info[1]",
        "stands after the signature",
        (("<info>", '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/><info>'),),
        (("</info>", '</info><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>'),),
    ),
    "an element of somebody else": _one(
        "info[1]", "has an element “x”", "</info>", '<x xmlns="urn:o"/></info>', "</info>"
    ),
    "a signature in an info": _one(
        "info[1]",
        "has an element “Signature”",
        "</info>",
        '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/></info>',
        '</info><Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>',
    ),
    "an attribute": _one("info[1]", "has an attribute “id”", "<info>", '<info id="a">', "<info>"),
    "an attribute of a text": _one("info[1]/event", "has an attribute “id”", "<event>", '<event id="a">', "<event >"),
    "text between elements": _one("info[1]", "has text between", "<urgency>", "and<urgency>", "<!-- and --><urgency>"),
    # the alert
    "identifier with a space": _text("identifier", "white space", "identifier", "plain 1", "plain-1.a:b/c"),
    "identifier with a comma": _text("identifier", "the character ,", "identifier", "plain,1", "plain;1"),
    "identifier with <": _text("identifier", "the character <", "identifier", "plain&lt;1", "plain&gt;1"),
    "sender with &": _text("sender", "the character &", "sender", "fire&amp;water", "fire+water"),
    "restricted without restriction": _text("restriction", "says how", "scope", "Restricted", "Public"),
    "restriction without restricted": _one(
        "restriction",
        "only Restricted has one",
        "<scope>Public</scope>",
        "<scope>Public</scope><restriction>police</restriction>",
        "<scope>Restricted</scope><restriction>police</restriction>",
    ),
    "private without addresses": _one(
        "addresses",
        "names whom it is for",
        "<scope>Public</scope>",
        "<scope>Private</scope>",
        "<scope>Private</scope><addresses>desk@fire.example</addresses>",
    ),
    **{
        f"{answer} without references": Case(
            "references",
            f"{answer} means nothing",
            (("<msgType>Alert", f"<msgType>{answer}"),),
            (("<msgType>Alert", f"<msgType>{answer}"), ("<info>", f"<references>{OLDER}</references><info>")),
        )
        for answer in ("Update", "Cancel", "Ack", "Error")
    },
    **{
        f"references that are no triple: {text}": _before(
            "info",
            f"<references>{OLDER} {text}</references>",
            "is not sender,identifier,sent",
            "references",
            f"<references>{OLDER}</references>",
        )
        for text in ("plain-0", "a,b", f"a,,{SENT}", "a,b,2026-11-21T18:05:00Z", f"a,b,{SENT},c", f"a,b&amp;c,{SENT}")
    },
    "references to itself": _before(
        "info",
        f"<references>alerts@millford.example,plain-1,{SENT}</references>",
        "names this alert itself",
        "references",
        f"<references>alerts@millford.example,plain-0,{SENT}</references>",
    ),
    "references to the future": _before(
        "info",
        "<references>alerts@millford.example,plain-0,2026-11-21T23:05:01-00:00</references>",
        "later than this alert",
        "references",
        "<references>alerts@millford.example,plain-0,2026-11-21T23:05:00-00:00</references>",
    ),
    # info
    "expires with sent": _text("info[1]/expires", "not later than sent", "expires", SENT, SENT.replace(":00-", ":01-")),
    "expires before effective": _one(
        "info[1]/expires",
        "not later than effective",
        "<expires>",
        "<effective>2026-11-22T06:00:00-05:00</effective><expires>",
        "<effective>2026-11-22T05:59:59-05:00</effective><expires>",
    ),
    **{
        f"web: {web or 'empty'}": _one(
            "info[1]/web",
            words,
            "</description>",
            f"</description><web>{web}</web>",
            "</description><web>https://millford.example/a/1?lang=es&amp;x=%20#top</web>",
        )
        for web, words in (
            ("/a/7", "whole web address"),
            ("millford.example", "whole web address"),
            ("", "whole web address"),
            ("javascript:alert(1)", "whole web address"),
            ("https://", "whole web address"),
            ("https://millford.example/a b", "not a web address or URI"),
            ("https://millford.example/%zz", "not a web address or URI"),
            ("https://millford.example:x/", "not a web address or URI"),
            ("https://millford.example/#a#b", "not a web address or URI"),
        )
    },
    "a relative file that is not carried": _before(
        "area",
        _resource("<uri>map.png</uri>"),
        "only allowed where derefUri",
        "info[1]/resource[1]/uri",
        _resource("<uri>map.png</uri><derefUri>SGk=</derefUri>"),
    ),
    "a URI that is none": _before(
        "area",
        _resource("<uri>1a:b</uri><derefUri>SGk=</derefUri>"),
        "not a web address or URI",
        "info[1]/resource[1]/uri",
        _resource("<uri>urn:a:b</uri>"),
    ),
    # area
    **{
        label: _text("info[1]/area[1]/polygon[1]", words, "polygon", polygon, RING)
        for label, words, polygon in (
            ("a polygon of rubbish", "“rubbish” is not a pair", "rubbish"),
            ("a pair with a space", "“41.1,” is not a pair", "41.1, -81.5 41.1,-81.4 41.2,-81.4 41.1,-81.5"),
            ("three numbers", "is not a pair", "41.1,-81.5,0 41.1,-81.4,0 41.2,-81.4,0 41.1,-81.5,0"),
            ("not a number", "“nan,1” is not a pair", "nan,1 1,2 2,2 nan,1"),
            ("no pairs", "has 0 pairs", ""),
            ("three pairs", "has 3 pairs", "41.1,-81.5 41.1,-81.4 41.1,-81.5"),
            ("an open polygon", "is not closed", "41.1,-81.5 41.1,-81.4 41.2,-81.4 41.2,-81.5"),
            ("swapped", "look swapped", "-101.1,41.1 -101.4,41.1 -101.4,41.2 -101.1,41.1"),
            ("off the earth", "200,-81.5 is not a place", "200,-81.5 41.1,-81.4 41.2,-81.4 200,-81.5"),
            ("a longitude too far", "is not a place", "41.1,-181 41.1,-81.4 41.2,-81.4 41.1,-181"),
            ("a bow tie", "crosses or touches itself", "1,1 2,2 2,1 1,2 1,1"),
            ("there and back", "crosses or touches itself", "1,1 1,2 1,3 1,2 1,1"),
            ("a point four times", "has no surface", "1,1 1,1 1,1 1,1"),
        )
    },
    **{
        f"circle {circle}": _one(
            "info[1]/area[1]/circle[1]",
            words,
            POLYGON,
            f"<circle>{circle}</circle>",
            "<circle> 41.1,-81.5  0 </circle>",
        )
        for circle, words in (
            ("41.1,-81.5", "is not latitude,longitude radius"),
            ("41.1 -81.5 5", "is not latitude,longitude radius"),
            ("-101.1,41.1 5", "look swapped"),
            ("91,181 5", "is not a place on the earth"),
            ("41.1,-81.5 -1", "has a radius of -1 km"),
            ("41.1,-81.5 20039", "has a radius of 20039 km"),
        )
    },
    "ceiling without altitude": _one(
        "info[1]/area[1]/ceiling",
        "without altitude",
        POLYGON,
        f"{POLYGON}<ceiling>9</ceiling>",
        f"{POLYGON}<altitude>8</altitude><ceiling>9</ceiling>",
    ),
    "ceiling not above altitude": _one(
        "info[1]/area[1]/ceiling",
        "not higher than altitude",
        POLYGON,
        f"{POLYGON}<altitude>9</altitude><ceiling>9.0</ceiling>",
        f"{POLYGON}<altitude>9</altitude><ceiling>9.1</ceiling>",
    ),
}

WARNINGS = {
    "addresses with one quotation mark": _one(
        "addresses",
        "without its second",
        "</scope>",
        '</scope><addresses>"Millford fire</addresses>',
        '</scope><addresses>"Millford fire"</addresses>',
    ),
    "another sender's alert": _before(
        "info",
        "<references>desk@fire.example,f-1,2026-11-21T17:05:00-05:00</references>",
        "is another sender's alert",
        "references",
        f"<references>{OLDER}</references>",
    ),
    "the same reference twice": _before(
        "info",
        f"<references>{OLDER} {OLDER}</references>",
        "more than once",
        "references",
        f"<references>{OLDER}</references>",
    ),
    "an exercise without note": Case(
        "note",
        "which exercise",
        (("<status>Actual", "<status>Exercise"),),
        (("<status>Actual", "<status>Exercise"), ("<info>", "<note>Exercise 7</note><info>")),
    ),
    "a draft": _text("status", "must not act", "status", "Draft", "System"),
    **{
        f"{word} among the real": _text(
            "info[1]/headline", "like an exercise or a test", "headline", f"{word} Flood", "Testing River: flood"
        )
        for word in ("EXERCISE", "TEST:", "Drill -", "[Test]")
    },
    "an error without explanation": Case(
        "note",
        "why the alert was refused",
        (("<msgType>Alert", "<msgType>Error"), ("<info>", f"<references>{OLDER}</references><info>")),
        (("<msgType>Alert", "<msgType>Error"), ("<info>", f"<note>Late.</note><references>{OLDER}</references><info>")),
    ),
    "expires before onset": _one(
        "info[1]/expires",
        "earlier than onset",
        "<expires>",
        "<onset>2026-11-22T06:00:01-05:00</onset><expires>",
        "<onset>2026-11-22T06:00:00-05:00</onset><expires>",
    ),
    **{
        f"no {tag}": _one(
            f"info[1]/{tag}",
            "is missing",
            f"<{tag}>{TEXTS[tag]}</{tag}>",
            f"<{tag}> </{tag}>" if tag != "expires" else "",
            f"<{tag}>{TEXTS[tag]}</{tag}>",
        )
        for tag in ("headline", "description", "expires")
    },
    "a long headline": _text("info[1]/headline", "receivers may cut it", "headline", "x" * 161, "x" * 160),
    **{
        f"HTML: {html}": _text(
            "info[1]/description", "holds HTML", "description", html, "3 &lt; 5 &amp; a; b > c AT&amp;T;"
        )
        for html in ("Go &lt;b>now&lt;/b>", "Go&amp;nbsp;now", "&amp;#8364;5", "a&lt;br/>b")
    },
    "HTML in the area": _text(
        "info[1]/area[1]/areaDesc", "holds HTML", "areaDesc", "&lt;i>Old Mill&lt;/i>", "Old &lt; Mill"
    ),
    "urgency unknown": _text("info[1]/urgency", "do not wake people", "urgency", "Unknown", "Future"),
    "severity unknown": _text("info[1]/severity", "do not wake people", "severity", "Unknown", "Minor"),
    "certainty unknown": _text("info[1]/certainty", "do not wake people", "certainty", "Unknown", "Possible"),
    "a SAME event": _before(
        "expires",
        "<eventCode><valueName>SAME</valueName><value>flood</value></eventCode>",
        "three capital letters",
        "info[1]/eventCode[1]/value",
        "<eventCode><valueName>SAME</valueName><value>FFW</value></eventCode>",
    ),
    "a SAME place": _one(
        "info[1]/area[1]/geocode[1]/value",
        "six digits",
        POLYGON,
        f"{POLYGON}<geocode><valueName>SAME</valueName><value>FFW</value></geocode>",
        f"{POLYGON}<geocode><valueName>SAME</valueName><value>039133</value></geocode>",
    ),
    "a MIME type": _before(
        "area",
        _resource("<uri>https://millford.example/m</uri>").replace("image/png", "picture"),
        "not a MIME type",
        "info[1]/resource[1]/mimeType",
        _resource("<uri>https://millford.example/m</uri>").replace("image/png", "text/html; charset=utf-8"),
    ),
    "a digest": _before(
        "area",
        _resource("<uri>https://millford.example/m</uri><digest>abc</digest>"),
        "not a SHA-1",
        "info[1]/resource[1]/digest",
        _resource(f"<uri>https://millford.example/m</uri><digest>{'aF09' * 10}</digest>"),
    ),
    "a carried file": _before(
        "area",
        _resource("<derefUri>***</derefUri>"),
        "not base-64",
        "info[1]/resource[1]/derefUri",
        _resource("<derefUri>SGlnaCBn\ncm91bmQ=</derefUri>"),
    ),
    "a file that is nowhere": _before(
        "area", _resource(""), "neither uri nor derefUri", "info[1]/resource[1]", _resource("<derefUri>SGk=</derefUri>")
    ),
    "an area in words only": _one(
        "info[1]/area[1]",
        "neither polygon nor circle",
        POLYGON,
        "",
        "<geocode><valueName>house</valueName><value>old-mill</value></geocode>",
    ),
    "no area": Case("info[1]/area", "whom the alert is for", ((f"    {AREA}\n", ""),)),
    "no info": Case("info", "tells people nothing", (("<info>", "<!--"), ("</info>", "-->"))),
}


def _document(base: str, changes: tuple[tuple[str, str], ...]) -> bytes:
    for old, new in changes:
        assert old in base, old
        base = base.replace(old, new, 1)
    return base.encode()


def _told(found: tuple[cap.Problem, ...], case: Case) -> list[str]:
    return [problem.reason for problem in found if problem.element == case.element and case.words in problem.reason]


@pytest.mark.parametrize("label", ERRORS)
def test_what_cap_forbids_is_an_error(plain: str, label: str) -> None:
    """The broken document is not valid, for this reason and at this element."""
    found = cap.check(_document(plain, ERRORS[label].fires))
    assert not found.valid
    assert len(_told(found.errors, ERRORS[label])) == 1


@pytest.mark.parametrize("label", WARNINGS)
def test_what_receivers_stumble_over_is_a_warning(plain: str, label: str) -> None:
    """The document stays valid, and the warning stands at this element."""
    found = cap.check(_document(plain, WARNINGS[label].fires))
    assert found.errors == ()
    assert len(_told(found.warnings, WARNINGS[label])) == 1


@pytest.mark.parametrize("label", [*ERRORS, *WARNINGS])
def test_the_neighbour_of_a_broken_document_is_not_blamed(plain: str, label: str) -> None:
    """What just does not break the rule is valid, and the rule is silent."""
    case = {**ERRORS, **WARNINGS}[label]
    found = cap.check(_document(plain, case.quiet))
    assert found.errors == ()
    assert _told(found.warnings, case) == []


def test_documents_without_fault_have_neither_errors_nor_warnings(plain: str, every_element: str) -> None:
    """The two bases of these tables are right in every respect, apart from what the second one is restricted to."""
    assert cap.check(plain.encode()) == cap.Check(valid=True)
    assert cap.check(every_element.encode()) == cap.Check(valid=True)


def test_the_poles_and_the_date_line_are_on_the_earth(plain: str) -> None:
    """The outermost latitudes and longitudes are places like any other."""
    data = plain.replace(RING, "-90,-180 -90,180 90,180 90,-180 -90,-180")
    assert cap.check(data.encode()) == cap.Check(valid=True)


def test_every_error_of_a_document_is_told_at_once(plain: str) -> None:
    """A person mends a file in one go: missing elements, wrong words and bad geometry stand in one list."""
    data = (
        plain.replace("<scope>Public</scope>", "")
        .replace("Severe", "Bad")
        .replace("41.20,-81.50 41.10", "41.20,-81.50 1.1")
    )
    assert [problem.element for problem in cap.check(data.encode()).errors] == [
        "scope",
        "info[1]/severity",
        "info[1]/area[1]/polygon[1]",
    ]


def test_values_are_judged_as_octets_are(plain: str) -> None:
    """A check before writing finds what a check of the written file would find."""
    alert = cap.read(plain.replace("Severe", "Bad").replace("plain-1", "plain 1").encode())
    assert cap.check(alert) == cap.check(cap.write(alert))
    assert cap.check(alert).to_json()["valid"] is False


def test_an_alert_made_without_category_is_told_so(plain: str) -> None:
    """Values can lack what octets cannot be read without."""
    alert = cap.read(plain.encode())
    bare = alert.model_copy(update={"infos": (alert.infos[0].model_copy(update={"categories": ()}),)})
    assert [f"{p.element} {p.reason}" for p in cap.check(bare).errors] == ["info[1]/category[1] is missing."]


def test_a_reason_quotes_little_of_the_document_and_nobody_it_is_addressed_to(plain: str) -> None:
    """A long value is cut, control characters are not repeated, and private addresses never appear."""
    private = "<scope>Private</scope><addresses>&quot;202-555-0123</addresses>"
    data = plain.replace("<scope>Public</scope>", private).replace("Severe", "S" * 1000 + "\n")
    text = cap.check(data.encode()).model_dump_json()
    assert "S" * 40 + "…" in text
    assert "S" * 41 not in text
    whole = cap.check(plain.replace("Severe", "S" * 40).encode()).errors[0].reason
    assert f"“{'S' * 40}”" in whole
    assert "555" not in text
