"""Work beside which Python's collector rests."""

import gc
import threading
from typing import Any

import pytest

from onevoice.desk import release, send
from onevoice.errors import OutOfReach, Refused
from onevoice.undisturbed import SELDOM, undisturbed


def test_what_was_there_is_left_alone_until_the_last_block_ends() -> None:
    """Blocks in one another, and in two threads: the collector rests until nobody needs it to."""
    usual, before = gc.get_threshold(), gc.get_freeze_count()
    began, goes_on = threading.Event(), threading.Event()

    def other() -> None:
        with undisturbed():
            began.set()
            goes_on.wait(10)

    thread = threading.Thread(target=other)
    with undisturbed():
        with undisturbed():
            pass
        assert gc.get_freeze_count() > before
        assert gc.get_threshold() == SELDOM
        thread.start()
        began.wait(10)
    assert gc.get_freeze_count() > before
    goes_on.set()
    thread.join()
    assert (gc.get_freeze_count(), gc.get_threshold()) == (0, usual)


def test_it_ends_with_an_error_too() -> None:
    """What goes wrong inside does not leave the collector at rest."""
    usual = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), undisturbed():
        _ = 1 / 0
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0


class Watching:
    """A desk and an officer that note whether the collector rests, and end what was begun."""

    def __init__(self) -> None:
        self.rests: list[bool] = []

    @property
    def providers(self) -> dict[str, object]:
        """No means at all."""
        self.rests.append(gc.get_freeze_count() > 0)
        return {}

    def must_be(self, *_roles: str) -> None:
        """Have no right to anything."""
        self.rests.append(gc.get_freeze_count() > 0)
        raise Refused("Not you.")


def test_neither_a_release_nor_a_sender_waits_for_the_collector() -> None:
    """From their first step to their last."""
    desk: Any = Watching()

    with pytest.raises(Refused):
        release.release(desk, "mill-river", desk)
    with pytest.raises(OutOfReach):
        send.send_due(desk, once=True)

    assert desk.rests == [True, True]
    assert gc.get_freeze_count() == 0
