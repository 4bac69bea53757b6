"""What every provider must do, as cases that any provider can be run through.

`subject.py` says what a test hands over, `cases.py` holds the cases, `runner.py` runs one and listens to the logs
meanwhile. Nothing in here knows a provider: the words on both sides are compared as plain text.
"""

from sandbox.contract.cases import CASES
from sandbox.contract.runner import run
from sandbox.contract.subject import Broken, Callback, Subject

__all__ = ["CASES", "Broken", "Callback", "Subject", "run"]
