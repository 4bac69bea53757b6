import ast
import importlib
import itertools
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from sqlalchemy import make_url

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS: list[str] = PROJECT["tool"]["importlinter"]["root_packages"]
LOCKS = ("requirements.lock", "requirements-dev.lock")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))

MEDIAN_FUNCTION, LARGE_FUNCTION, LARGEST_MODULE = 8, 30, 400
LONGER_WITH_REASON: dict[str, str] = {}
"""Modules above 400 lines: path -> why one long module reads better than two."""

HEAVY = {"prefect", "sqlalchemy", "babel", "textstat", "nltk", "phonenumbers", "fastapi", "shapely", "twilio", "lxml"}


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


# --- The rooms and their names


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_found_in_the_checkout_from_any_folder(room: str, tmp_path: Path) -> None:
    """No package of the lock has the name of a room, as textstat has `tests`."""
    code = f"import importlib.util as u; print(u.find_spec({room!r}).origin)"
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()) == ROOT / room / "__init__.py"


def test_the_wheel_holds_exactly_the_rooms() -> None:
    """A room that is checked is shipped, and the other way round."""
    assert sorted(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == sorted(ROOMS)


def test_every_module_of_onevoice_stands_in_the_layers() -> None:
    """A module that no layer names would escape the import contract."""
    layers = next(c["layers"] for c in PROJECT["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    named = set(re.findall(r"onevoice\.(\w+)", " ".join(layers)))
    onevoice = ROOT / "onevoice"
    there = {path.relative_to(onevoice).parts[0].removesuffix(".py") for path in onevoice.rglob("*.py")}
    assert there - named - {"__init__"} == set()


def test_no_flow_module_is_named_like_a_folder_of_the_checkout() -> None:
    """Prefect puts a flow's folder on the path, where its name would shadow the room."""
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert {path.stem for path in (ROOT / "flows").rglob("*.py")} & folders == set()


def test_no_flow_module_postpones_its_annotations() -> None:
    """`from __future__ import annotations` breaks a flow's Pydantic parameters, and only when it runs."""
    assert [_name(path) for path in (ROOT / "flows").rglob("*.py") if "__future__" in _imported(_tree(path))] == []


def test_tests_are_no_package() -> None:
    """An `__init__.py` under tests/ would shadow the room of the same name; `import tests` would find textstat's."""
    assert [_name(path) for path in (ROOT / "tests").rglob("__init__.py")] == []
    paths = [*MODULES, *(ROOT / "tests").rglob("*.py")]
    assert [
        _name(path) for path in paths if any(name.split(".")[0] == "tests" for name in _imported(_tree(path)))
    ] == []


# --- Entry points


@pytest.mark.skipif(not (ROOT / "prefect.yaml").is_file(), reason="no prefect.yaml yet")
def test_every_entrypoint_in_prefect_yaml_is_a_module_path_that_can_be_imported() -> None:
    """`flows.release:release` works from any folder; `flows/release.py:release` does not."""
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert deployments
    for entrypoint in (deployment["entrypoint"] for deployment in deployments):
        assert re.fullmatch(r"flows(\.\w+)+:\w+", entrypoint), entrypoint
        module, _, flow = entrypoint.partition(":")
        assert hasattr(importlib.import_module(module), flow), entrypoint


def _at_module_level(tree: ast.Module) -> Iterator[str]:
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield from _imported(statement)


@pytest.mark.skipif(not (ROOT / "onevoice/cli.py").is_file(), reason="no onevoice/cli.py yet")
def test_the_command_line_starts_light() -> None:
    """At module level it imports typer and the standard library, so `--help` and a typing error answer at once."""
    tops = {name.split(".")[0] for name in _at_module_level(_tree(ROOT / "onevoice/cli.py"))}
    assert tops - sys.stdlib_module_names == {"typer"}
    code = "import sys, onevoice.cli; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) & HEAVY == set()


# --- Locks


def _locked(lock: str) -> dict[str, set[str]]:
    """Read the names and versions of a lock; one name may have several versions with different markers."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_a_pinned_package_with_hashes(lock: str) -> None:
    """Nothing is installed that was not seen when the lock was made, and no host is written down."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert "file:" not in text
    for entry in text.replace("\\\n", " ").splitlines():
        assert re.fullmatch(r"[\w.-]+==\S+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*", entry), entry[:80]


def test_the_locks_hold_what_the_project_asks_for() -> None:
    """A library that was added to pyproject.toml without `make lock` is found here."""
    project, extras = PROJECT["project"], PROJECT["project"]["optional-dependencies"]
    wanted = {"requirements.lock": project["dependencies"], "requirements-dev.lock": itertools.chain(*extras.values())}
    for lock, lines in wanted.items():
        locked = _locked(lock)
        for requirement in map(Requirement, lines):
            versions = locked.get(canonicalize_name(requirement.name), set())
            if requirement.name != project["name"]:
                assert any(requirement.specifier.contains(v, prereleases=True) for v in versions), requirement


def test_the_drivers_of_both_databases_are_shipped() -> None:
    """SQLAlchemy imports a driver by the address of the database: no import of ours names it, and no lint misses it."""
    drivers = {make_url(url).get_dialect().driver for url in ("sqlite:///a.db", "postgresql+psycopg://host/name")}
    assert drivers == {"pysqlite", "psycopg"}  # pysqlite is the `sqlite3` of Python itself
    assert {"psycopg", "psycopg-binary"} <= set(_locked("requirements.lock"))


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    """What stands in both locks stands there in the same version."""
    shipped, tested = map(_locked, LOCKS)
    assert {name: tested.get(name) for name in shipped} == shipped


# --- Size


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines from `def` to the end, without the docstring: documentation is not what makes code long."""
    first = function.body[0]
    documented = first.end_lineno - first.lineno + 1 if _is_docstring(first) and first.end_lineno else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - documented


def _sizes() -> dict[str, int]:
    return {
        f"{_name(path)}:{node.lineno} {node.name}": _lines(node)
        for path in MODULES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_functions_are_small() -> None:
    """Half of all functions have at most 8 lines, and 95 of 100 at most 30."""
    sizes = _sizes()
    longest = sorted(sizes, key=lambda name: -sizes[name])[:10]
    assert statistics.median(sizes.values()) <= MEDIAN_FUNCTION
    assert statistics.quantiles(sizes.values(), n=20, method="inclusive")[-1] <= LARGE_FUNCTION, longest


def test_modules_are_small() -> None:
    """A module has at most 400 lines, or a written reason."""
    lengths = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    too_long = {name: length for name, length in lengths.items() if length > LARGEST_MODULE}
    assert set(too_long) == set(LONGER_WITH_REASON), too_long
