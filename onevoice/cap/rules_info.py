"""What CAP and the readers of its feeds ask of one info block and its resources, beyond the schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from onevoice.cap import times
from onevoice.cap.findings import Found, doubtful, wrong
from onevoice.cap.model import CapAlert, Info, Resource, ValueName, slots, walk

HEADLINE = 160
"""Characters that a headline should have at most: receivers cut longer ones."""

MARKUP = re.compile(r"<[a-zA-Z/!][^<>]{0,200}>|&(?:[a-zA-Z]{2,10}|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});")
ABSOLUTE = re.compile(r"https?://[^/?#\s]+\S*", re.IGNORECASE)
WITH_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
MIME = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(?:\s*;.*)?")
SHA1 = re.compile(r"[0-9a-fA-F]{40}")
BASE64 = re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*")
SAME_CODE = re.compile(r"[A-Z0-9]{3}")
SAME_PLACE = re.compile(r"[0-9]{6}")

TOLD = ("event", "sender_name", "headline", "description", "instruction", "contact", "audience")
"""Fields whose text people read."""


def rules(alert: CapAlert) -> Iterator[Found]:
    """Judge each info block by itself."""
    for number, info in enumerate(alert.infos, 1):
        path = f"info[{number}]"
        for rule in RULES:
            yield from rule(alert, info, path)
    for path, block in walk(alert):
        if isinstance(block, Resource):
            yield from _resource(block, path)
        if isinstance(block, ValueName) and block.value_name == "SAME":
            yield from _same(block, path)


def _times(alert: CapAlert, info: Info, path: str) -> Iterator[Found]:
    expires = times.instant(info.expires)
    if expires is None:
        return
    for name, text in (("sent", alert.sent), ("effective", info.effective)):
        before = times.instant(text)
        if before and expires <= before:
            yield wrong(f"{path}/expires", f"is not later than {name}: the alert is over before it begins.")
    onset = times.instant(info.onset)
    if onset and expires < onset:
        yield doubtful(f"{path}/expires", "is earlier than onset: the alert is over before the event begins.")


def _absent(alert: CapAlert, info: Info, path: str) -> Iterator[Found]:
    if alert.msg_type in {"Ack", "Error"}:
        return
    for element, there, why in (
        ("headline", info.headline, "receivers show it first."),
        ("description", info.description, "many feed readers drop an alert without one."),
        ("expires", info.expires, "without it nobody knows how long the alert holds."),
        ("area", info.areas, "without it nobody knows whom the alert is for."),
    ):
        if not there or (isinstance(there, str) and not there.strip()):
            yield doubtful(f"{path}/{element}", f"is missing: {why}")


def _headline(_: CapAlert, info: Info, path: str) -> Iterator[Found]:
    length = len(info.headline or "")
    if length > HEADLINE:
        yield doubtful(f"{path}/headline", f"has {length} characters; receivers may cut it after {HEADLINE}.")


def _markup(_: CapAlert, info: Info, path: str) -> Iterator[Found]:
    texts = [(slot.name, getattr(info, slot.field)) for slot in slots(Info) if slot.field in TOLD]
    texts += [(f"area[{n}]/areaDesc", area.area_desc) for n, area in enumerate(info.areas, 1)]
    for element, text in texts:
        if MARKUP.search(text or ""):
            yield doubtful(f"{path}/{element}", "holds HTML; receivers show CAP's text as it stands.")


def _web(_: CapAlert, info: Info, path: str) -> Iterator[Found]:
    if info.web is not None and not ABSOLUTE.fullmatch(info.web.strip()):
        yield wrong(f"{path}/web", "is not a whole web address: it begins with https:// or http:// and a host.")


def _unknowns(_: CapAlert, info: Info, path: str) -> Iterator[Found]:
    for element, word in (("urgency", info.urgency), ("severity", info.severity), ("certainty", info.certainty)):
        if word == "Unknown":
            yield doubtful(f"{path}/{element}", "is Unknown: many receivers then do not wake people.")


def _same(code: ValueName, path: str) -> Iterator[Found]:
    form, what = (SAME_PLACE, "six digits") if "geocode" in path else (SAME_CODE, "three capital letters")
    if not form.fullmatch(code.value):
        yield doubtful(f"{path}/value", f"is not a SAME code, which has {what}.")


def _resource(resource: Resource, path: str) -> Iterator[Found]:
    if resource.mime_type.strip() and not MIME.fullmatch(resource.mime_type):
        yield doubtful(f"{path}/mimeType", "is not a MIME type such as image/png.")
    if resource.digest is not None and not SHA1.fullmatch(resource.digest.strip()):
        yield doubtful(f"{path}/digest", "is not a SHA-1 digest of 40 hexadecimal digits.")
    if resource.deref_uri is not None and not BASE64.fullmatch(resource.deref_uri):
        yield doubtful(f"{path}/derefUri", "is not base-64.")
    yield from _where(resource, path)


def _where(resource: Resource, path: str) -> Iterator[Found]:
    if resource.uri is None and resource.deref_uri is None:
        yield doubtful(path, "has neither uri nor derefUri, so nobody can get at it.")
    relative = resource.uri is not None and not WITH_SCHEME.fullmatch(resource.uri.strip())
    if relative and resource.deref_uri is None:
        yield wrong(f"{path}/uri", "is relative, which is only allowed where derefUri carries the file itself.")


RULES: tuple[Callable[[CapAlert, Info, str], Iterator[Found]], ...] = (
    _times,
    _absent,
    _headline,
    _markup,
    _web,
    _unknowns,
)
