"""docs/reliability.md is what the last full run saw, and leaves no fault out."""

import json
import re
from pathlib import Path

import pytest

from faults.catalogue import EVERY, Fault
from faults.page import PAGE, SEEN, gather, main, page


def test_the_page_is_made_of_what_was_seen() -> None:
    """Written by hand it would differ."""
    assert PAGE.read_text(encoding="utf-8") == page(json.loads(SEEN.read_text(encoding="utf-8")))


def test_every_fault_has_a_row_and_says_whether_it_was_tried() -> None:
    """F1 to F34, F40 to F53: tried here, tested elsewhere in a file that is there, or called not tested."""
    rows = dict(re.findall(r"^\| (F\d+) \|.*\| ([^|]*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert rows.keys() == {fault.id for fault in EVERY}
    assert {f"F{number}" for number in range(1, 54)} == rows.keys()
    assert all(re.search(r"\d+ runs?|not tested|tested in tests/", row) for row in rows.values())


@pytest.mark.every_case
@pytest.mark.parametrize("fault", [fault for fault in EVERY if fault.elsewhere], ids=lambda fault: fault.id)
def test_where_it_is_tested_elsewhere_there_is_a_test(root: Path, fault: Fault) -> None:
    """The file or folder that is named is there."""
    assert (root / fault.elsewhere.split(" ")[0]).exists()


def test_a_failure_is_told_and_a_fault_without_a_run_is_not_tested(tmp_path: Path) -> None:
    """Nothing is made better than it was."""
    line = {"faults": ["F2"], "test": "t", "outcome": "failed", "at": "2026-01-01T00:00:00", "database": "sqlite"}
    (tmp_path / "1.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    text = page(gather(tmp_path))
    assert "| F2 |" in text
    assert "**1 failed**: t" in text
    assert re.search(r"\| F3 \|.*\*\*not tested\*\*", text)


def test_a_run_of_a_piece_keeps_what_was_seen_of_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fault has the day on which it was tried last."""
    pieces = [("F2", "passed", "2026-01-01"), ("F3", "failed", "2026-01-02")]
    monkeypatch.setattr("faults.page.SEEN", tmp_path / "seen.json")
    monkeypatch.setattr("faults.page.PAGE", tmp_path / "page.md")
    (tmp_path / "seen.json").write_text('{"faults": {}}', encoding="utf-8")
    for fault, outcome, day in pieces:
        line = {"faults": [fault], "test": "t", "outcome": outcome, "at": f"{day}T00:00:00"}
        (tmp_path / day).mkdir()
        (tmp_path / day / "1.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
        assert main(tmp_path / day) == (outcome == "failed")
    rows = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert re.search(r"F2 \|.*2026-01-01: 1 run, all hold", rows)
    assert re.search(r"F3 \|.*2026-01-02: 1 run, \*\*1 failed", rows)
