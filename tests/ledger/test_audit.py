import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from onevoice.ledger import audit
from onevoice.ledger.engine import Ledger
from onevoice.ledger.vault import Vault

GUARDS = ("audit_no_update", "audit_no_delete")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An upgraded ledger without the triggers that guard the chain: as it is for a thief of the file."""
    made = Ledger.open(f"sqlite:///{tmp_path / 'onevoice.db'}")
    made.upgrade()
    with made.write() as conn:
        for guard in GUARDS:
            conn.exec_driver_sql(f"DROP TRIGGER {guard}")
    yield made
    made.close()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """New keys."""
    return Vault.create(tmp_path / "keys.json")


@pytest.fixture
def anchor(ledger: Ledger, vault: Vault, tmp_path: Path) -> Path:
    """A chain of eight entries, and the anchor that was written after them."""
    for number in range(8):
        with ledger.write() as conn:
            audit.append(
                conn, vault, actor="ana", act="drafted", subject=f"a-{number}", detail={"n": number, "é": [1.5]}
            )
    path = tmp_path / "audit.head"
    with ledger.read() as conn:
        audit.anchor(conn, vault, path)
    return path


def problems(ledger: Ledger, vault: Vault, anchor: Path | None) -> str:
    """What the check finds, in one line."""
    with ledger.read() as conn:
        return " ".join(audit.verify(conn, vault, anchor).problems)


def change(ledger: Ledger, *statements: str) -> None:
    """Change rows behind everybody's back."""
    with ledger.write() as conn:
        for statement in statements:
            conn.execute(text(statement))


def test_an_untouched_chain_is_whole(ledger: Ledger, vault: Vault, anchor: Path) -> None:
    """Every entry follows the one before, and the count and the head are the anchor's."""
    with ledger.read() as conn:
        found = audit.verify(conn, vault, anchor)
    assert (found.whole, found.count) == (True, 8)
    assert json.loads(anchor.read_text())["head"] == found.head


def test_an_empty_chain_is_whole(ledger: Ledger, vault: Vault) -> None:
    """Nothing written is nothing wrong."""
    assert problems(ledger, vault, None) == ""


CHANGES = [
    "UPDATE audit SET at = at + 1 WHERE id = 4",
    "UPDATE audit SET actor = 'eve' WHERE id = 4",
    "UPDATE audit SET act = 'approved' WHERE id = 4",
    "UPDATE audit SET subject = 'a-9' WHERE id = 4",
    "UPDATE audit SET detail = '{}' WHERE id = 4",
    "UPDATE audit SET previous = 'x' WHERE id = 4",
    "UPDATE audit SET hash = 'x' WHERE id = 4",
    "DELETE FROM audit WHERE id = 4",
    "DELETE FROM audit WHERE id = 1",
    "DELETE FROM audit WHERE id = 8",
    "DELETE FROM audit WHERE id > 2",
    "DELETE FROM audit",
    "UPDATE audit SET id = 99 WHERE id = 4",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_every_change_and_every_deletion_is_found(ledger: Ledger, vault: Vault, anchor: Path, statement: str) -> None:
    """Any column of any entry, any entry taken out, the last ones too."""
    change(ledger, statement)
    assert problems(ledger, vault, anchor)


def test_two_entries_changed_for_one_another_are_found(ledger: Ledger, vault: Vault, anchor: Path) -> None:
    """The content of an entry belongs to its number."""
    change(
        ledger,
        "UPDATE audit SET id = 100 WHERE id = 3",
        "UPDATE audit SET id = 3 WHERE id = 4",
        "UPDATE audit SET id = 4 WHERE id = 100",
    )
    assert "does not follow" in problems(ledger, vault, anchor)


def test_a_chain_rewritten_with_other_keys_is_found(ledger: Ledger, vault: Vault, anchor: Path, tmp_path: Path) -> None:
    """Whoever writes a whole new chain without our keys is found at its first entry."""
    change(ledger, "DELETE FROM audit")
    forger = Vault.create(tmp_path / "other.json")
    with ledger.write() as conn:
        for _ in range(8):
            audit.append(conn, forger, actor="ana", act="drafted", subject="a", detail={})
    assert "Entry 1 is not what was written" in problems(ledger, vault, anchor)


def test_entries_taken_away_and_replaced_are_found_by_the_anchor(ledger: Ledger, vault: Vault, anchor: Path) -> None:
    """Even with our keys the past cannot be written anew under an anchor that somebody kept."""
    change(ledger, "DELETE FROM audit WHERE id = 8")
    with ledger.write() as conn:
        audit.append(conn, vault, actor="eve", act="drafted", subject="a", detail={})
    assert problems(ledger, vault, None) == ""
    assert "not the one that the anchor names" in problems(ledger, vault, anchor)


@pytest.mark.parametrize("text_", ["", "{}", "[]", '{"count": 2, "head": "x", "signature": "y"}'])
def test_a_missing_or_forged_anchor_is_a_problem_itself(ledger: Ledger, vault: Vault, anchor: Path, text_: str) -> None:
    """Taking the anchor away does not help."""
    anchor.write_text(text_)
    assert "anchor" in problems(ledger, vault, anchor)
    anchor.unlink()
    assert "anchor is missing" in problems(ledger, vault, anchor)


def test_the_anchor_grows_and_never_gets_shorter(ledger: Ledger, vault: Vault, anchor: Path) -> None:
    """After a deletion the anchor still says how long the chain was."""
    change(ledger, "DELETE FROM audit WHERE id > 5")
    with ledger.read() as conn:
        audit.anchor(conn, vault, anchor)
    assert json.loads(anchor.read_text())["count"] == 8
    assert "The last 3 entries are missing" in problems(ledger, vault, anchor)


def test_an_entry_is_written_with_its_act_or_not_at_all(ledger: Ledger, vault: Vault) -> None:
    """When the act's transaction breaks off there is no entry either."""
    with ledger.write() as conn, conn.begin_nested() as half:
        audit.append(conn, vault, actor="ana", act="released", subject="a", detail={})
        half.rollback()
    with ledger.read() as conn:
        assert audit.verify(conn, vault).count == 0


APPEND = """
import sys
from pathlib import Path
from onevoice.ledger import audit
from onevoice.ledger.engine import Ledger
from onevoice.ledger.vault import Vault
ledger, vault = Ledger.open(sys.argv[1]), Vault.load(Path(sys.argv[2]))
for number in range(25):
    with ledger.write() as conn:
        audit.append(conn, vault, actor="worker", act="test", subject=str(number))
"""


@pytest.mark.slow
def test_several_writers_make_one_chain(ledger: Ledger, vault: Vault, tmp_path: Path) -> None:
    """Four processes that append at the same time never fork the chain."""
    arguments = [sys.executable, "-c", APPEND, f"sqlite:///{tmp_path / 'onevoice.db'}", str(tmp_path / "keys.json")]
    writers = [subprocess.Popen(arguments) for _ in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    with ledger.read() as conn:
        found = audit.verify(conn, vault)
    assert (found.count, found.problems) == (100, ())
