"""Rule C14: the info blocks of one alert say the same in every language, each in its own words."""

import pytest

from onevoice import cap

DIFFERENT = {
    "category": ("<category>Safety</category>", ""),
    "eventCode": ("<value>FFW</value>", "<value>FLW</value>"),
    "responseType": ("<responseType>Avoid</responseType>", "<responseType>Shelter</responseType>"),
    "urgency": ("<urgency>Immediate<", "<urgency>Expected<"),
    "severity": ("<severity>Extreme<", "<severity>Moderate<"),
    "certainty": ("<certainty>Observed<", "<certainty>Possible<"),
    "effective": ("2026-11-21T23:05:00-00:00", "2026-11-21T23:06:00-00:00"),
    "onset": ("2026-11-21T18:30:00-05:00", "2026-11-21T18:30:00-06:00"),
    "expires": ("<expires>2026-11-22T06:00:00-05:00</expires>", ""),
    "area": ("<value>riverside</value>", "<value>old-mill</value>"),
}
EQUAL = {
    "a polygon": ("41.30,-81.50 41.30,-81.40", "41.3,-81.5   41.300,-81.4000"),
    "the order of categories": (
        "<category>Met</category>\n    <category>Safety</category>",
        "<category>Safety</category><category>Met</category>",
    ),
    "a height": ("<altitude>500<", "<altitude>500.0<"),
    "a moment": ("2026-11-22T06:00:00-05:00", "2026-11-22T12:00:00+01:00"),
    "words": ("Ribera", "La Ribera"),
}


def _second(document: str, old: str, new: str) -> bytes:
    """Replace in the Spanish block only."""
    head, mark, spanish = document.partition("<language>es")
    assert old in spanish
    return (head + mark + spanish.replace(old, new, 1)).encode()


@pytest.mark.parametrize("element", DIFFERENT)
def test_a_language_that_says_something_else_is_an_error(every_element: str, element: str) -> None:
    """One fact differs between the English and the Spanish block: the error names it and both languages."""
    found = cap.check(_second(every_element, *DIFFERENT[element]))
    assert [problem.element for problem in found.errors] == [f"info[2]/{element}"]
    assert "not the same in es as in en-US (info[1])" in found.errors[0].reason


@pytest.mark.parametrize(
    "label", ["an area less", "a polygon less", "a ceiling changed", "latitude and longitude swapped"]
)
def test_an_area_that_is_not_the_same_in_every_language_is_an_error(every_element: str, label: str) -> None:
    """The place is a fact like any other, whichever of its parts differs."""
    old, new = {
        "an area less": (every_element[(at := every_element.rindex("<area>")) : every_element.rindex("</info>")], ""),
        "a polygon less": ("<polygon>41.30,-81.50 41.30,-81.40 41.40,-81.45 41.30,-81.50</polygon>", ""),
        "a ceiling changed": ("<ceiling>1200.5<", "<ceiling>1300<"),
        "latitude and longitude swapped": ("<circle>41.26,-81.46 0<", "<circle>-81.46,41.26 0<"),
    }[label]
    assert at
    found = cap.check(_second(every_element, old, new))
    assert [problem.element for problem in found.errors] == ["info[2]/area"]


@pytest.mark.parametrize("label", EQUAL)
def test_the_same_fact_written_in_another_way_is_the_same(every_element: str, label: str) -> None:
    """Zeros, zones, spaces and order are spelling; so are the words of each language."""
    assert cap.check(_second(every_element, *EQUAL[label])) == cap.Check(valid=True)


def test_blocks_of_two_languages_may_stand_in_another_order(every_element: str) -> None:
    """Two blocks a language: what counts is that each language has the same set, not which comes first."""
    first, second = _blocks(every_element)
    minor = [block.replace("Extreme", "Minor").replace("Old Mill", "Elsewhere") for block in (first, second)]
    minor = [block.replace("old-mill", "elsewhere") for block in minor]
    assert cap.check(_with(every_element, first, minor[0], minor[1], second)).errors == ()
    wrong = cap.check(_with(every_element, first, minor[0], minor[1].replace("Minor", "Severe"), second)).errors
    assert {problem.element for problem in wrong} >= {"info[3]/severity"}


def _blocks(document: str) -> tuple[str, str]:
    first, second = document.split("<info>")[1:]
    return first.partition("</info>")[0], second.partition("</info>")[0]


def _with(document: str, *blocks: str) -> bytes:
    head = document.partition("<info>")[0]
    return (head + "".join(f"<info>{block}</info>" for block in blocks) + "</alert>").encode()


def test_a_language_that_is_told_less_is_a_warning(every_element: str) -> None:
    """Two English blocks and one Spanish: allowed, but somebody should look."""
    first, second = _blocks(every_element)
    third = first.replace("River flood", "Dam break")
    found = cap.check(_with(every_element, first, third, second))
    assert found.errors == ()
    assert [(p.element, "told less" in p.reason) for p in found.warnings] == [("info[3]", True)]


@pytest.mark.parametrize("element", ["event", "headline", "description", "instruction"])
def test_the_same_words_under_two_languages_are_a_warning(every_element: str, element: str) -> None:
    """Somebody got another language's text: it was probably never translated."""
    alert = cap.read(every_element.encode())
    english, spanish = alert.infos
    copied = spanish.model_copy(update={element: getattr(english, element)})
    found = cap.check(alert.model_copy(update={"infos": (english, copied)}))
    assert found.valid
    assert [p.element for p in found.warnings] == [f"info[2]/{element}"]
    assert "the same text as in en-US" in found.warnings[0].reason


def test_the_same_words_in_two_countries_of_one_language_are_no_matter(every_element: str) -> None:
    """en-US and en-CA may well use the same words."""
    first, _ = _blocks(every_element)
    assert cap.check(_with(every_element, first, first.replace("en-US", "en-CA"))) == cap.Check(valid=True)


def test_a_block_without_language_among_several_is_a_warning(every_element: str) -> None:
    """It counts as en-US, which the sender may not have meant; alone it is no matter."""
    found = cap.check(every_element.replace("<language>en-US</language>", "").encode())
    assert [p.element for p in found.warnings] == ["info[1]/language"]
    first, _ = _blocks(every_element)
    assert cap.check(_with(every_element, first.replace("<language>en-US</language>", ""))) == cap.Check(valid=True)


@pytest.mark.parametrize("element", ["urgency", "severity", "certainty", "effective", "onset", "expires"])
def test_a_later_block_that_overrides_an_earlier_one_is_a_warning(every_element: str, element: str) -> None:
    """Same language, event and area, another weight or time: receivers may keep either."""
    alert = cap.read(every_element.encode())
    english = alert.infos[0]
    other = {"urgency": "Future", "severity": "Minor", "certainty": "Likely"}
    later = english.model_copy(update={element: other.get(element, "2026-11-21T20:00:00-05:00")})
    found = cap.check(alert.model_copy(update={"infos": (english, later)}))
    assert found.valid
    assert [p.element for p in found.warnings] == [f"info[2]/{element}"]
    about = later.model_copy(update={"event": "Dam break"})
    assert cap.check(alert.model_copy(update={"infos": (english, about)})).warnings == ()
