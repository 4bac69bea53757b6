"""A release and a sender start quickly: they load nothing that makes, checks or places texts, or tables."""

import subprocess
import sys
from typing import Any

import pytest

from onevoice.desk import approve, draft, submit
from onevoice.desk.officers import Actor

EXAMPLE = "examples/river_flood_warning.yaml"
MARIA, SAM = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver")
MAKERS = {
    "alembic", "babel", "jinja2", "numpy", "phonenumbers", "polib", "shapely", "textstat",
    "onevoice.checks", "onevoice.compose", "onevoice.desk.prepare", "onevoice.desk.submit",
}  # fmt: skip
CODE = """
import sys
sys.argv = ["onevoice", *sys.argv[1:]]
from onevoice import cli
try:
    cli.main()
finally:
    print("LOADED", *sys.modules, file=sys.stderr)
"""


@pytest.fixture
def approved(deployment: Any) -> str:
    """Have an alert approved."""
    desk = deployment.desk
    alert = draft.draft(desk, desk.settings.content_root / EXAMPLE, MARIA).id
    submit.submit(desk, alert, MARIA)
    approve.approve(desk, alert, SAM)
    return alert


def test_neither_a_release_nor_a_sender_loads_what_makes_texts(approved: str, deployment: Any) -> None:
    """On the night seconds count, and neither needs a template, a check or a map."""
    for words in (("alert", "release", approved, "--no-send", "--as", "Maria Solis"), ("send-due", "--once")):
        done = subprocess.run(
            [sys.executable, "-c", CODE, *words],
            capture_output=True,
            text=True,
            env=deployment.environment | {"ONEVOICE_SECRET": "correct horse battery"},
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        loaded = set(done.stderr.partition("LOADED")[2].split())
        assert "sqlalchemy" in loaded
        assert not loaded & MAKERS, words
