"""The composition root: where settings, content, people, ledger and providers become one desk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from onevoice import settings as settings_
from onevoice.errors import Unusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from audiences.gazetteer import Gazetteer
    from onevoice.compose import Content
    from onevoice.dispatch.inbox import Inbox
    from onevoice.dispatch.providers import Provider
    from onevoice.ledger.engine import Ledger
    from onevoice.ledger.vault import Vault
    from onevoice.people import Messenger, Segment
    from onevoice.settings import Settings


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Desk:
    """Everything that a use case needs, each part made when it is first asked for."""

    settings: Settings
    now: Callable[[], datetime] = field(default=_now)

    @property
    def today(self) -> date:
        """The day it is where the messages are read; at night another one than in UTC."""
        return self.now().astimezone(self.settings.zone).date()

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, ready for use.

        Raises:
            OutOfReach, Unusable: the database is missing, cannot be reached, or is of another version.
        """
        from onevoice.ledger.engine import Ledger  # noqa: PLC0415 - SQLAlchemy is not needed to show help

        ledger = Ledger.open(self.settings.database)
        ledger.ready()
        return ledger

    @cached_property
    def vault(self) -> Vault:
        """The keys."""
        from onevoice.ledger.vault import Vault  # noqa: PLC0415 - as above

        return Vault.load(self.settings.keys)

    @cached_property
    def inbox(self) -> Inbox:
        """Where everything that providers and people say is kept before it is answered."""
        from onevoice.dispatch.inbox import Inbox  # noqa: PLC0415 - as above

        return Inbox(self.ledger, self.vault)

    @cached_property
    def content(self) -> Content:
        """Templates, lexicon and catalogues."""
        from onevoice.compose import Content  # noqa: PLC0415 - Babel and Jinja are not needed by a sender

        return Content(self.settings.content_root)

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """The zones of the jurisdiction."""
        from audiences.gazetteer import Gazetteer  # noqa: PLC0415 - shapely is not needed by a sender

        return Gazetteer.load(self.settings.content_root)

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """All segments, highest precedence first."""
        from audiences.segments import segments  # noqa: PLC0415 - as above

        return segments(self.settings.content_root)

    @cached_property
    def messengers(self) -> dict[str, Messenger]:
        """All messengers by id."""
        from audiences.messengers import messengers  # noqa: PLC0415 - as above

        return messengers(self.settings.content_root)

    @cached_property
    def providers(self) -> Mapping[str, Provider]:
        """Provider name → provider, for those that are set up."""
        from channels import build  # noqa: PLC0415 - the SDKs are slow to import

        return build(self.settings)

    @cached_property
    def accounts(self) -> Mapping[str, str]:
        """Provider name → handle, for the public accounts that are set up."""
        from channels import accounts  # noqa: PLC0415 - as above

        return accounts(self.settings)

    def authority(self, name: str | None = None) -> Messenger:
        """The messenger who is the source. Only an authority can be.

        Raises:
            Unusable: no such messenger, or not an authority.
        """
        name = name or self.settings.authority
        found = self.messengers.get(name)
        if found is None or found.kind != "authority":
            able = sorted(m.id for m in self.messengers.values() if m.kind == "authority")
            what = f"{name!r} is not an authority, so it cannot be the source of an alert."
            raise Unusable(what, where="messenger", remedy=f"Name one of: {', '.join(able)}.")
        return found


def open_desk(settings: Settings | None = None) -> Desk:
    """A desk on the given settings, or on those of the environment."""
    return Desk(settings or settings_.load())
