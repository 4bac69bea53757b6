"""The README says what the code does."""

import ast
import re
from pathlib import Path

import pytest

from sandbox.behaviours import BEHAVIOURS, MAGIC, MAGIC_BLOCK
from sandbox.faults import ELSEWHERE, Fault
from sandbox.mailboxes import MAILBOXES
from sandbox.record import Entry
from sandbox.refusals import ERRORS

ROOM = Path(__file__).resolve().parents[2] / "sandbox"
README = (ROOM / "README.md").read_text()


def _written(option: str) -> bool:
    return bool(re.search(rf"`{option}[ `]", README))


@pytest.mark.parametrize("digits", MAGIC)
def test_a_magic_number_has_its_row(digits: str) -> None:
    """Number, behaviour and meaning stand in one row, in the words of the code."""
    number = f"+1 907 555 01{digits}"

    assert number.replace(" ", "") == MAGIC_BLOCK + digits
    assert f"| {number} | `{MAGIC[digits]}` | {BEHAVIOURS[MAGIC[digits]].meaning} |" in README


@pytest.mark.parametrize("local", MAILBOXES)
def test_a_magic_mailbox_has_its_row(local: str) -> None:
    """Address and meaning, in the words of the code."""
    assert f"| `{local}@` | {MAILBOXES[local].meaning} |" in README


@pytest.mark.parametrize("kind", [*BEHAVIOURS, *ELSEWHERE])
def test_a_fault_has_its_row(kind: str) -> None:
    """A behaviour without a number of its own, and what is no behaviour."""
    meaning = ELSEWHERE[kind][1] if kind in ELSEWHERE else BEHAVIOURS[kind].meaning

    assert re.search(rf"\| `{kind}` \| {re.escape(meaning)} \|", README)


@pytest.mark.parametrize("field", sorted({*Fault.__slots__} - {"kind"}))
def test_a_field_of_a_fault_is_explained(field: str) -> None:
    """What can be asked of a fault."""
    assert f"`{field}`" in README


def test_every_option_is_explained() -> None:
    """Each option of the command line stands in the README."""
    options = re.findall(r'add\("(--[a-z-]+)"', (ROOM / "options.py").read_text())

    assert len(options) > 15
    assert [option for option in options if not _written(option)] == []


def test_every_error_code_is_named() -> None:
    """Each code with which the service refuses."""
    assert [code for code in ERRORS if str(code) not in README] == []


def test_every_field_of_an_entry_is_explained() -> None:
    """The record can be read with the README alone."""
    fields = {"from" if name == "sender" else name for name in Entry.__slots__}

    assert [field for field in fields if f"`{field}`" not in README] == []


def _words_written() -> set[str]:
    """Collect services and events from every call that writes to the record."""
    found: set[str] = set()
    for module in ROOM.glob("*.py"):
        for call in (node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call)):
            if getattr(call.func, "attr", getattr(call.func, "id", "")) in {"write", "_tell", "_tell_all"}:
                words = [node.value for part in call.args for node in ast.walk(part) if isinstance(node, ast.Constant)]
                found |= {str(word) for word in words if re.fullmatch("[a-z-]+", str(word))}
    return found


def test_every_event_is_listed() -> None:
    """Each service and event that the code writes stands in the table."""
    told = {word for line in README.splitlines() if line.count("|") == 4 for word in re.findall(r"[a-z-]+", line)}
    written = _words_written()

    assert {"accepted", "refused", "status", "looked", "posted", "forged", "opt-out", "started"} <= written
    assert written <= told
