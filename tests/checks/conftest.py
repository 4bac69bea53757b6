"""The fixtures of tests/words, which cannot be imported by name; the real words, and what is heard by them."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from audiences.messengers import messengers
from onevoice.alert import Alert
from onevoice.checks import hearing
from onevoice.compose import Content

_ROOT = Path(__file__).resolve().parents[2]
_PATH = Path(__file__).parents[1] / "words" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("words_fixtures", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
_fixtures = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_fixtures)

translated = _fixtures.translated
words = _fixtures.words
content = _fixtures.content
authority = _fixtures.authority
alert = _fixtures.alert
moment = _fixtures.moment
named = _fixtures.named

Hear = Callable[[Alert, str, str], hearing.Heard]


@pytest.fixture(scope="session")
def library() -> Content:
    """The words that OneVoice really has."""
    return Content(_ROOT)


@pytest.fixture(scope="session")
def zones() -> dict[str, dict[str, str]]:
    """The names of every place of the town, by its id."""
    plain = json.loads((_ROOT / "audiences/town/zones.geojson").read_text(encoding="utf-8"))
    return {f["properties"]["id"]: f["properties"]["names"] for f in plain["features"]}


@pytest.fixture(scope="session")
def hear(library: Content, zones: dict[str, dict[str, str]]) -> Hear:
    """What is heard in somebody's text about an alert; SOURCE and LINK stand for the alert's own."""
    authority = messengers(_ROOT)["millford-em"]

    def heard(alert: Alert, language: str, text: str) -> hearing.Heard:
        named = text.replace("SOURCE", authority.name(language)).replace("LINK", alert.page_url)
        return hearing.hear(
            hearing.Question(
                text=named, alert=alert, library=library, authority=authority, language=language, zones=zones,
                needed=alert.actions,
            )
        )  # fmt: skip

    return heard
