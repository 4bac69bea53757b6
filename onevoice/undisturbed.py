"""Work that must not wait for Python's collector."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (20_000, 20, 20)
"""So many new objects, and so many of its turns, before the collector looks at what is young, older and old.

Calls leave few cycles, and what they keep while they are on their way is else looked through again and again: a fifth
of the processor that a message costs.
"""

_lock = threading.Lock()
_busy = 0
_usual = gc.get_threshold()


@contextmanager
def undisturbed() -> Iterator[None]:
    """What is in memory now is not looked through for cycles until the end of this; what is new is, but seldom.

    A process that has composed an alert holds some million objects; to look through all of them takes a quarter of a
    second, and a release would wait for it. Blocks may lie in one another, and beside each other in threads.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _busy, _usual  # noqa: PLW0603 - the collector is the process's
    with _lock:
        _busy += 1
        if _busy == 1:
            _usual = gc.get_threshold()
            gc.freeze()
            gc.set_threshold(*SELDOM)


def _leave() -> None:
    global _busy  # noqa: PLW0603 - as above
    with _lock:
        _busy -= 1
        if _busy == 0:
            gc.set_threshold(*_usual)
            gc.unfreeze()
