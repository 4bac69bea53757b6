"""What partners know us by stays, and an exercise is marked in its reader's language."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from console.app import build
from onevoice import cap
from onevoice.desk.wiring import Desk
from onevoice.errors import WrongSetting
from onevoice.settings import load


def document(town: Any, **changed: str) -> tuple[str, str]:
    """The sender in CAP, and the id in the feed, of the one released alert under other settings."""
    desk = Desk(town.desk.settings.model_copy(update=changed), now=town.desk.now)
    with TestClient(build(desk), base_url=desk.settings.public_url) as web:
        made = cap.read(web.get("/cap/exercise/river-flood-abc234-1.xml").content)
        feed = json.loads(web.get("/feeds/exercise/feed.json").content)
    desk.ledger.close()
    return made.sender, feed["items"][0]["id"]


def test_another_mail_address_is_no_other_sender_once_it_was_named(town: Any) -> None:
    """Derived as long as nothing is set; set, it stays through a change of the mail address, in CAP and in feeds."""
    town.released(town.alert())
    derived = document(town)
    changed = document(town, smtp_from="new@millford.example")
    kept = document(town, smtp_from="new@millford.example", cap_sender="alerts@millford.example")

    assert derived[0] == "alerts@millford.example"
    assert changed[0] == "new@millford.example"
    assert changed[1] != derived[1]
    assert kept == derived


@pytest.mark.parametrize("value", ["Millford EM <a@b.example>", "a b", "a,b", "alerts@", "a\nb", "alerts"])
def test_a_sender_that_cap_or_feeds_cannot_carry_is_refused(
    value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """At the start, with the setting's name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONEVOICE_CAP_SENDER", value)
    with pytest.raises(WrongSetting, match=r"ONEVOICE_CAP_SENDER: a CAP sender is a mail address or a domain"):
        load()


@pytest.mark.parametrize("value", ["a proxy", "10.0.0.0/64", "10.0.0.0/8, nowhere"])
def test_a_proxy_that_is_none_is_refused(value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A typing error would make every reader one address, or believe a stranger."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONEVOICE_TRUSTED_PROXIES", value)
    with pytest.raises(WrongSetting, match=r"ONEVOICE_TRUSTED_PROXIES: .*no IP address or network"):
        load()


@pytest.mark.parametrize(("language", "mark"), [("en", "EXERCISE"), ("es", "SIMULACRO"), ("ar", "تدريب")])
def test_an_exercise_is_marked_in_the_readers_language(language: str, mark: str, town: Any, web: TestClient) -> None:
    """The title of the feed itself too, not only those of its entries."""
    town.released(town.alert())
    found = json.loads(web.get(f"/feeds/exercise/feed.json?lang={language}").content)

    assert found["title"].startswith(mark)
