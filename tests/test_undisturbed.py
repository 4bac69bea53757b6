"""Work beside which Python's collector rests."""

import gc
import threading

import pytest

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
