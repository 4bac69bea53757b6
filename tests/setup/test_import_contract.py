import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("onevoice", "flows", "channels", "audiences", "console", "sandbox")
PACKAGES = ("desk", "dispatch", "checks", "checks/reading", "checks/hearing", "ledger", "localize")
MODULES = ("cli", "compose", "cap", "facts", "people", "settings", "errors", "template", "library", "catalogues")
READERS = ("checks.clock", "checks.numbers", "checks.sentences", "localize.voice", "localize.catalogue")

FORBIDDEN = {
    "onevoice.facts": ["onevoice.ledger", "onevoice.checks", "prefect", "sqlalchemy", "fastapi", "sandbox"],
    "onevoice.ledger.tables": ["onevoice.checks", "onevoice.cap", "onevoice.desk", "prefect"],
    "onevoice.checks.length": ["onevoice.compose", "onevoice.dispatch", "onevoice.cap", "sqlalchemy"],
    "onevoice.checks.reading.moments": ["onevoice.localize.voice", "onevoice.template", "onevoice.library"],
    "onevoice.checks.hearing.when": ["onevoice.localize.voice", "onevoice.compose"],
    "onevoice.compose": ["onevoice.dispatch", "channels", "audiences"],
    "onevoice.dispatch.claim": ["onevoice.compose", "channels", "textstat", "twilio", "onevoice.checks.readability"],
    "onevoice.desk.wiring": ["flows", "console", "onevoice.cli", "prefect", "sqlalchemy", "twilio"],
    "channels.twilio_sms": ["audiences", "onevoice.desk", "fastapi", "sqlalchemy", "prefect", "sandbox"],
    "audiences.contacts": ["channels", "onevoice.desk", "sqlalchemy"],
    "flows.release": ["console", "onevoice.cli", "sqlalchemy", "sandbox"],
    "console.pages": ["onevoice.cli", "prefect", "sqlalchemy", "sandbox"],
    "onevoice.cli": ["console", "prefect", "fastapi", "sqlalchemy", "sandbox"],
    "sandbox.sms": ["onevoice", "flows", "channels", "audiences", "console"],
}
ALLOWED = {
    "onevoice.cli": ["flows.release", "onevoice.desk", "typer"],
    "console.pages": ["onevoice.desk.wiring", "fastapi"],
    "flows.release": ["onevoice.desk.wiring", "prefect"],
    "onevoice.desk.wiring": ["channels", "audiences", "onevoice.compose", "onevoice.dispatch.claim", "onevoice.ledger"],
    "channels.twilio_sms": ["onevoice.dispatch.claim", "twilio"],
    "onevoice.compose": ["onevoice.checks.readability", "onevoice.ledger.tables", "onevoice.facts"],
    "onevoice.checks.readability": ["textstat"],
    "onevoice.dispatch.claim": ["onevoice.ledger.tables"],
    "onevoice.ledger.tables": ["sqlalchemy", "alembic", "onevoice.people"],
    "onevoice.facts": ["onevoice.errors", "pydantic"],
}


def _write(house: Path, imports: dict[str, list[str]]) -> None:
    """Lay out a house of empty rooms in which the named modules import what is listed."""
    for package in (*ROOMS, *(f"onevoice/{name}" for name in PACKAGES)):
        (house / package).mkdir()
        (house / package / "__init__.py").touch()
    for module in (*(f"onevoice.{name}" for name in (*MODULES, *READERS)), *FORBIDDEN, *ALLOWED):
        path = house / (module.replace(".", "/") + ".py")
        path.write_text("".join(f"import {name}\n" for name in imports.get(module, [])))


def _contracts(house: Path) -> subprocess.CompletedProcess[str]:
    """Check the house against the project's own contracts."""
    shutil.copy(ROOT / "pyproject.toml", house)
    code = (
        "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command; lint_imports_command()"
    )
    command = [sys.executable, "-P", "-c", code, "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=house, capture_output=True, text=True, timeout=120, check=False)


def test_the_arrows_of_the_design_are_allowed(tmp_path: Path) -> None:
    """Every import that the design asks for passes."""
    _write(tmp_path, ALLOWED)
    result = _contracts(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert " 0 broken" in result.stdout


@pytest.mark.parametrize(("module", "name"), [(module, name) for module in FORBIDDEN for name in FORBIDDEN[module]])
def test_an_import_against_the_arrows_breaks_the_contract(module: str, name: str, tmp_path: Path) -> None:
    """One wrong import in an otherwise right house is found, and named."""
    _write(tmp_path, ALLOWED | {module: [*ALLOWED.get(module, []), name]})
    result = _contracts(tmp_path)
    assert result.returncode != 0
    assert "BROKEN" in result.stdout, result.stdout + result.stderr
