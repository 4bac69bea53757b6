"""The approval page names who gets another text than their own, and what."""

from typing import Any

from fastapi.testclient import TestClient
from lxml import html

PATH = "/approve/river-flood-abc234-1"


def test_the_approver_reads_who_gets_what_instead(town: Any, web: TestClient) -> None:
    """By language and segment, with the reason; the number alone says too little to sign for."""
    people = {"in_area": 500, "reachable": 500, "unreachable": 0, "location_unknown": 0, "fallback": 121}
    arabic = {
        "language": "ar",
        "reads": "Arabic",
        "segment": "newcomers",
        "contacts": 120,
        "gets": "english",
        "number": True,
        "because": "machine draft; no person has translated it",
    }
    korean = arabic | {"language": "ko", "reads": "Korean", "contacts": 1, "gets": "held", "because": "<b>no</b> text"}
    town.submitted(town.alert(), people=people, fallback=[arabic, korean])
    tree: Any = html.fromstring(web.get(PATH).text)
    page = " ".join(tree.text_content().split())
    assert (
        "120 people who read Arabic get English with the phone number: "
        "machine draft; no person has translated it. (newcomers)"
    ) in page
    assert "1 person who reads Korean gets nothing yet: <b>no</b> text." in page
