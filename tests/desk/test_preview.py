import gc
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audiences.town import generate
from onevoice.desk import audience, draft, preview
from onevoice.desk.officers import Actor
from onevoice.desk.texts import Texts
from onevoice.desk.wiring import Desk
from onevoice.errors import Unusable
from onevoice.settings import Settings

EXAMPLE = "examples/river_flood_warning.yaml"
MARIA = Actor("Maria Solis", "manager")


@pytest.fixture(scope="module")
def seen(millford: Path, root: Path) -> Iterator[dict[str, Any]]:
    """The JSON of one preview, as a script reads it."""
    desk = Desk(Settings(home=millford, content=root))
    yield json.loads(json.dumps(preview.preview(desk, str(root / EXAMPLE)).to_json()))
    desk.ledger.close()


def test_the_whole_has_the_promised_shape(seen: dict[str, Any]) -> None:
    """Partners' scripts read these fields; none may go."""
    assert {"hazard", "kind", "status", "factset", "blocked", "people", "variants", "findings"} <= set(seen)
    assert (seen["hazard"], seen["kind"], seen["status"], seen["blocked"]) == (
        "river_flood",
        "warning",
        "Exercise",
        False,
    )
    assert seen["factset"].startswith("sha256:")
    assert {"in_area", "reachable", "unreachable", "fallback", "location_unknown"} <= set(seen["people"])
    assert all(isinstance(seen["people"][key], int) for key in ("in_area", "reachable", "unreachable", "fallback"))


def test_each_text_has_the_promised_shape(seen: dict[str, Any]) -> None:
    """Every text says for whom it is, what stands in it, where its facts stand, and what the checks found."""
    fields = {
        "id", "language", "tier", "means", "messenger", "segments", "contacts", "parts", "sms", "left_out",
        "readability", "provenance", "facts", "findings",
    }  # fmt: skip
    for text in seen["variants"]:
        assert fields <= set(text)
        assert {"measure", "score", "target", "verdict", "counts"} <= set(text["readability"])
        assert text["readability"]["verdict"] in {"pass", "fail", "not-measurable"}
        assert text["provenance"] in {"source", "machine-draft", "translated", "reviewed", "approved"}
        for finding in text["findings"]:
            assert {"rule", "severity", "scope", "message", "part", "span"} <= set(finding)


def test_only_text_messages_are_counted_in_segments(seen: dict[str, Any]) -> None:
    """Encoding, units and segments stand with text messages; a mail has subject, text and HTML."""
    for text in seen["variants"]:
        assert (text["sms"] is not None) == (text["means"] == "sms")
        if text["means"] == "email":
            assert {"subject", "text", "html"} <= set(text["parts"])
    encodings = {text["sms"]["encoding"] for text in seen["variants"] if text["sms"]}
    assert encodings == {"GSM-7", "UCS-2"}


def test_the_spans_of_a_fact_are_where_the_text_says_it(seen: dict[str, Any]) -> None:
    """Each span lies in its part; the link's spans hold the link, to the letter."""
    for text in seen["variants"]:
        spans = [span for fact in text["facts"].values() for span in fact["spans"]]
        assert spans
        assert all(0 <= start < end <= len(text["parts"][part]) for part, start, end in spans)
        for part, start, end in text["facts"].get("url", {"spans": []})["spans"]:
            assert text["parts"][part][start:end].startswith("http://127.0.0.1:8300/a/")


def test_the_value_of_a_fact_is_plain_text_and_the_same_in_every_variant(seen: dict[str, Any]) -> None:
    """A time carries its offset, a number its country; what a text says of itself is as it stands there."""
    values: dict[str, set[str]] = {}
    for text in seen["variants"]:
        for name, fact in text["facts"].items():
            assert isinstance(fact["value"], str)
            assert fact["value"]
            values.setdefault(name, set()).add(fact["value"])
    [act_by] = values["act_by"]
    assert datetime.fromisoformat(act_by).utcoffset() in (timedelta(hours=-4), timedelta(hours=-5))
    assert values["places"] == {"Old Mill, Riverside"}
    assert all(len(found) == 1 for name, found in values.items() if name in ("url", "help_phone", "expires"))


def test_the_numbers_of_people_add_up(seen: dict[str, Any], millford: Path, root: Path) -> None:
    """Who is reachable gets exactly one first text each; with the unreachable they are all who are meant."""
    people = seen["people"]
    told = sum(text["contacts"] for text in seen["variants"] if text["means"] != "page")
    desk = Desk(Settings(home=millford, content=root))
    prepared = preview.preview(desk, str(root / EXAMPLE)).prepared
    desk.ledger.close()

    assert told == people["reachable"] > 0
    assert people["unreachable"] == sum(people["by_reason"].values())
    assert people["reachable"] + people["unreachable"] == sum(people["by_segment"].values())
    assert sum(people["by_language"].values()) == sum(people["by_segment"].values())
    assert people["in_area"] + people["location_unknown"] <= people["reachable"] + people["unreachable"]
    assert people["fallback"] == prepared.fallback <= people["reachable"]


def test_what_was_understood_is_read_back(root: Path, desk: Desk) -> None:
    """Weekday, date and zone of every time; the area by name; what was filled in is marked."""
    desk.now = lambda: datetime(2026, 7, 1, 16, 0, tzinfo=UTC)
    lines = {line.label: line for line in preview.preview(desk, str(root / EXAMPLE)).read_back}

    assert lines["act_by"].value == "Wednesday 01 July 2026, 16:00 EDT (America/New_York)"
    assert (lines["act_by"].given, lines["expires"].given) == (True, False)
    assert lines["Area"].value == "Old Mill, Riverside"
    assert "Exercise" in lines["Status"].value
    assert (lines["Severity"].value, lines["Severity"].given) == ("Severe", False)
    assert not lines["Segments"].given


def test_a_draft_is_previewed_by_its_id_with_its_own_link(root: Path, desk: Desk) -> None:
    """What is previewed is what was drafted, not the file again."""
    step = draft.draft(desk, root / EXAMPLE, MARIA)

    seen = preview.preview(desk, step.id)

    assert seen.prepared.alert.id == step.id
    assert seen.prepared.alert.page_url.endswith(step.chain.rsplit("-", 1)[-1])


def test_nobody_in_the_area_blocks(root: Path) -> None:
    """An empty register is a reason to stop, and the preview says so."""
    from onevoice.desk.setup import upgrade

    list(upgrade())
    desk = Desk(Settings(content=root))

    seen = preview.preview(desk, str(root / EXAMPLE))

    assert seen.blocked
    assert [f.rule for f in seen.prepared.blocks] == ["C22"]
    desk.ledger.close()


def test_what_is_neither_a_file_nor_an_alert_is_said(desk: Desk) -> None:
    """A mistyped name is no traceback."""
    with pytest.raises(Unusable, match="There is no alert 'river'"):
        preview.preview(desk, "river")


def test_a_preview_of_two_thousand_never_holds_up_a_writer(home: Path, root: Path) -> None:
    """While it reads and composes, another connection writes again and again and never waits for it."""
    desk = Desk(Settings(home=home, content=root))
    generate(home / "more.csv", 2000, 3)
    audience.take_in(desk, home / "more.csv")
    longest = _Writer(home / "onevoice.db")
    longest.start()
    seen = preview.preview(desk, str(root / EXAMPLE))
    longest.stop()
    desk.ledger.close()

    assert seen.prepared.numbers.reachable > 300
    assert longest.writes > 5
    assert not longest.refused


class _Writer(threading.Thread):
    """Takes the write lock every few milliseconds, and would not wait half a second for it."""

    def __init__(self, database: Path) -> None:
        super().__init__()
        self.database, self.writes, self.refused = database, 0, 0
        self._over = threading.Event()

    def run(self) -> None:
        """Write until told to stop."""
        conn = sqlite3.connect(self.database, timeout=0.5, isolation_level=None)
        while not self._over.is_set():
            try:
                conn.execute("BEGIN IMMEDIATE")
                conn.execute("UPDATE control SET generation = generation + 1")
                conn.execute("COMMIT")
                self.writes += 1
            except sqlite3.OperationalError:
                self.refused += 1
            time.sleep(0.02)
        conn.close()

    def stop(self) -> None:
        """End it."""
        self._over.set()
        self.join()


def test_the_texts_of_a_version_do_not_outlive_it(millford: Path, root: Path) -> None:
    """A console that prepares one alert after the other would hold more and more."""
    before = _texts_in_memory()
    desk = Desk(Settings(home=millford, content=root))
    preview.preview(desk, str(root / EXAMPLE))
    desk.ledger.close()
    assert _texts_in_memory() == before


def _texts_in_memory() -> int:
    gc.collect()
    return sum(isinstance(one, Texts) for one in gc.get_objects())
