from pathlib import Path

import pytest

CORPUS = Path(__file__).parent / "corpus"


@pytest.fixture(scope="session")
def plain() -> str:
    """Return an alert without any error or warning."""
    return (CORPUS / "plain.xml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def every_element() -> str:
    """Return an alert in two languages that has every element of CAP 1.2, without any error or warning."""
    return (CORPUS / "every_element.xml").read_text(encoding="utf-8")
