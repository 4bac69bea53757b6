"""Segments and messengers: what ships is whole, and a file with a mistake is answered with what is allowed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from audiences.messengers import messengers
from audiences.segments import segments
from audiences.zones import zone_ids
from onevoice import localize
from onevoice.errors import Unusable
from onevoice.lexicon import NEEDS
from onevoice.people import Means, Reach, Tier


@pytest.fixture
def content(tmp_path: Path, root: Path) -> Path:
    """A copy of the shipped audiences that a test may break."""
    shutil.copytree(root / "audiences", tmp_path / "audiences", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "templates").mkdir()
    shutil.copy(root / NEEDS, tmp_path / NEEDS)
    return tmp_path


# --- what ships -----------------------------------------------------------------------------------------------------


def test_the_shipped_segments_stand_in_order(root: Path) -> None:
    """Highest precedence first, everyone last; roles above needs."""
    found = segments(root)
    assert [s.id for s in found] == [
        "responders",
        "partners",
        "care_homes_and_clinics",
        "champions",
        "deaf_or_hard_of_hearing",
        "newcomers",
        "limited_mobility",
        "older_alone",
        "few_ties",
        "all_residents",
    ]
    assert all(s.public for s in found)


@pytest.mark.parametrize(
    ("segment", "reach", "tier", "first"),
    [
        ("responders", Reach.ALWAYS, Tier.T4, Means.SMS),
        ("champions", Reach.ALWAYS, Tier.T2, Means.SMS),
        ("care_homes_and_clinics", Reach.JURISDICTION, Tier.T4, Means.EMAIL),
        ("deaf_or_hard_of_hearing", Reach.IN_AREA, Tier.T2, Means.SMS),
        ("newcomers", Reach.IN_AREA, Tier.T1, Means.SMS),
        ("older_alone", Reach.IN_AREA, Tier.T1, Means.SMS),
    ],
)
def test_how_a_segment_is_treated(root: Path, segment: str, reach: Reach, tier: Tier, first: Means) -> None:
    """Reach, default tier and first means."""
    (found,) = [s for s in segments(root) if s.id == segment]
    assert (found.reach, found.tier, found.means[0]) == (reach, tier, first)


def test_there_are_two_authorities_and_five_trusted_voices(root: Path) -> None:
    """Each authority has numbers and hazards of its own; a trusted voice has neither, and a mandate that ends."""
    found, languages = messengers(root), set(localize.languages(root))
    authorities = {m.id for m in found.values() if m.kind == "authority"}
    assert authorities == {"millford-em", "millford-public-health"}
    assert len(found) - len(authorities) == 5
    for messenger in found.values():
        assert set(messenger.names) == languages
        assert bool(messenger.hazards) == bool(messenger.phones) == (messenger.id in authorities)
        assert (messenger.mandate_until is None) == (messenger.id in authorities)


def test_numbers_of_authorities_cannot_ring(root: Path) -> None:
    """help, text and transport, each of the fiction range; the number for danger is a short code that everybody has."""
    for messenger in messengers(root).values():
        numbers = dict(messenger.phones)
        if messenger.kind == "authority":
            assert numbers.pop("emergency") == "911"
            assert set(numbers) == {"help", "text", "transport"}
        assert all(re.fullmatch(r"\+1\d{3}55501\d\d", phone) for phone in numbers.values())


def test_the_authority_speaks_for_the_whole_town_and_for_floods(root: Path) -> None:
    """Its jurisdiction is every zone."""
    authority = messengers(root)["millford-em"]
    assert set(authority.jurisdiction) == set(zone_ids(root))
    assert "river_flood" in authority.hazards


def test_every_messenger_of_a_segment_is_there(root: Path) -> None:
    """And is a trusted voice: an authority does not co-sign."""
    found = messengers(root)
    named = {s.messenger for s in segments(root) if s.messenger}
    assert len(named) == 5
    assert all(found[name].kind == "partner-org" for name in named)


# --- mistakes -------------------------------------------------------------------------------------------------------

NEW = "name: New\nrule: {field: older, equals: true}\nprecedence: 5\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "new.yaml: This is not a list of keys"),
        ("- a\n", "new.yaml: This is not a list of keys"),
        ("name: [", "new.yaml, line 1: This is not YAML"),
        ("name: New\nprecedence: 5\n", "new.yaml, rule: A rule is missing"),
        (NEW + "reech: always\n", "new.yaml: There is no key reech. Did you mean reach"),
        (NEW + "reach: everywhere\n", "new.yaml, reach: .*in-area"),
        (NEW + "tier: T9\n", "new.yaml, tier: .*T1"),
        (NEW + "means: [pigeon]\n", "new.yaml, means.*sms"),
        (NEW + "means: [page]\n", "new.yaml, means: .*Allowed: sms, email"),
        (NEW + "means: []\n", "new.yaml, means: .*at least one"),
        (NEW + "needs: [farm_animal]\n", "new.yaml, needs: There is no farm_animal. Did you mean: farm_animals"),
        (NEW + "needs: [farm_animals, farm_animals]\n", "new.yaml, needs: .*twice"),
        (NEW + "needs: farm_animals\n", "new.yaml, needs"),
        (NEW + "reviewed_by: Amal Haddad\n", "new.yaml, reviewed_by: .*names no sentence"),
        (
            NEW + "needs: [farm_animals]\nbound: {farm_animals: 0123456789ab}\n",
            "new.yaml, reviewed_by: Nobody is named",
        ),
        (
            NEW + "needs: [farm_animals]\nbound: {interpreters: 0123456789ab}\n",
            "new.yaml, bound: There is no interpret",
        ),
        (NEW + "needs: [farm_animals]\nreviewed_by: A\nbound: {farm_animals: xyz}\n", "new.yaml, bound.farm_animals"),
        (NEW + "needs: [farm_animals]\nreviewed_by: ' - '\n", "new.yaml, reviewed_by: .*person.* is missing"),
        (NEW + "messenger: millford-emm\n", "new.yaml, messenger: There is no millford-emm. Did you mean: millford-em"),
        (NEW + "id: other\n", "new.yaml, id: .*name of the file"),
        (NEW.replace("5", "high"), "new.yaml, precedence"),
        (NEW.replace("5", "40"), "new and older_alone|older_alone and new"),
        (NEW.replace("5", "-1"), "lowest precedence"),
        ("name: N\nrule: {everyone: true}\nprecedence: 5\n", "Exactly one segment must hold everyone"),
        ("name: N\nrule: {everyone: false}\nprecedence: 5\n", "Only `everyone: true`"),
        (NEW.replace("older", "oldr"), "new.yaml, rule.field: There is no oldr. Did you mean: older"),
        (NEW.replace("equals: true", "equals: old"), "new.yaml, rule: .*true or false"),
        (NEW.replace("older, equals: true", "role, equals: boss"), "resident, responder, care"),
        (NEW.replace("older, equals: true", "language, equals: true"), "a language, such as es"),
        (NEW.replace("equals: true", "is: true"), "There is no key is. Allowed: equals, field|Did you mean"),
        (NEW.replace("{field: older, equals: true}", "{all: []}"), "rule.all: A list of rules"),
        (NEW.replace("{field: older, equals: true}", "{any: [{field: older, equals: 3}]}"), "rule.any.1"),
        (NEW.replace("{field: older, equals: true}", "{not: 7}"), "rule.not: A rule is missing"),
        (NEW.replace("{field: older, equals: true}", "{some: []}"), "There is no key some"),
    ],
)
def test_a_mistake_in_a_segment_names_file_key_and_what_is_allowed(content: Path, text: str, words: str) -> None:
    """Nobody has to know Python to mend it."""
    (content / "audiences" / "segments" / "new.yaml").write_text(text)
    with pytest.raises(Unusable, match=f"(?s)({words})"):
        segments(content)


def test_a_new_segment_needs_a_file_and_nothing_else(content: Path) -> None:
    """With three keys; the rest has defaults, the id is the name of the file."""
    (content / "audiences" / "segments" / "new.yaml").write_text(NEW)
    (new,) = [s for s in segments(content) if s.id == "new"]
    assert (new.precedence, new.reach, new.means) == (5, Reach.IN_AREA, (Means.SMS, Means.EMAIL))


def test_rules_may_be_nested(content: Path) -> None:
    """all, any and not in one another."""
    rule = "{all: [{not: {field: newcomer, equals: true}}, {any: [{field: role, equals: care}]}]}"
    (content / "audiences" / "segments" / "new.yaml").write_text(f"name: N\nprecedence: 5\nrule: {rule}\n")
    assert len(segments(content)) == 11


VOICE = "kind: partner-org\nnames: {en: New}\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: partner-org\n", "new.yaml, names: The key is missing"),
        (VOICE.replace("en:", "es:"), "new.yaml, names: The English name is missing"),
        (VOICE.replace("partner-org", "friend"), "new.yaml, kind: .*partner-org"),
        (VOICE + "jurisdiction: [rivrside]\n", "new.yaml, jurisdiction: There is no rivrside. Did you mean: riverside"),
        ("kind: authority\nnames: {en: New}\n", "new.yaml, jurisdiction: An authority needs"),
        (
            "kind: authority\nnames: {en: New}\njurisdiction: [old-mill]\n",
            'new.yaml, phones: An authority needs .*emergency: "911"',
        ),
        (
            "kind: authority\nnames: {en: New}\njurisdiction: [old-mill]\nphones: {emergency: the police}\n",
            "new.yaml, phones: An authority needs",
        ),
        (VOICE + "mandate_until: soon\n", "new.yaml, mandate_until: .*2028-12-31"),
        (VOICE + 'phones: {fax: "+12025550142"}\n', "new.yaml, phones"),
        (VOICE + "phone: 1\n", "There is no key phone. Did you mean phones"),
        (VOICE + "no: x\n", "not a list of keys"),
    ],
)
def test_a_mistake_in_a_messenger_names_file_key_and_what_is_allowed(content: Path, text: str, words: str) -> None:
    """As for segments."""
    (content / "audiences" / "messengers" / "new.yaml").write_text(text)
    with pytest.raises(Unusable, match=f"(?s)({words})"):
        messengers(content)


def test_a_mandate_may_be_written_as_a_day(content: Path) -> None:
    """YAML makes a date of it; it is the same day."""
    (content / "audiences" / "messengers" / "new.yaml").write_text(VOICE + "mandate_until: 2028-12-31\n")
    assert messengers(content)["new"].mandate_until == "2028-12-31"


@pytest.mark.parametrize("read", [segments, messengers])
def test_an_empty_folder_is_not_nobody(tmp_path: Path, root: Path, read: object) -> None:
    """No files at all is a mistake, not an audience of none."""
    shutil.copytree(root / "audiences" / "town", tmp_path / "audiences" / "town")
    with pytest.raises(Unusable, match=r"no \.yaml files"):
        read(tmp_path)  # type: ignore[operator]  # both loaders take a path


def test_a_file_that_is_too_large_or_not_text_is_refused(content: Path) -> None:
    """Before it is read into memory, or with the sentence to save it as UTF-8."""
    path = content / "audiences" / "segments" / "new.yaml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Unusable, match="not UTF-8"):
        segments(content)
    with path.open("wb") as file:
        file.truncate(11 * 1024 * 1024)
    with pytest.raises(Unusable, match="larger than 10 MB"):
        segments(content)
