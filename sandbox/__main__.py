"""`python -m sandbox`: starts the stand-ins; --help tells the options, README.md the rest."""

import asyncio
import logging
import sys
import warnings
from collections.abc import Sequence

from sandbox.options import parsed
from sandbox.record import RecordDamaged, RecordLost
from sandbox.serving import serve

UNUSABLE, UNREACHABLE = 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until it is stopped; returns the exit status."""
    options = parsed(arguments)
    # aiosmtpd warns at every connection that AUTH without TLS is unsafe. On loopback it is what was asked for.
    warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    try:
        asyncio.run(serve(options))
    except RecordLost as problem:
        return _stopped(problem, UNREACHABLE)
    except (RecordDamaged, OSError) as problem:
        return _stopped(problem, UNUSABLE)
    return 0


def _stopped(problem: BaseException, status: int) -> int:
    print(f"sandbox: {problem}", file=sys.stderr)  # noqa: T201 - for the person who started it
    return status


if __name__ == "__main__":
    sys.exit(main())
