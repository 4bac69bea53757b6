"""The fixtures of tests/words: the small library, and alerts that use it. Conftests cannot be imported by name."""

import importlib.util
from pathlib import Path

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
