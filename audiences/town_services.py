"""The directory of Millford, a town that does not exist: as good on any day as on the day it was written."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

from audiences import zones

ROOT = Path(__file__).resolve().parent.parent
_LATELY = 3
"""Days since its services were confirmed."""


def generate(file: Path, today: date) -> None:
    """Write the directory as HSDS 3 JSON, confirmed a few days before `today`."""
    services = json.loads((ROOT / zones.TOWN / "services.json").read_text(encoding="utf-8"))
    assured = {"assured_date": (today - timedelta(days=_LATELY)).isoformat(), "assurer_email": "desk@millford.example"}
    page = {"contents": [service | assured for service in services]}
    file.write_text(json.dumps(page, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
