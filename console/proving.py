"""Who somebody is, on a page: their name and secret, counted before they are looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from starlette.requests import Request

from console.throttle import Gate, Key, Throttle
from onevoice.desk import officers
from onevoice.errors import OneVoiceError, OutOfReach, Refused, Unusable

if TYPE_CHECKING:
    from onevoice.desk.officers import Actor, Kept
    from onevoice.desk.wiring import Desk

OF_ONE_NAME = 5
"""Wrong secrets for one name from one address before it waits. Another address does not wait: nobody can lock somebody
else out."""
OF_ONE_ADDRESS = 20
LONGEST_NAME = officers.LONGEST_NAME


class MustWait(Refused):
    """Too many wrong secrets from there."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many wrong secrets. Wait {seconds} seconds, then try again.", where="secret")
        self.seconds = seconds


@dataclass
class Door:
    """Where people prove who they are. Who wants to stop sending does not stand in line with the others."""

    throttle: Throttle = field(default_factory=Throttle)
    gate: Gate = field(default_factory=Gate)
    halt_gate: Gate = field(default_factory=lambda: Gate(running=1))
    _known: Mapping[str, Kept] = field(default_factory=dict)

    def prove(self, request: Request, desk: Desk, form: Mapping[str, str], *, halting: bool = False) -> Actor:
        """The person who filled in `name` and `secret`.

        `halting`: where the database does not answer, who was known to this process is enough.

        Raises:
            Unusable: a field is empty. Refused: not proved. MustWait: too many wrong ones. OutOfReach: too many at
            once, or the database does not answer.
        """
        name, secret = name_in(form), form.get("secret", "")
        if not (name and secret):
            missing = "name" if not name else "secret"
            raise Unusable(f"Type your {missing}.", where=missing)
        keys = _keys(name, address(request, desk.settings.trusted_proxies))
        if seconds := self.throttle.wait(*keys):
            raise MustWait(seconds)
        with (self.halt_gate if halting else self.gate).through():
            kept = self._kept(desk, name, halting=halting)
            if seconds := self.throttle.enter(*keys):
                raise MustWait(seconds)
            actor = _fits(kept, name, secret)
        self.throttle.passed(*keys)
        return actor

    def _kept(self, desk: Desk, name: str, *, halting: bool) -> Kept | None:
        try:
            self._known = officers.kept(desk)
        except OutOfReach:
            if not (halting and self._known):
                raise
        return self._known.get(name)

    def remember(self, desk: Desk) -> None:
        """Learn who acts, as long as the database answers."""
        try:
            self._known = officers.kept(desk)
        except OneVoiceError:
            return


def _fits(kept: Kept | None, name: str, secret: str) -> Actor:
    try:
        return officers.fits(kept, name, secret)
    except Refused as refused:
        raise Refused(refused.what, where="secret", remedy=refused.remedy) from None


def name_in(form: Mapping[str, str]) -> str:
    """The name that was typed."""
    return " ".join(form.get("name", "").split())[:LONGEST_NAME]


def _keys(name: str, where: str) -> tuple[Key, Key]:
    return Key(f"{where} {name.casefold()}", OF_ONE_NAME), Key(where, OF_ONE_ADDRESS)


def address(request: Request, trusted: tuple[str, ...]) -> str:
    """Where a request comes from: the last address that no proxy of ours added. A /64 of IPv6 counts as one."""
    peer = request.client.host if request.client else ""
    way = [part.strip() for part in ",".join(request.headers.getlist("x-forwarded-for")).split(",") if part.strip()]
    found = peer
    while way and _is_trusted(found, trusted):
        found = way.pop()
    return _network(found) or _network(peer) or "nowhere"


def _is_trusted(text: str, trusted: tuple[str, ...]) -> bool:
    try:
        return any(ip_address(text) in ip_network(one, strict=False) for one in trusted)
    except ValueError:
        return False


def _network(text: str) -> str:
    try:
        found = ip_address(text)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((int(found), 64), strict=False))
    return str(found)
