"""A request to stop (SIGTERM, SIGINT) as an event that a sender looks at."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@asynccontextmanager
async def stopping() -> AsyncIterator[asyncio.Event]:
    """An event that is set when this process is asked to stop. What listened before listens again afterwards."""
    stop = asyncio.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number, listener in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, listener)
