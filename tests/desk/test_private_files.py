"""What a home holds is for its owner alone."""

from pathlib import Path

import pytest

from audiences.town import generate
from onevoice.desk.setup import upgrade
from onevoice.desk.wiring import Desk
from onevoice.ledger import audit
from onevoice.settings import Settings


def rights(path: Path) -> int:
    """Who may do what."""
    return path.stat().st_mode & 0o777


def test_a_new_home_is_its_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder, the keys, the database, the head of the chain, and a list of people."""
    home = tmp_path / "home"
    monkeypatch.setenv("ONEVOICE_HOME", str(home))
    said = list(upgrade())
    desk = Desk(Settings(home=home))
    with desk.ledger.write() as conn:
        audit.append(conn, desk.vault, actor="Ann", act="tried", subject="it")
        audit.anchor(conn, desk.vault, home / "audit.head")
    generate(home / "contacts.csv", 10, 1)
    found = {path.name: rights(path) for path in home.iterdir()}
    desk.ledger.close()

    assert rights(home) == 0o700
    assert {"keys.json", "onevoice.db", "audit.head", "contacts.csv"} <= set(found)
    assert set(found.values()) == {0o600}
    assert not [line for line in said if "chmod" in line]


def test_a_home_that_others_can_look_into_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be meant so; the command that changes it is named."""
    tmp_path.chmod(0o755)
    monkeypatch.setenv("ONEVOICE_HOME", str(tmp_path))
    assert f"chmod 700 {tmp_path}" in "\n".join(upgrade())
