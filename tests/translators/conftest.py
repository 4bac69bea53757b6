"""The small library of tests/words with its fixtures, and a desk with people who act on it."""

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import polib
import pytest

from onevoice.desk import officers
from onevoice.desk.officers import Actor
from onevoice.desk.setup import upgrade
from onevoice.desk.wiring import Desk
from onevoice.settings import Settings

_PATH = Path(__file__).parents[1] / "words" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("words_fixtures", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
_fixtures = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_fixtures)

translated = _fixtures.translated
words = _fixtures.words
content = _fixtures.content

SECRET = "correct horse battery"
PEOPLE = {"Ana Ruiz": "officer", "Lena Park": "reviewer", "Omar Haddad": "reviewer", "Sam Okafor": "approver"}


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a home with people who act; copied for each test."""
    home = tmp_path_factory.mktemp("office") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEVOICE_HOME", str(home))
        list(upgrade())
    desk = Desk(Settings(home=home))
    for name, role in PEOPLE.items():
        officers.add(desk, name, role, SECRET)
    desk.ledger.close()
    return home


@pytest.fixture
def desk(office: Path, words: Path, tmp_path: Path) -> Iterator[Desk]:
    """Open a desk on a copy of the small library."""
    made = Desk(Settings(home=Path(shutil.copytree(office, tmp_path / "home")), content=words))
    yield made
    made.ledger.close()


@pytest.fixture
def actor(desk: Desk) -> Callable[[str], Actor]:
    """Give somebody who has proved who they are."""
    return lambda name: officers.prove(desk, name, SECRET)


class Spanish:
    """The Spanish catalogue, for looking and changing."""

    def __init__(self, words: Path) -> None:
        self.path = words / "locales" / "es" / "LC_MESSAGES" / "messages.po"

    def entry(self, key: str) -> polib.POEntry:
        """Read one entry."""
        return next(e for e in polib.pofile(str(self.path)) if e.msgctxt == key and not e.obsolete)

    def set(self, key: str, **fields: object) -> None:
        """Change one entry as any editor would."""
        po = polib.pofile(str(self.path))
        entry = next(e for e in po if e.msgctxt == key)
        for name, value in fields.items():
            setattr(entry, name, value)
        po.save()

    def drafts(self) -> None:
        """Make everything a machine draft again."""
        po = polib.pofile(str(self.path))
        for entry in po:
            entry.tcomment = "provenance: machine-draft"
        po.save()


@pytest.fixture
def spanish(words: Path) -> Spanish:
    """Hand out the Spanish catalogue."""
    return Spanish(words)
