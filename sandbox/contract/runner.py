"""Runs a case, and hears whatever is logged meanwhile, by anybody, at any level."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.contract.cases import Case
from sandbox.contract.subject import Subject, must


class _Ear(logging.Handler):
    """Keeps every line, with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one."""
        self.lines.append(self.format(record))


@contextmanager
def overheard() -> Iterator[list[str]]:
    """All that is logged within, with every logger told to speak. Filters stay: they are how a library is silenced."""
    ear = _Ear()
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    before = [(logger, logger.level, logger.disabled) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
        logger.disabled = False
    deaf = [logger for logger in loggers if logger is logging.root or not logger.propagate]
    for logger in deaf:
        logger.addHandler(ear)
    try:
        yield ear.lines
    finally:
        for logger in deaf:
            logger.removeHandler(ear)
        for logger, level, disabled in before:
            logger.setLevel(level)
            logger.disabled = disabled


async def run(case: Case, subject: Subject) -> None:
    """Runs one case. Raises Broken also where a log line holds what no log may hold."""
    with overheard() as lines:
        try:
            await case(subject)
        finally:
            spoken = "\n".join(lines)
    for secret in subject.secrets:
        must(secret not in spoken, "A log line holds an address, a text, a token or a password.")
