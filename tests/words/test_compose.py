from collections.abc import Callable
from pathlib import Path
from typing import Any

import polib
import pytest

from onevoice.alert import Alert
from onevoice.compose import Asked, Content, DoesNotFit, compose
from onevoice.facts import ActionIds, Instant, LocalNote, Phone, Places, ProperName, Shelter, Unknown
from onevoice.people import Means, Messenger, Need, Profile, Tier
from onevoice.variant import Provenance, Variant

MakeAlert = Callable[..., Alert]
Named = Callable[..., Places]
Moment = Callable[[float], Instant]
CHURCH = Messenger(id="church", kind="partner-org", names={"en": "Hill Church", "ar": "كنيسة التل"})


@pytest.fixture
def made(content: Content, authority: Messenger) -> Callable[..., Variant]:
    """Compose: `made(alert, "es", means=..., tier=..., needs=..., messenger=..., group=...)`."""

    def make(alert: Alert, *languages: str, **asked: Any) -> Variant:
        profile = Profile(languages=languages or ("en",), tier=asked.pop("tier", Tier.T2), needs=asked.pop("needs", ()))
        return compose(alert, Asked(profile, asked.pop("means", Means.SMS), **asked), content, authority)

    return make


Made = Callable[..., Variant]


def test_a_warning_is_made_of_whole_sentences_and_facts(made: Made, alert: MakeAlert) -> None:
    """Source, hazard, impact, place, actions, time and link, one idea a line."""
    assert made(alert()).parts == {
        "text": "Hill Office\nSTORM WARNING. Roofs can fly. Trees can fall too.\nPlace: Old Mill and Riverside.\n"
        "Climb the hill now.\nDo not use a boat.\nTake a lamp.\nLatest: 6:30 PM ET, Sun Nov 22.\n"
        "Page: https://alerts.example/a/7kq2wd"
    }


def test_each_language_and_tier_says_the_same_sentences(made: Made, alert: MakeAlert) -> None:
    """The ids of the sentences are the same in every language."""
    english, spanish = made(alert(), means=Means.EMAIL), made(alert(), "es", means=Means.EMAIL)
    assert english.said == spanish.said
    assert "Hill Office\nEn español: STORM WARNING." in spanish.parts["text"]
    assert "action.climb.T1" in made(alert(), tier=Tier.T1).said
    assert made(alert(), tier=Tier.T3, means=Means.EMAIL).said == english.said


def test_spans_point_at_the_facts(made: Made, alert: MakeAlert) -> None:
    """In every part, however often a fact stands there; and nowhere else."""
    email = made(alert(), means=Means.EMAIL)
    found = {
        fact: {(s.part, email.parts[s.part][s.start : s.end]) for s in spans} for fact, spans in email.spans.items()
    }
    assert found["places"] == {(part, "Old Mill and Riverside") for part in ("subject", "text", "html")}
    assert found["act_by"] == {(part, "6:30 PM ET, Sun Nov 22") for part in ("text", "html")}
    assert found["help_phone"] == {(part, "(413) 555-0140") for part in ("text", "html")}
    assert ("html", "STORM WARNING.") in found["hazard"]
    assert ("text", "Climb the hill now.") in found["actions"]
    assert [s.start for s in email.spans["places"]].count(email.parts["subject"].index("Old Mill")) == 1


def test_a_link_in_html_is_a_link_and_its_span_is_its_words(made: Made, alert: MakeAlert) -> None:
    """The address stands once as the target and once, marked, as the words."""
    email = made(alert(), means=Means.EMAIL)
    assert '<a href="https://alerts.example/a/7kq2wd">https://alerts.example/a/7kq2wd</a>' in email.parts["html"]
    spans = [s for s in email.spans["url"] if s.part == "html"]
    assert [email.parts["html"][s.start : s.end] for s in spans] == ["https://alerts.example/a/7kq2wd"]


def test_no_mark_of_the_making_is_left(made: Made, alert: MakeAlert) -> None:
    """No private character comes out."""
    for means in (one for one in Means if one is not Means.WIRELESS_90):
        for text in made(alert(status="Exercise"), "ar", means=means).parts.values():
            assert all(not 0xE000 <= ord(c) <= 0xF8FF and ord(c) < 0xF0000 for c in text)


@pytest.mark.parametrize(("status", "mark"), [("Exercise", "DRILL"), ("Test", "TRIAL")])
def test_an_exercise_is_marked_first_and_last(made: Made, alert: MakeAlert, status: str, mark: str) -> None:
    """In the reader's language; a real alert carries no mark."""
    lines = made(alert(status=status)).parts["text"].split("\n")
    assert (lines[0], lines[-1]) == (mark, mark)
    assert made(alert(status=status), "es").parts["text"].startswith(f"En español: {mark}\n")
    assert mark not in made(alert()).parts["text"]


def test_what_is_unknown_is_said_and_nothing_is_made_up(made: Made, alert: MakeAlert, moment: Moment) -> None:
    """The impact's own sentences go; a whole sentence says that it is not known, and when the next message comes."""
    text = made(alert(impact=Unknown(), next_update=moment(1), initial=True)).parts["text"]
    assert "We do not know yet how strong it is.\n" in text
    assert "Next: 3:30 PM ET, Sun Nov 22." in text
    assert "Roofs" not in text
    assert "Trees" not in text


def test_people_who_cannot_walk_are_told_what_they_can_do(made: Made, alert: MakeAlert) -> None:
    """`instead` takes the place of the action, and the line for the need comes with its number."""
    variant = made(alert(), needs=(Need.MOBILITY,), tier=Tier.T4)
    assert variant.actions == ("ask_for_ride", "no_boat", "take_lamp")
    assert "A ride: (413) 555-0142." in variant.parts["text"]
    assert "A ride" not in made(alert(), tier=Tier.T4).parts["text"]


def test_people_who_cannot_hear_never_get_a_number_to_call_only(made: Made, alert: MakeAlert) -> None:
    """They get the text number; without one they get no number at all."""
    deaf = made(alert(), needs=(Need.HEARING, Need.SIGHT), means=Means.EMAIL).parts["text"]
    assert "Text: (413) 555-0141." in deaf
    assert "Write to: (413) 555-0141." in deaf
    assert "555-0140" not in deaf
    voice_only = alert(text_phone=Phone(e164="+14135550149"))
    assert "555-0149" not in made(voice_only, needs=(Need.HEARING,), means=Means.EMAIL).parts["text"]


def test_local_facts_are_said_when_they_are_known(made: Made, alert: MakeAlert, moment: Moment) -> None:
    """What is not known, or not so, is not said."""
    shelter = Shelter(
        name={"en": "High School"}, address="12 School Street", opens=moment(1), pets=True, no_papers=False
    )
    email = made(alert(shelter=shelter, road_closed=ProperName(names={"en": "Mill Road"})), means=Means.EMAIL)
    text = email.parts["text"]
    assert "Shelter: High School, 12 School Street.\nIt opens: 3:30 PM ET, Sun Nov 22.\nPets may come.\n" in text
    assert "Closed: Mill Road." in text
    assert "papers" not in text
    assert "Wheelchairs" not in text
    assert [email.parts["text"][s.start : s.end] for s in email.spans["shelter"] if s.part == "text"] == [
        "High School",
        "12 School Street",
        "3:30 PM ET, Sun Nov 22",
    ]


def test_a_note_is_said_in_its_language_only(made: Made, alert: MakeAlert) -> None:
    """A language without the note gets none."""
    note = LocalNote(texts={"en": "The bridge\nis open."}, written_by="office")
    assert "\nThe bridge is open.\n" in made(alert(note=note), means=Means.EMAIL).parts["text"]
    assert "bridge" not in made(alert(note=note), "es", means=Means.EMAIL).parts["text"]


def test_a_trusted_voice_is_named_beside_the_authority(made: Made, alert: MakeAlert) -> None:
    """The authority itself never co-signs."""
    variant = made(alert(), messenger=CHURCH, tier=Tier.T4)
    assert variant.parts["text"].endswith("Shared by: Hill Church.")
    assert variant.parts["text"].startswith("Hill Office\n")
    assert variant.messenger == "church"


def test_email_keeps_its_two_slots_for_the_sender(made: Made, alert: MakeAlert) -> None:
    """They stand in text and HTML as they are, once each where people see them."""
    email = made(alert(), means=Means.EMAIL)
    assert "Stop: {manage_url}" in email.parts["text"]
    assert "Number: {message_id}" in email.parts["text"]
    assert '<a href="{manage_url}">{manage_url}</a>' in email.parts["html"]


def test_arabic_isolates_what_runs_the_other_way(made: Made, alert: MakeAlert) -> None:
    """Numbers, links and Latin names; and there are no direction overrides."""
    email = made(alert(), "ar", means=Means.EMAIL)
    text = email.parts["text"]
    assert "\u2066(413) 555-0140\u2069" in text
    assert "\u2066https://alerts.example/a/7kq2wd\u2069" in text
    assert "\u2066Old Mill\u2069 و\u2066Riverside\u2069" in text
    assert "مكتب التل" in text
    assert not set("\u202a\u202b\u202c\u202d\u202e") & set(text)
    assert text.count("\u2066") == text.count("\u2069")
    assert email.direction == "rtl"
    assert 'dir="rtl"' in email.parts["html"]


def test_chinese_has_no_blanks_between_sentences(words: Path, alert: MakeAlert, authority: Messenger) -> None:
    """Though the general template has them."""
    path = words / "locales" / "zh-Hans" / "LC_MESSAGES" / "messages.po"
    text = path.read_text(encoding="utf-8")
    for english, chinese in (("STORM WARNING.", "暴风警报。"), ("Roofs can fly.", "屋顶会被吹走。")):
        text = text.replace(f'msgstr "用中文说： {english}"', f'msgstr "{chinese}"')
    path.write_text(text, encoding="utf-8")
    asked = Asked(Profile(languages=("zh-Hans",)), Means.EMAIL)
    made = compose(alert(), asked, Content(words), authority)
    assert "\n暴风警报。屋顶会被吹走。用中文说： Trees can fall too.\n" in made.parts["text"]
    assert [made.parts["text"][s.start : s.end] for s in made.spans["hazard"] if s.part == "text"] == ["暴风警报。"]


# --- updates and corrections


def _update(alert: MakeAlert, moment: Moment, named: Named) -> Alert:
    return alert("update", act_by=moment(2), previous={"act_by": moment(4), "places": named("Old Mill", "Harbor")})


def test_an_update_says_what_is_new(made: Made, alert: MakeAlert, moment: Moment, named: Named) -> None:
    """Each changed fact with its new value; the old value is no span of the fact."""
    variant = made(_update(alert, moment, named), group="kept")
    text = variant.parts["text"]
    assert "New time: 4:30 PM ET, Sun Nov 22, before: 6:30 PM ET, Sun Nov 22.\n" in text
    assert "Added: Riverside.\nDropped: Harbor.\n" in text
    assert {text[s.start : s.end] for s in variant.spans["act_by"]} == {"4:30 PM ET, Sun Nov 22"}


def test_who_is_new_in_the_area_hears_only_that(made: Made, alert: MakeAlert, moment: Moment, named: Named) -> None:
    """They never had the older message."""
    text = made(_update(alert, moment, named), group="new").parts["text"]
    assert "Added: Riverside." in text
    assert "New time" not in text
    assert "Dropped" not in text


def test_who_is_now_outside_hears_that_it_is_over_for_their_place(
    made: Made, alert: MakeAlert, moment: Moment, named: Named
) -> None:
    """With the dropped place, its own actions, no last moment, and the place told once."""
    variant = made(_update(alert, moment, named), group="outside")
    assert variant.parts["text"] == (
        "Hill Office\nNo STORM WARNING any more for: Harbor.\nYou may go home.\n"
        "Sent: 2:30 PM ET, Sun Nov 22.\nPage: https://alerts.example/a/7kq2wd"
    )
    assert variant.actions == ("go_home",)
    assert variant.group == "outside"


@pytest.mark.parametrize(
    ("fact", "old", "new", "said"),
    [
        ("help_phone", Phone(e164="+14135550149"), Phone(e164="+14135550140"), "New number: (413) 555-0140."),
        ("impact", Unknown(), None, "We know more."),
        ("actions", ActionIds(ids=("climb",)), ActionIds(ids=("climb", "no_boat")), "The steps are new."),
        ("road_closed", None, ProperName(names={"en": "Mill Road"}), "Something is new."),
    ],
)
def test_each_changed_fact_has_its_sentence(
    made: Made, alert: MakeAlert, fact: str, old: Any, new: Any, said: str
) -> None:
    """Numbers by their new value, steps and impact by a sentence, the rest together."""
    text = made(alert("update", previous={fact: old}, **{fact: new}), means=Means.EMAIL).parts["text"]
    assert f"\n{said}\n" in text


def test_an_end_that_was_only_filled_in_is_no_news(made: Made, alert: MakeAlert, moment: Moment) -> None:
    """Every version expires later than the one before; people are told only where that is their time."""
    later: dict[str, Any] = {"expires": moment(20), "previous": {"expires": moment(16)}}
    assert "New end" not in made(alert("update", **later)).parts["text"]
    assert "New end: 10:30 AM ET, Mon Nov 23." in made(alert("update", act_by=None, **later)).parts["text"]
    assert "New end" not in made(alert("update", act_by=None, defaulted=("expires",), **later)).parts["text"]


def test_a_correction_names_the_wrong_fact_and_the_right_one(made: Made, alert: MakeAlert, moment: Moment) -> None:
    """Once each; a fact that was dropped without a new value is not paired."""
    wrong = alert("correction", act_by=moment(2), previous={"act_by": moment(4)})
    assert "Wrong: 6:30 PM ET, Sun Nov 22.\nRight: 4:30 PM ET, Sun Nov 22.\n" in made(wrong).parts["text"]
    false_alarm = alert("correction", act_by=None, previous={"act_by": moment(4)})
    assert "Wrong" not in made(false_alarm).parts["text"]


def test_an_all_clear_sets_no_last_moment(made: Made, alert: MakeAlert) -> None:
    """It says when it was sent instead."""
    text = made(alert("all-clear")).parts["text"]
    assert "Holds to" not in text
    assert "Sent: 2:30 PM ET, Sun Nov 22." in text


# --- length


def test_nothing_is_left_out_of_what_fits(made: Made, alert: MakeAlert) -> None:
    """The plain warning fits into two segments."""
    assert made(alert(), messenger=CHURCH).left_out == ()


MANY = ("Old Mill", "Riverside", "Harbor", "Market Square", "North Hill", "Station Road", "University Quarter")


def test_what_does_not_fit_goes_in_the_fixed_order(made: Made, alert: MakeAlert, named: Named, words: Path) -> None:
    """Note, local facts, co-sign, third action, second action, detail, then the list of places."""
    _lengthen(words, "Do not use a boat.", 60)
    orders = [
        made(alert(note=_note(n), places=named(*MANY[: 1 + n // 40], area="The valley")), messenger=CHURCH).left_out
        for n in range(0, 260, 20)
    ]
    order = ("local note", "co-sign", "third action", "second action", "detail of impact", "list of places")
    assert all(cuts == order[: len(cuts)] for cuts in orders)


def _note(length: int) -> LocalNote:
    return LocalNote(texts={"en": "x" * max(length, 1)}, written_by="office")


def _lengthen(words: Path, sentence: str, by: int) -> None:
    path = words / "templates" / "actions.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(sentence, sentence + " " + "x" * by), encoding="utf-8")


@pytest.mark.parametrize(
    ("by", "left_out"),
    [
        (0, ()),
        (90, ("co-sign", "third action")),
        (110, ("co-sign", "third action", "second action")),
        (130, ("co-sign", "third action", "second action", "detail of impact")),
        (148, ("co-sign", "third action", "second action", "detail of impact", "list of places")),
        (400, ("co-sign", "third action", "second action", "detail of impact", "list of places")),
    ],
)
def test_the_longer_the_first_action_the_more_is_left_out(
    words: Path, alert: MakeAlert, named: Named, authority: Messenger, by: int, left_out: tuple[str, ...]
) -> None:
    """Never the source, hazard, place, first action, time or link, even where it still does not fit."""
    _lengthen(words, "Climb the hill now.", by)
    asked = Asked(Profile(languages=("en",)), Means.SMS, CHURCH)
    given = alert(places=named("Old Mill", "Riverside", "Harbor", area="The valley"))
    variant = compose(given, asked, Content(words), authority)
    assert variant.left_out == left_out
    kept = (
        "Hill Office",
        "STORM WARNING.",
        "Climb the hill now.",
        "Latest: 6:30 PM",
        "https://alerts.example/a/7kq2wd",
    )
    assert all(piece in variant.parts["text"] for piece in kept)
    assert ("The valley" in variant.parts["text"]) == ("list of places" in left_out)


def test_marks_and_co_sign_do_not_count(words: Path, alert: MakeAlert, authority: Messenger) -> None:
    """The same text fits as an exercise and with a co-sign, though it is longer then."""
    _lengthen(words, "Climb the hill now.", 85)
    profile = Profile(languages=("en",))
    plain = compose(alert(), Asked(profile, Means.SMS), Content(words), authority)
    signed = compose(alert(status="Exercise"), Asked(profile, Means.SMS, CHURCH), Content(words), authority)
    assert plain.left_out == signed.left_out == ()
    assert len(signed.parts["text"]) > 306 > len(plain.parts["text"])


def test_only_a_plain_warning_is_held_that_short(made: Made, alert: MakeAlert, named: Named) -> None:
    """T4, and kinds other than a warning, may take twice as much."""
    long = {"places": named(*MANY, area="The valley"), "note": _note(100)}
    assert made(alert(**long)).left_out != ()
    assert made(alert(**long), tier=Tier.T4).left_out == ()
    assert made(alert("update", previous={}, **long)).left_out == ()


# --- two languages


def test_two_languages_share_one_text_message(made: Made, alert: MakeAlert) -> None:
    """Joined by an empty line; each mark stands once before and once after everything."""
    text = made(alert(status="Exercise"), "en", "zh-Hans").parts["text"]
    marks = "DRILL / 用中文说： DRILL"
    assert text.startswith(f"{marks}\nHill Office\nSTORM WARNING.")
    assert text.endswith(f"\n{marks}")
    assert "7kq2wd\n\nHill Office\n用中文说： STORM WARNING." in text
    assert text.count("DRILL") == 4


def test_two_languages_that_do_not_fit_say_so(words: Path, alert: MakeAlert, authority: Messenger) -> None:
    """The caller falls back to one language."""
    _lengthen(words, "Climb the hill now.", 400)
    asked = Asked(Profile(languages=("ar", "en")), Means.SMS)
    with pytest.raises(DoesNotFit, match="ar and en do not fit"):
        compose(alert(), asked, Content(words), authority)


def test_a_bilingual_email_says_which_passage_is_in_which_language(made: Made, alert: MakeAlert) -> None:
    """With language and direction for each, in one page."""
    html = made(alert(), "ar", "en", means=Means.EMAIL).parts["html"]
    assert html.count("<body>") == html.count("</body>") == html.count("<html") == 1
    assert '<div lang="ar" dir="rtl">' in html
    assert '<hr><div lang="en" dir="ltr">' in html


# --- what is known about the words


def test_the_least_trusted_sentence_speaks_for_the_text(words: Path, alert: MakeAlert, authority: Messenger) -> None:
    """One machine draft among reviewed sentences makes the text a machine draft, where it stands in it."""
    path = words / "locales" / "es" / "LC_MESSAGES" / "messages.po"
    po = polib.pofile(str(path))
    next(e for e in po if e.msgctxt == "hazard.storm.warning.why").tcomment = "provenance: machine-draft"
    po.save()
    content, profile = Content(words), Profile(languages=("es",))
    sms = compose(alert(), Asked(profile, Means.SMS), content, authority)
    email = compose(alert(), Asked(profile, Means.EMAIL), content, authority)
    assert (sms.provenance, email.provenance) == (Provenance.REVIEWED, Provenance.MACHINE_DRAFT)
    assert compose(alert(), Asked(Profile(languages=("en",)), Means.SMS), content, authority).provenance == "source"


def test_the_same_facts_and_words_give_the_same_text(made: Made, alert: MakeAlert) -> None:
    """Composing is a pure function: same hashes, same id."""
    one, two = made(alert(), "ar", means=Means.EMAIL), made(alert(), "ar", means=Means.EMAIL)
    assert one == two
    assert one.id == two.id
    assert one.factset == alert().factset.hash


def test_a_slot_that_the_source_does_not_have_stays_visible(
    words: Path, alert: MakeAlert, authority: Messenger
) -> None:
    """The checks find it; it never becomes another fact."""
    path = words / "locales" / "es" / "LC_MESSAGES" / "messages.po"
    text = path.read_text(encoding="utf-8").replace("En español: Page: {url}", "En español: Page: {ulr}")
    path.write_text(text, encoding="utf-8")
    made = compose(alert(), Asked(Profile(languages=("es",)), Means.SMS), Content(words), authority)
    assert "Page: {ulr}" in made.parts["text"]
