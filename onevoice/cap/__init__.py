"""CAP 1.2 in and out: read, check, write, convert, and make the document of a release.

alert = cap.read(octets)              # a CapAlert, or onevoice.errors.Unusable with a sentence
cap.check(octets).valid               # shape, schema, and what the standard asks beyond its schema
cap.write(alert)                      # octets
cap.from_release(alert, texts, ...)   # the document of a release, one info block for each language
"""

from onevoice.cap.checking import check
from onevoice.cap.findings import Check, Problem
from onevoice.cap.making import Terms, Text, from_release
from onevoice.cap.model import CapAlert, CapArea, Extension, Info, Parameter, Resource, ValueName, show
from onevoice.cap.reader import read
from onevoice.cap.times import cap_time
from onevoice.cap.writer import Converted, convert, write

__all__ = [
    "CapAlert",
    "CapArea",
    "Check",
    "Converted",
    "Extension",
    "Info",
    "Parameter",
    "Problem",
    "Resource",
    "Terms",
    "Text",
    "ValueName",
    "cap_time",
    "check",
    "convert",
    "from_release",
    "read",
    "show",
    "write",
]
