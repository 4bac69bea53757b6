"""A communication officer has changed a sentence: what that does, before anybody else sees it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onevoice.errors import Unusable
from onevoice.translators import changed as changed_

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onevoice.desk.wiring import Desk
    from onevoice.translators.changed import Changed, Text

_REF = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./@{}^~-]*")
_PARTS = ("templates", "locales")


def changed(desk: Desk, since: str = "HEAD") -> Changed:
    """What is different in the words since a state of them.

    Args:
        desk: whose content is looked at.
        since: a git revision, or a folder with templates/ and locales/.

    Raises:
        Unusable: there is no such state, or a file cannot be used.
    """
    from onevoice.compose import Content  # noqa: PLC0415 - Babel and Jinja are not needed by a sender
    from onevoice.wordlists import prepare_dictionary  # noqa: PLC0415 - as above

    prepare_dictionary(desk.settings.home)
    with _state(desk.settings.content_root, since) as folder:
        return changed_.changed(Content(folder), desk.content)


@contextmanager
def _state(root: Path, since: str) -> Iterator[Path]:
    given = Path(since)
    if all((given / part).is_dir() for part in _PARTS):
        yield given.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="onevoice-") as folder:
        with tarfile.open(fileobj=io.BytesIO(_archive(root, since))) as packed:
            packed.extractall(folder, filter="data")
        yield Path(folder)


def _archive(root: Path, since: str) -> bytes:
    git = shutil.which("git")
    remedy = "Name a git revision (HEAD, a tag, a commit), or a folder with an older templates/ and locales/."
    if git is None or not _REF.fullmatch(since):
        raise Unusable(f"There is no state {since!r} to compare with.", where="--since", remedy=remedy)
    done = subprocess.run(  # noqa: S603 - the program was looked up, and the revision cannot be an option
        [git, "-C", str(root), "archive", "--format=tar", since, "--", *_PARTS], capture_output=True, check=False
    )
    if done.returncode:
        raise Unusable(f"Git knows no state {since!r} of these words.", where="--since", remedy=remedy)
    return done.stdout


def to_json(found: Changed) -> dict[str, Any]:
    """As `templates changed --json` prints it."""
    return {
        "files": list(found.files),
        "edits": [edit._asdict() for edit in found.edits],
        "stale": {tag: list(keys) for tag, keys in found.stale.items()},
        "reading": [one.model_dump(mode="json") for one in found.reading],
        "words": [one.model_dump(mode="json") for one in found.words],
        "texts": [_text_json(text) for text in found.texts],
    }


def _text_json(text: Text) -> dict[str, Any]:
    special = ("findings", "segments", "left_out", "lost")
    plain = {name: value for name, value in vars(text).items() if name not in special}
    return plain | {
        "segments": text.segments._asdict() if text.segments else None,
        "left_out": list(text.left_out),
        "lost": list(text.lost),
        "findings": [one.model_dump(mode="json") for one in text.findings],
    }


def page(found: Changed) -> str:
    """Each touched text before and after, on one self-contained page."""
    from onevoice.desk.page import page as page_  # noqa: PLC0415 - only pages need Jinja

    shown: dict[tuple[str, str], list[Text]] = {}
    for text in found.texts:
        shown.setdefault((text.before, text.after), []).append(text)
    return page_("changed.html.j2").render(found=found, shown=list(shown.values()))
