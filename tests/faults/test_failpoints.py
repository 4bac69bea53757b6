"""Fail-points do nothing unless a test's own program arms them, and never where sending is live."""

import ast
from pathlib import Path

import pytest

from onevoice.errors import Refused
from onevoice.failpoint import Point, arm, failpoint, refuse_armed
from onevoice.settings import Mode

ROOMS = ("onevoice", "flows", "channels", "audiences", "console", "sandbox")


@pytest.fixture(autouse=True)
def _disarmed() -> object:
    """Leave nothing armed behind."""
    yield
    arm(None, Mode.EXERCISE)


def test_it_does_nothing_until_it_is_armed() -> None:
    """Armed it tells of every point that is passed; disarmed it is silent again."""
    passed: list[Point] = []
    failpoint(Point.CALL_BEGINS)
    arm(passed.append, Mode.EXERCISE)
    failpoint(Point.CALL_BEGINS)
    arm(None, Mode.EXERCISE)
    failpoint(Point.CALL_ANSWERED)
    assert passed == [Point.CALL_BEGINS]


def test_a_live_deployment_cannot_be_armed() -> None:
    """Arming is refused, and so is a live sender in a process that is armed for something else."""
    with pytest.raises(Refused, match="where sending is live"):
        arm(lambda _point: None, Mode.LIVE)
    refuse_armed(Mode.LIVE)
    arm(lambda _point: None, Mode.TEST)
    refuse_armed(Mode.TEST)
    with pytest.raises(Refused, match="sends nothing live"):
        refuse_armed(Mode.LIVE)


def _names(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    found |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return found | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_nothing_that_is_shipped_arms_them(root: Path) -> None:
    """No module of any room imports or calls `arm`; only the harness does, and the wheel does not hold it."""
    modules = [path for room in ROOMS for path in (root / room).rglob("*.py")]
    armed = [str(path.relative_to(root)) for path in modules if "arm" in _names(path)]
    assert armed == []
    assert "arm" in _names(root / "faults" / "worker.py")


def test_every_point_is_passed_somewhere(root: Path) -> None:
    """A point that no code calls would make its test one that cannot fail."""
    text = "".join(p.read_text(encoding="utf-8") for room in ROOMS for p in (root / room).rglob("*.py"))
    assert [point.name for point in Point if f"failpoint(Point.{point.name})" not in text] == []
