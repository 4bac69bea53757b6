"""Power loss: what SQLite has asked the disk to keep, and nothing else, is there afterwards.

A child that watches notes at each `fsync` of database or WAL what then stands in the file. When the power goes, all
children are killed, and the files become what was synced last: every byte that was only written is gone. SQLite's own
calls are watched, through a VFS that does what the usual one does.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from onevoice.ledger import engine

FILES = ("onevoice.db", "onevoice.db-wal")
FOLDER = "synced"
_OPEN_SLOT, _SYNC_SLOT = 0, 4
"""Which pointers of the two tables below are replaced: xOpen, xSync."""


class _Vfs(ctypes.Structure):
    """struct sqlite3_vfs, https://sqlite.org/c3ref/vfs.html; `calls` begins with xOpen."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("calls", ctypes.c_void_p * 16),
    )


class _Methods(ctypes.Structure):
    """struct sqlite3_io_methods, https://sqlite.org/c3ref/io_methods.html; `calls` begins with xClose."""

    _fields_ = (("version", ctypes.c_int), ("calls", ctypes.c_void_p * 18))


_Open = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_read: dict[Path, int] = {}
_kept: list[Any] = []
"""What SQLite points at must not be collected."""


def begin(home: Path) -> None:
    """Note what is in the files now: all of it is on the disk."""
    (home / FOLDER).mkdir()
    for name in FILES:
        if (home / name).exists():
            shutil.copyfile(home / name, home / FOLDER / name)


def lose(home: Path) -> None:
    """The power has gone, and nobody runs any more: only what was synced is left."""
    for name in FILES:
        (home / name).unlink(missing_ok=True)
        if (home / FOLDER / name).exists():
            shutil.copyfile(home / FOLDER / name, home / name)
            (home / name).chmod(0o600)
    (home / "onevoice.db-shm").unlink(missing_ok=True)


def watch() -> None:
    """From now on this process notes what it syncs, for every database in whose folder `begin` was called."""
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    usual = library.sqlite3_vfs_find(None).contents
    own = _Vfs.from_buffer_copy(usual)
    own.name = b"watched"
    opened = _Open(_opening(_Open(usual.calls[_OPEN_SLOT])))
    own.calls[_OPEN_SLOT] = ctypes.cast(opened, ctypes.c_void_p).value
    _kept.extend((own, opened))
    if library.sqlite3_vfs_register(ctypes.byref(own), 1):
        raise RuntimeError("SQLite does not take our VFS")


def _opening(usual: Callable[..., int]) -> Callable[..., int]:
    def opens(vfs: int, name: int | None, file: int, flags: int, said: int) -> int:
        status = usual(vfs, name, file, flags, said)  # SQLite keeps the name where it is: no copy of it will do
        path = Path(ctypes.string_at(name).decode()) if name else Path()
        methods = ctypes.c_void_p.from_address(file)
        if status == 0 and methods.value and path.name in FILES and (path.parent / FOLDER).is_dir():
            methods.value = ctypes.addressof(_watched(methods.value, path))
        return status

    return opens


def _watched(methods: int, path: Path) -> _Methods:
    """The methods of an open file, but that each sync is noted."""
    own = _Methods.from_buffer_copy((ctypes.c_char * ctypes.sizeof(_Methods)).from_address(methods))
    usual = _Sync(own.calls[_SYNC_SLOT])

    def syncs(file: int, flags: int) -> int:
        status: int = usual(file, flags)
        if status == 0:
            _note(path)
        return status

    synced = _Sync(syncs)
    own.calls[_SYNC_SLOT] = ctypes.cast(synced, ctypes.c_void_p).value
    _kept.extend((own, synced))
    return own


def _note(path: Path) -> None:
    """Under the write lock, so one at a time; a kill in the middle leaves what was noted before.

    Its descriptor stays open: to close it would take away the locks that SQLite holds on the same file.
    """
    if path not in _read:
        _read[path] = os.open(path, os.O_RDONLY)
    half = path.parent / FOLDER / f"{path.name}.half"
    half.write_bytes(os.pread(_read[path], os.fstat(_read[path]).st_size, 0))
    half.replace(path.parent / FOLDER / path.name)


def never_sync() -> None:
    """A ledger with synchronous=NORMAL, as most programs have it: it syncs its WAL at checkpoints alone."""
    usual = engine._pragmas  # noqa: SLF001 - the one place where it is said

    def pragmas(of: Any, *said: str) -> None:
        usual(of, *(one.replace("=FULL", "=NORMAL") for one in said))

    setattr(engine, "_pragmas", pragmas)  # noqa: B010 - mypy knows no such attribute
