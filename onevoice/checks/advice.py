"""What each rule means to an officer, and how a finding of it is mended: `advice.yaml`, shown in docs/findings.md."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from onevoice.people import Frozen


class Advice(Frozen):
    """For one rule: what a finding of it means for people, what to do, and how it looks when it is right."""

    means: str
    mend: str
    example: str


@cache
def advice() -> dict[str, Advice]:
    """Rule → advice."""
    content = Path(__file__).with_name("advice.yaml").read_text(encoding="utf-8")
    return {rule: Advice.model_validate(entry) for rule, entry in yaml.safe_load(content).items()}
