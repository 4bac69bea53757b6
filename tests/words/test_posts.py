"""Posts: one text that every service takes whole, complete, and with nothing said twice."""

from functools import lru_cache
from pathlib import Path

import pytest

from audiences.messengers import messengers
from onevoice import checks, localize
from onevoice.alert import Alert
from onevoice.checks.samples import Sample, samples
from onevoice.compose import Asked, Content, compose, fitting
from onevoice.graphemes import LONGEST_POST, graphemes
from onevoice.people import Means, Messenger, Profile, Tier
from onevoice.variant import Scope, Severity, Variant

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = localize.languages(ROOT)
OF_FACTS = frozenset(["C02", "C04", "C08", "C10", "C24", "C25", "N04"])
ORDER = ("source", "hazard", "places", "actions", "act_by", "url")
"""How a warning is best understood."""


@lru_cache(maxsize=1)
def _content() -> Content:
    return Content(ROOT)


@lru_cache(maxsize=1)
def _authority() -> Messenger:
    return next(m for m in messengers(ROOT).values() if m.id == "millford-em")


@lru_cache(maxsize=1)
def _sampled() -> tuple[Sample, ...]:
    return tuple(sample for sample in samples(_content().lexicon) if Means.SOCIAL in sample.means)


_posts: dict[tuple[int, str, str], Variant] = {}
"""By alert (the samples stay where they are), language and group: each is composed once for all tests here."""


def _post(alert: Alert, language: str, group: str = "all") -> Variant:
    key = (id(alert), language, group)
    if key not in _posts:
        asked = Asked(Profile(languages=(language,), tier=Tier.T2), Means.SOCIAL, None, group)
        _posts[key] = compose(alert, asked, _content(), _authority())
    return _posts[key]


def _of_kind(kind: str, label: str = "2 places") -> list[Sample]:
    return [s for s in _sampled() if s.alert.kind == kind and s.group == "all" and s.label == label]


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_of_the_library_is_one_post(language: str) -> None:
    """Every hazard and kind, for one, two and six places, as an exercise: never more than every service takes."""
    made = [(s, _post(s.alert, language, s.group)) for s in _sampled()]

    too_long = [
        (s.alert.hazard, str(s.alert.kind), s.label, length)
        for s, post in made
        if (length := graphemes(post.parts["text"])) > LONGEST_POST
    ]

    assert len(made) > 100
    assert too_long == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_warning_stands_in_the_order_in_which_it_is_understood(language: str) -> None:
    """Source, hazard, place, action, time, link; the exercise marks before and after all of it."""
    for sample in _of_kind("warning"):
        post = _post(sample.alert, language)
        begins = [min(span.start for span in post.spans[fact]) for fact in ORDER if fact in post.spans]
        lines = post.parts["text"].split("\n")

        assert set(ORDER) <= set(post.spans)
        assert begins == sorted(begins)
        assert lines[0] == lines[-1]
        assert len(lines) > 5
        assert "" not in lines


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_left_out_goes_in_the_fixed_order(language: str) -> None:
    """Nothing goes before what stands earlier in the order, where the message has it."""
    for sample in _sampled():
        post = _post(sample.alert, language, sample.group)

        assert list(post.left_out) == [cut for cut in fitting.POST_ORDER if cut in post.left_out]
        if "list of places" in post.left_out:
            assert "second action" in post.left_out or len(post.actions) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_correction_says_the_wrong_time_once_and_the_right_one_with_its_label(language: str) -> None:
    """Two times without a label would leave a stranger to guess which of them counts."""
    for sample in _of_kind("correction", "1 places"):
        post = _post(sample.alert, language)

        assert len([key for key in post.said if key.startswith("frame.correction.wrong")]) == 1
        assert not [key for key in post.said if key.startswith("frame.correction.right")]
        assert [key for key in post.said if key.startswith("frame.act_by")]
        assert len(post.spans["act_by"]) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_update_says_its_new_time_once(language: str) -> None:
    """As what is new; at its end it would take the place of a step."""
    for sample in _of_kind("update"):
        post = _post(sample.alert, language)

        assert [key for key in post.said if key.startswith("frame.changed.act_by")]
        assert not [key for key in post.said if key.startswith("frame.act_by")]
        assert len(post.spans["act_by"]) == 1


def test_a_text_message_still_says_the_time_at_its_end() -> None:
    """What a post leaves unsaid twice, a text message keeps."""
    (sample, *_) = _of_kind("update")
    asked = Asked(Profile(languages=("en",)), Means.SMS)
    sms = compose(sample.alert, asked, _content(), _authority())

    assert [key for key in sms.said if key.startswith("frame.act_by")]
    assert [key for key in sms.said if key.startswith("hazard.") and ".impact" in key]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_post_of_a_first_message_is_held_back(language: str) -> None:
    """Where even what is not known must go, the post still says when the next message comes."""
    first = [s for s in _sampled() if s.alert.initial]
    for sample in first:
        post = _post(sample.alert, language)
        found = checks.check_variant(post, sample.alert, _content(), _authority()).findings

        assert [f for f in found if f.severity is Severity.BLOCK and f.rule in OF_FACTS] == []
        assert [key for key in post.said if key.startswith("frame.next_update")]
    assert first


def test_arabic_runs_from_the_right_and_isolates_what_does_not() -> None:
    """Places and the link stand in isolates, so that the full stop stays where it belongs."""
    (sample, *_) = _of_kind("warning")
    post = _post(sample.alert, "ar")

    assert post.direction == "rtl"
    assert "\u2066https://" in post.parts["text"] or "\u2066http://" in post.parts["text"]


# --- held back where it does not fit


@pytest.fixture
def too_long() -> tuple[Variant, Alert]:
    """Give a post with one character too many, and its alert."""
    (sample, *_) = _of_kind("warning")
    post = _post(sample.alert, "en")
    text = post.parts["text"]
    more = "x" * (LONGEST_POST + 1 - graphemes(text))
    first, *rest = text.split("\n")
    longer = "\n".join([first, rest[0] + more, *rest[1:]])
    return post.model_copy(update={"parts": {"text": longer}}), sample.alert


def test_one_character_too_many_holds_back_that_post_alone(too_long: tuple[Variant, Alert]) -> None:
    """The services would refuse it; the other languages and the page go out."""
    post, alert = too_long

    found = [f for f in checks.check_variant(post, alert, _content(), _authority()).findings if f.rule == "N04"]

    assert [(f.severity, f.scope, f.part) for f in found] == [(Severity.BLOCK, Scope.VARIANT, "text")]
    assert "301 characters; a post takes 300." in found[0].message


def test_exactly_as_long_as_a_post_may_be_is_not_too_long(too_long: tuple[Variant, Alert]) -> None:
    """Three hundred characters are a post."""
    post, alert = too_long
    shorter = post.model_copy(update={"parts": {"text": post.parts["text"].replace("xx", "x", 1)}})

    found = checks.check_variant(shorter, alert, _content(), _authority()).findings

    assert graphemes(shorter.parts["text"]) == LONGEST_POST
    assert not [f for f in found if f.rule == "N04"]


CALM = ("preparedness", "watch", "all-clear", "recovery", "support", "check-in", "rumor-control")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_post_of_a_calm_day_connects_people(language: str) -> None:
    """Whatever is left out: who reads it is asked to tell others. A warning has no room for that (S08)."""
    calm = [sample.alert for kind in CALM for sample in _of_kind(kind)]
    assert len(calm) > 60
    assert [a.hazard for a in calm if "frame.pass_on" not in _post(a, language).said] == []
    assert [a.hazard for a in calm if _lonely(a, language)] == []
    assert not any("frame.pass_on" in _post(s.alert, language).said for s in _of_kind("warning"))


def _lonely(alert: Alert, language: str) -> bool:
    checked = checks.check_variant(_post(alert, language), alert, _content(), _authority())
    return "S08" in {found.rule for found in checked.findings}
