"""Files that are written whole or not at all: nobody ever reads half of one, and two may write it at the same time."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write(path: Path, octets: bytes, mode: int | None = None) -> Path:
    """Write a file and return it; its folder is made where it is missing. `mode`: who may read it, else the usual.

    Raises:
        OSError: it cannot be written; then it is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(half, "xb", opener=_private if mode is not None else None) as out:
            out.write(octets)
        if mode is not None:
            half.chmod(mode)
        return half.replace(path)
    except OSError:
        half.unlink(missing_ok=True)
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
