"""What lies ready for whoever takes it: packs for champions, and the texts for cell towers in the CAP document."""

import hashlib
import json
from pathlib import Path

import pytest

from onevoice import cap
from onevoice.desk import approve, draft, pack, preview, publish, release, revise, submit
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import Desk
from onevoice.errors import Unusable
from onevoice.people import PERSONAL, Means, Tier

EXAMPLE = "examples/river_flood_warning.yaml"
MARIA, SAM = Actor("Maria Solis", "manager"), Actor("Sam Okafor", "approver")


def _released(desk: Desk, alert_id: str) -> str:
    submit.submit(desk, alert_id, MARIA)
    approve.approve(desk, alert_id, SAM)
    return release.release(desk, alert_id, MARIA).id


@pytest.fixture
def out(desk: Desk, root: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Release the example, with nobody serving its page; give its id."""
    monkeypatch.setattr(release, "_page_answers", lambda _url: None)
    return _released(desk, draft.draft(desk, root / EXAMPLE, MARIA).id)


def test_a_pack_is_what_was_released_with_its_version_and_check_sums(desk: Desk, out: str, tmp_path: Path) -> None:
    """Script, questions, limits, card; and a cover by which two packs can be compared."""
    made = pack.packs(desk, out, "en", Tier.T1)
    written = {path.name: path for path in pack.save(made, tmp_path)}
    assert set(written) == {
        "script.txt", "questions.txt", "limits.txt", "card.html", "card.txt", "pack.html", "pack.json"
    }  # fmt: skip
    about = json.loads(written["pack.json"].read_text(encoding="utf-8"))
    assert (about["alert"], about["version"], about["language"], about["tier"]) == (out, 1, "en", "T1")
    for name, total in about["files"].items():
        assert hashlib.sha256(written[name].read_bytes()).hexdigest() == total
    cover = written["pack.html"].read_text(encoding="utf-8")
    assert about["content"] in cover
    assert written["script.txt"].read_text(encoding="utf-8").strip() in cover
    assert written["script.txt"].parent == tmp_path / "en-T1"


def test_only_what_was_released_is_passed_on(desk: Desk, root: Path) -> None:
    """A draft is nobody's to tell."""
    step = draft.draft(desk, root / EXAMPLE, MARIA)
    with pytest.raises(Unusable, match=r"is draft: .*only what was released"):
        pack.packs(desk, step.id)


def test_a_pack_of_what_was_replaced_is_not_given_out(desk: Desk, out: str, root: Path) -> None:
    """And the newer one is named."""
    newer = _released(desk, revise.update(desk, out, root / "examples/river_flood_update.yaml", MARIA).id)
    with pytest.raises(Unusable, match=r"has been replaced") as caught:
        pack.packs(desk, out)
    assert newer in caught.value.remedy
    assert pack.packs(desk, newer, "en", Tier.T2)[0].alert.version == 2


def test_a_pack_that_there_is_not_is_said(desk: Desk, out: str) -> None:
    """An unknown language, or a level at which none is made."""
    with pytest.raises(Unusable, match=r"no pack of .* in en at T4"):
        pack.packs(desk, out, "en", Tier.T4)
    with pytest.raises(Unusable, match=r"no pack of .* in eo"):
        pack.packs(desk, out, "eo")


def test_cell_towers_get_their_text_with_the_cap_document(desk: Desk, out: str) -> None:
    """In the parameter that their gateway reads, in the block of its language; and the document is valid."""
    alert = preview.target_alert(desk, out)
    found = cap.read(publish.cap_document(desk, out, alert.status))
    english = next(info for info in found.infos if info.language == "en")
    told = {parameter.value_name: parameter.value for parameter in english.parameters}
    assert told["CMAMlongtext"].startswith("EXERCISE: Millford Emergency Management: RIVER FLOOD WARNING.")
    assert len(told["CMAMlongtext"]) <= 360
    assert len(told.get("CMAMtext", "")) <= 90


def test_a_form_that_could_not_be_made_is_noted_and_nobody_is_reached_by_one(desk: Desk, root: Path) -> None:
    """The preview shows each form, for everybody and for no contact."""
    seen = preview.preview(desk, str(root / EXAMPLE)).to_json()
    forms = [v for v in seen["variants"] if v["means"] not in set(PERSONAL)]
    assert {v["means"] for v in forms if v["language"] == "en"} >= {"wireless-360", "voice", "print", "pack"}
    assert {v["contacts"] for v in forms} == {0}
    long = next(v for v in forms if v["means"] == Means.WIRELESS_360 and v["language"] == "en")
    assert long["characters"] <= 360
    made = {v["language"] for v in forms if v["means"] == Means.WIRELESS_90}
    noted = [f["message"] for f in seen["findings"] if f["rule"] == "N05"]
    assert len(noted) == 1, "one line for the form, not one for each language: the filters stand below it"
    told = noted[0].removeprefix("wireless-90 is not made in ").split(":")[0].split(", ")
    assert set(told) == set(desk.content.languages) - made
