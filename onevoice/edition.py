"""The edition of a library: one hash over all files of words. Where two have the same, they say the same.

Files may be edited while a library is open, which goes on with what it has read. So how they were is noted when it is
opened, by what the file system says of each (an edit cannot set the time of its own change back), and they are hashed
only where an edition is asked for.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

FOLDERS = ("templates", "locales")
"""Where words are. Names of places and of who speaks (audiences/) come to a text with the alert and the messenger."""

LIBRARIES = (
    "babel", "jinja2", "markupsafe", "phonenumbers", "polib", "pydantic", "pydantic_core", "pyphen", "pytz", "pyyaml",
    "regex", "textstat", "wordfreq",
)  # fmt: skip
"""Packages whose next version may write, read or measure a text otherwise."""

_PACKAGE = Path(__file__).resolve().parent


class Noted(NamedTuple):
    """A file as the file system has it: path below the root, size, and what changes with each edit."""

    path: str
    size: int
    modified_ns: int
    changed_ns: int
    inode: int


def note(root: Path, folders: Iterable[str] = FOLDERS) -> tuple[Noted, ...]:
    """All files of words below a root, in order; what Python and we keep beside them is none."""
    return tuple(sorted(found for folder in folders for found in _below(root, root / folder)))


def _below(root: Path, top: Path) -> Iterator[Noted]:
    for place, folders, files in os.walk(top):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in files:
            path = os.path.join(place, name)  # noqa: PTH118 - a thousand files, each time a library is opened
            found = os.stat(path)  # noqa: PTH116 - as above
            yield Noted(os.path.relpath(path, root), found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def digest(root: Path, noted: tuple[Noted, ...]) -> str:
    """Hash over what stands in the files that were noted, as hex digits.

    Raises:
        OSError: a file is there no more, or cannot be read.
    """
    hashed = hashlib.sha256()
    for file in noted:
        content = (root / file.path).read_bytes()
        hashed.update(f"{file.path}\0{len(content)}\0".encode() + content)
    return hashed.hexdigest()


_AT_START = note(_PACKAGE, [""])
"""Our own files as they were when this process loaded them."""


def code() -> str:
    """Hash over everything that composes and checks: another program may say and find something else.

    Where a new version was put in its place since this process began, nobody can say which one speaks: then it is a
    hash that nothing else has.
    """
    return _code() if note(_PACKAGE, [""]) == _AT_START else secrets.token_hex(32)


@cache
def _code() -> str:
    hashed = hashlib.sha256(repr([sys.version, *(version(name) for name in LIBRARIES)]).encode())
    hashed.update(digest(_PACKAGE, _AT_START).encode())
    return hashed.hexdigest()
