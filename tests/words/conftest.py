"""A small library of words, in a folder of the test's own, and alerts that use it."""

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polib
import pytest

from onevoice import catalogues
from onevoice.alert import Alert, Area, Kind
from onevoice.compose import Content
from onevoice.facts import ActionIds, Fact, FactSet, Instant, Phone, Place, Places, Url
from onevoice.localize import stamp
from onevoice.people import Messenger

HERE = Path(__file__).parent
PREFIX = {"es": "En español:", "ar": "بالعربية:", "zh-Hans": "用中文说："}
SENT = datetime.fromisoformat("2026-11-22T14:30:00-05:00")

MakeAlert = Callable[..., Alert]


@pytest.fixture(scope="session")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small library with its translations; made once."""
    folder = tmp_path_factory.mktemp("words") / "words"
    shutil.copytree(HERE / "content", folder)
    list(catalogues.update(folder))
    for language, prefix in PREFIX.items():
        path = folder / "locales" / language / "LC_MESSAGES" / "messages.po"
        po = polib.pofile(str(path))
        for entry in po:
            entry.msgstr = entry.msgid if entry.msgid == "{source}" else f"{prefix} {entry.msgid}"
            signed = stamp.signed(stamp.Stamp(), "reviewed", "A. Person", SENT.date(), (entry.msgid, entry.msgstr))
            entry.tcomment = str(signed)
        po.save()
    return folder


@pytest.fixture
def words(translated: Path, tmp_path: Path) -> Path:
    """A content root with a small lexicon, English, and three translated languages, that a test may change."""
    return Path(shutil.copytree(translated, tmp_path / "words"))


@pytest.fixture
def content(words: Path) -> Content:
    """The small library, opened."""
    return Content(words)


@pytest.fixture
def authority() -> Messenger:
    """Who speaks."""
    return Messenger(
        id="office",
        kind="authority",
        names={"en": "Hill Office", "ar": "مكتب التل"},
        phones={"help": "+14135550140", "text": "+14135550141", "transport": "+14135550142"},
    )


def at(hours: float) -> Instant:
    """A moment some hours after the alert is sent, on New York's clocks."""
    return Instant(at=SENT + timedelta(hours=hours), zone="America/New_York")


def places(*names: str, area: str = "") -> Places:
    """Places by their English names."""
    listed = tuple(Place(id=n.lower().replace(" ", "-"), names={"en": n}) for n in names)
    return Places(places=listed, area_name={"en": area} if area else {})


@pytest.fixture
def alert() -> MakeAlert:
    """Make an alert: `alert("update", act_by=..., previous={...}, status=...)`; a fact that is None is left away."""

    def make(kind: str = "warning", *, previous: dict[str, Fact | None] | None = None, **given: Any) -> Alert:
        fields = {name: given.pop(name) for name in list(given) if _is_field(name, given[name])}
        facts = _facts(kind) | given
        older = FactSet(facts={n: f for n, f in (facts | previous).items() if f}) if previous is not None else None
        facts = {name: fact for name, fact in facts.items() if fact}
        act_by = facts.get("act_by")
        actions = facts["actions"]
        known: dict[str, Any] = {
            "id": "storm-1",
            "chain": "storm",
            "incident": "storm",
            "hazard": "storm",
            "kind": Kind(kind),
            "status": "Actual",
            "area": Area(zones=("one",)),
            "factset": FactSet(facts=facts),
            "authority": "office",
            "segments": (),
            "actions": actions.ids if isinstance(actions, ActionIds) else (),
            "category": ("Met",),
            "urgency": "Expected",
            "severity": "Severe",
            "certainty": "Likely",
            "response": (),
            "sent": SENT,
            "act_by": act_by.at if isinstance(act_by, Instant) else None,
            "expires": at(16).at,
            "page_url": "https://alerts.example/a/7kq2wd",
            "previous": older,
        }
        return Alert(**(known | fields))

    return make


def _is_field(name: str, value: object) -> bool:
    """What is no fact but a field of the alert itself."""
    return name in Alert.model_fields and name != "act_by" and not hasattr(value, "type")


def _facts(kind: str) -> dict[str, Any]:
    actions = {"all-clear": ("go_home",), "correction": ("climb",)}.get(kind, ("climb", "no_boat", "take_lamp"))
    return {
        "places": places("Old Mill", "Riverside", area="The valley"),
        "actions": ActionIds(ids=actions),
        "url": Url(url="https://alerts.example/a/7kq2wd"),
        "expires": at(16),
        "act_by": at(4) if kind in ("warning", "update", "correction") else None,
        "help_phone": Phone(e164="+14135550140"),
        "text_phone": Phone(e164="+14135550141", uses=("text",)),
        "transport_phone": Phone(e164="+14135550142", uses=("voice", "text")),
    }


@pytest.fixture
def moment() -> Callable[[float], Instant]:
    """`moment(4)`: four hours after sending."""
    return at


@pytest.fixture
def named() -> Callable[..., Places]:
    """`named("Old Mill", "Harbor", area="The valley")`: places by name."""
    return places
