"""Russian and Ukrainian share a script: no word of one stands in the other, and a text in the wrong one is blocked."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from itertools import product
from pathlib import Path

import pytest
import yaml

from audiences.gazetteer import Gazetteer
from audiences.messengers import messengers
from onevoice.alert import Alert
from onevoice.checks import check_variant
from onevoice.checks.samples import samples
from onevoice.compose import Content
from onevoice.facts import Instant
from onevoice.people import Means, Messenger, Profile, Tier
from onevoice.variant import Severity, Variant

ROOT = Path(__file__).resolve().parents[2]
FRIDAY = Instant(at=datetime(2026, 11, 27, 15, tzinfo=UTC), zone="America/New_York")
BOTH_WAYS = pytest.mark.parametrize(("language", "other"), [("ru", "uk"), ("uk", "ru")])


@lru_cache(maxsize=1)
def _content() -> Content:
    return Content(ROOT)


@lru_cache(maxsize=1)
def _authority() -> Messenger:
    return messengers(ROOT)["millford-em"]


def _alerts() -> tuple[Alert, ...]:
    usual = (s for s in samples(_content().lexicon) if s.group == "all" and not s.needs and s.label == "2 places")
    return tuple(sample.alert for sample in usual)


def _told(alert: Alert, language: str, tier: Tier) -> Variant:
    return _content().telling(alert, _authority()).to(Profile(languages=(language,), tier=tier), Means.SMS)


def _blocking(variant: Variant, alert: Alert) -> set[str]:
    found = check_variant(variant, alert, _content(), _authority()).findings
    return {f.rule for f in found if f.severity is Severity.BLOCK}


def _sentences(language: str) -> list[str]:
    return [_content().sentence(language, key).text for key in _content().lexicon.sources]


def _letters(language: str) -> set[str]:
    return set(yaml.safe_load((ROOT / "locales" / language / "reading.yaml").read_text(encoding="utf-8"))["letters"])


@BOTH_WAYS
def test_no_sentence_has_a_letter_of_the_other_language(language: str, other: str) -> None:
    """Nor does a name beside the sentences: ы, э, ъ and ё are Russian alone, і, ї, є and ґ Ukrainian alone."""
    mine, foreign = _letters(language), _letters(other)
    assert len(foreign) == len("ыэъё")
    assert not mine & foreign
    texts = _sentences(language)
    assert sum(bool(mine & set(text.lower())) for text in texts) > len(texts) / 2
    assert [text for text in texts if foreign & set(text.lower())] == []
    named = [one for m in messengers(ROOT).values() for one in (m.names, m.role)] + [
        zone.names for zone in Gazetteer.load(ROOT).zones.values()
    ]
    assert [names[language] for names in named if foreign & set(names.get(language, "").lower())] == []


@BOTH_WAYS
def test_a_text_in_the_other_language_is_blocked(language: str, other: str) -> None:
    """However short it is: the text message of each hazard and kind, at both plain levels."""
    passed = []
    for alert, tier in product(_alerts(), (Tier.T1, Tier.T2)):
        text = _told(alert, language, tier)
        assert "C26" not in _blocking(text, alert)
        wrong = text.model_copy(update={"parts": _told(alert, other, tier).parts})
        if "C26" not in _blocking(wrong, alert):
            passed.append((alert.hazard, str(alert.kind), tier))
    assert passed == []


@pytest.mark.parametrize(
    ("language", "short", "spoken"),
    [
        ("ru", "10:00 ET, пт 27 ноя", "10:00 (восточное время), пятница 27 ноября"),
        ("uk", "10:00 ET, пт 27 лис", "10:00 (східний час), пʼятниця 27 листопада"),
    ],
)
def test_a_month_is_short_where_it_is_read_and_whole_where_it_is_spoken(language: str, short: str, spoken: str) -> None:
    """A voice would say the three letters; a text message has no room for more."""
    voice = _content().voice(language)
    assert (voice.instant(FRIDAY), voice.instant(FRIDAY, "long")) == (short, spoken)


def test_the_ukrainian_apostrophe_is_one_letter_everywhere() -> None:
    """As in the names of the days that CLDR has; another sign would make a second word of the same."""
    assert "пʼятниця" in _content().voice("uk").instant(FRIDAY, "long")
    texts = _sentences("uk")
    assert sum("ʼ" in text for text in texts) > len("пʼятниця")
    assert [text for text in texts if re.search(r"\w['’`]\w", text)] == []
