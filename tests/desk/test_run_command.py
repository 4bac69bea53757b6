"""`onevoice alert run`: all four steps of an exercise in one command, to the end."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.testing import Sandbox

EXAMPLE = "examples/river_flood_warning.yaml"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """Start a sandbox in which every text message arrives, and soon: there is no receipt to wait for in vain."""
    options = ("--delay-scale", "0.05", "--no-magic", "--shares", "100,0,0,0")
    with Sandbox(tmp_path / "record.jsonl", *options) as running:
        yield running


def delivered_texts(deployment: Any) -> int:
    """Count the text messages that have arrived, as the ledger says."""
    sql = "SELECT count(*) FROM delivery WHERE means = 'sms' AND state = 'delivered'"
    with deployment.desk.ledger.read() as conn:
        return int(conn.exec_driver_sql(sql).scalar_one())


def test_it_drafts_submits_approves_sends_and_waits_to_the_end(deployment: Any, root: Path) -> None:
    """Its answer is the status when nothing more is to come; the provider's own record says the same."""
    done = deployment.onevoice("alert", "run", str(root / EXAMPLE), "--json")
    found = json.loads(done.stdout)

    assert (done.returncode, found["state"]) == (0, "completed")
    counts = found["deliveries"]
    assert counts["delivered"] > 0
    assert not any(counts[word] for word in ("planned", "submitting", "unknown", "retry_wait", "parked"))
    texts = [e for e in deployment.sandbox.entries("sms", "accepted") if "Approval needed" not in e.body]
    assert len(texts) == delivered_texts(deployment)
    verdicts = [(one["verdict"], one["by"]) for one in found["verdicts"]]
    assert verdicts == [("approved", "exercise deputy")]


def test_a_real_alert_is_refused(deployment: Any, root: Path, tmp_path: Path) -> None:
    """Nobody is played where people could be warned: status 1, a sentence, and nothing is stored."""
    real = tmp_path / "real.yaml"
    real.write_text((root / EXAMPLE).read_text(encoding="utf-8").replace("Exercise", "Actual"), encoding="utf-8")

    done = deployment.onevoice("alert", "run", str(real), "--json")

    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert not json.loads(deployment.onevoice("alert", "list", "--json").stdout)
    assert not deployment.sandbox.entries("sms", "accepted")
