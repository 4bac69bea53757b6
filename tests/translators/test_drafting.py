"""Draft translators, each against a small double that speaks its wire shape on this machine."""

import json
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from onevoice import localize
from onevoice.desk import drafting
from onevoice.desk.officers import Actor
from onevoice.desk.wiring import Desk
from onevoice.errors import OutOfReach, Refused, WrongSetting
from onevoice.settings import Settings
from onevoice.translators.drafting import tags, translator
from onevoice.variant import Provenance

KEY, CALL = "action.take_lamp", "frame.call"
SERVICES = ("deepl", "libretranslate", "azure", "google")
NAMES = {
    "deepl": "DeepL",
    "libretranslate": "LibreTranslate",
    "azure": "Azure Translator",
    "google": "Google Translation",
}
Proves = Callable[[str], Actor]


class Double:
    """Answers as the four services do; `change` is what it does to a sentence, `status` what it answers with."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.change: Callable[[str], str] = lambda text: f"Borrador: {text}"
        self.status = 200
        self.raw: bytes | None = None

    def answer(self, path: str, headers: Any, body: Any) -> tuple[int, Any]:
        """Check the request's shape, and translate."""
        url = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.asked.append({"path": url.path, "query": query, "body": body, "headers": dict(headers)})
        if url.path == "/v2/translate":
            return self._deepl(headers, body)
        if url.path == "/language/translate/v2":
            return self._google(headers, body)
        return self._azure(headers, body, query) if isinstance(body, list) else self._libre(body)

    def _deepl(self, headers: Any, body: Any) -> tuple[int, Any]:
        right = headers["Authorization"] == "DeepL-Auth-Key key" and body["tag_handling"] == "html"
        said = [{"detected_source_language": "EN", "text": self.change(text)} for text in body["text"]]
        return (200, {"translations": said}) if right and body["target_lang"] == "ES" else (403, {})

    def _google(self, headers: Any, body: Any) -> tuple[int, Any]:
        right = headers["X-Goog-Api-Key"] == "key" and body["format"] == "html" and body["target"] == "es"
        return (
            (200, {"data": {"translations": [{"translatedText": self.change(t)} for t in body["q"]]}})
            if right
            else (403, {})
        )

    def _azure(self, headers: Any, body: Any, query: dict[str, str]) -> tuple[int, Any]:
        right = headers["Ocp-Apim-Subscription-Key"] == "key" and headers["Ocp-Apim-Subscription-Region"] == "north"
        right = right and query == {"api-version": "3.0", "from": "en", "to": "es", "textType": "html"}
        said = [{"translations": [{"text": self.change(one["Text"]), "to": "es"}]} for one in body]
        return (200, said) if right else (401, {})

    def _libre(self, body: Any) -> tuple[int, Any]:
        right = (body["source"], body["target"], body["format"], body["api_key"]) == ("en", "es", "html", "key")
        return (200, {"translatedText": [self.change(text) for text in body["q"]]}) if right else (403, {})


@pytest.fixture
def double() -> Iterator[tuple[Double, str]]:
    """Start the double on a free port of this machine."""
    spoken = Double()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, told = spoken.answer(self.path, self.headers, body)
            content = spoken.raw if spoken.raw is not None else json.dumps(told).encode()
            self.send_response(status if spoken.status == 200 else spoken.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield spoken, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def connected(desk: Desk, double: tuple[Double, str]) -> Callable[[str], Desk]:
    """Give the desk with a service set up."""

    def connect(service: str) -> Desk:
        more = {"translator": service, "translator_api_base": double[1], "translator_key": "key"}
        desk.settings = Settings(
            home=desk.settings.home,
            content=desk.settings.content,
            translator_region="north",
            **more,  # type: ignore[arg-type]  # Pydantic makes a secret of it
        )
        return desk

    return connect


def _draft(desk: Desk, actor: Proves, hazard: str = "") -> tuple[set[str], dict[str, str]]:
    filled = list(drafting.draft(desk, actor("Lena Park"), "es", hazard))
    return {key for one in filled for key in one.strings}, {k: w for one in filled for k, w in one.refused.items()}


def _entries(desk: Desk) -> Any:
    return localize.catalogue(desk.settings.content_root, "es").entries


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_fills_what_is_empty_and_nothing_else(
    connected: Any, actor: Proves, spanish: Any, service: str
) -> None:
    """A machine draft with the service's name and the day; slots come back whole; every other word stays."""
    spanish.set(KEY, msgstr="")
    spanish.set(CALL, msgstr="")
    desk = connected(service)
    before = dict(_entries(desk))
    assert _draft(desk, actor) == ({KEY, CALL}, {})
    after = _entries(desk)
    assert (after[KEY].text, after[CALL].text) == ("Borrador: Take a lamp.", "Borrador: Call: {help_phone}.")
    assert {after[k].provenance for k in (KEY, CALL)} == {Provenance.MACHINE_DRAFT}
    assert re.search(rf"^drafted: {NAMES[service]} on \d{{4}}-", spanish.entry(KEY).tcomment, re.MULTILINE)
    assert {k for k in before if before[k] != after[k]} == {KEY, CALL}


def test_nothing_empty_asks_nothing(connected: Any, actor: Proves, double: tuple[Double, str]) -> None:
    """A human's words are never sent away to be done again."""
    assert _draft(connected("deepl"), actor) == (set(), {})
    assert double[0].asked == []


def test_words_of_a_person_that_came_meanwhile_stay(connected: Any, spanish: Any, double: tuple[Double, str]) -> None:
    """Somebody translates while the service thinks: theirs stands."""
    from onevoice.translators.book import Book
    from onevoice.translators.drafting.filling import fill

    spanish.set(KEY, msgstr="")
    desk = connected("deepl")
    book = Book(desk.settings.content_root, "es")
    book.entry(KEY).msgstr = "Lleve luz."
    filled = fill(desk.settings.content_root, book, [KEY], translator(desk.settings), desk.today)
    assert (filled.strings, filled.refused) == ((), {KEY: "Somebody has translated it."})
    assert book.entry(KEY).msgstr == "Lleve luz."
    assert len(double[0].asked) == 1


LOST: dict[str, Callable[[str], str]] = {
    "dropped": lambda text: re.sub(r"<span.*?</span>", "", text),
    "doubled": lambda text: text + text,
    "renamed": lambda text: text.replace('id="s0"', 'id="s7"'),
    "translated outside": lambda text: re.sub(r"<span.*?</span>", "{telefono}", text),
    "more markup": lambda text: f"<b>{text}</b>",
    "a made-up number": lambda text: f"{text} (413) 555-0140",
    "another script": lambda text: "اتصلوا " * 9 + text,
    "something invisible": lambda text: f"Llame\u200b {text}",
}


@pytest.mark.parametrize("how", LOST)
def test_an_answer_that_lost_a_slot_or_brought_a_fact_is_refused(
    connected: Any, actor: Proves, spanish: Any, double: tuple[Double, str], how: str
) -> None:
    """The string stays empty, and why is told; the others are filled."""
    spanish.set(CALL, msgstr="")
    spanish.set("action.go_home", msgstr="")
    double[0].change = lambda text: LOST[how](text) if "span" in text else f"Borrador: {text}"
    done, refused = _draft(connected("google"), actor)
    assert done == {"action.go_home"}
    assert set(refused) == {CALL}
    assert spanish.entry(CALL).msgstr == ""


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("status", "raw"),
    [(429, None), (401, None), (500, b"oops"), (200, b"no json"), (200, b"[]"), (200, b"{}"), (302, b""),
     (200, b'{"translations": [], "translatedText": [], "data": {"translations": []}}')],
)  # fmt: skip
def test_a_service_that_fails_changes_nothing(
    connected: Any,
    actor: Proves,
    spanish: Any,
    double: tuple[Double, str],
    service: str,
    status: int,
    raw: bytes | None,
) -> None:
    """It is out of reach, in words without the key."""
    spanish.set(KEY, msgstr="")
    double[0].status, double[0].raw = status, raw
    before = spanish.path.read_bytes()
    with pytest.raises(OutOfReach) as failed:
        _draft(connected(service), actor)
    assert "key" not in str(failed.value).replace("_KEY", "")
    assert spanish.path.read_bytes() == before


def test_a_service_that_is_not_there_is_out_of_reach(desk: Desk, actor: Proves, spanish: Any) -> None:
    """Nobody listens at the port."""
    spanish.set(KEY, msgstr="")
    desk.settings = Settings(
        home=desk.settings.home,
        content=desk.settings.content,
        translator="deepl",
        translator_api_base="http://127.0.0.1:9",
    )
    with pytest.raises(OutOfReach, match="does not answer"):
        _draft(desk, actor)


def test_it_is_off_unless_it_is_set_up(desk: Desk, actor: Proves) -> None:
    """The setting is named."""
    with pytest.raises(WrongSetting) as refused:
        _draft(desk, actor)
    assert refused.value.where == "ONEVOICE_TRANSLATOR"
    with pytest.raises(WrongSetting, match="address"):
        translator(Settings(translator="deepl"))


@pytest.mark.parametrize(
    "base", ["https://api.deepl.example", "https://translate.example:5000", "https://127.0.0.1.example"]
)
def test_an_exercise_asks_only_this_machine(base: str) -> None:
    """Also where the host is allowed for other things; a test or live deployment may."""
    host = urlsplit(base).hostname or ""
    with pytest.raises(ValidationError, match="stays on this machine"):
        Settings(translator_api_base=base, allowed_hosts=(host,))
    assert Settings(mode="test", translator_api_base=base).translator_api_base == base  # type: ignore[arg-type]  # a word becomes a Mode


@pytest.mark.parametrize("base", ["http://api.deepl.example", "ftp://127.0.0.1", "api.deepl.example"])
def test_a_key_never_travels_in_the_open(base: str) -> None:
    """Outside this machine only https."""
    with pytest.raises(ValidationError, match="https"):
        Settings(mode="test", translator_api_base=base)  # type: ignore[arg-type]  # as above


def test_only_a_reviewer_or_officer_has_drafts_made(connected: Any, actor: Proves) -> None:
    """It costs money, and fills a catalogue."""
    with pytest.raises(Refused, match="reviewer or officer"):
        list(drafting.draft(connected("deepl"), actor("Sam Okafor"), "es"))


@pytest.mark.parametrize(
    "sentence", ["Call: {help_phone}.", "No slot.", "{places}: {places} & {url}", 'Say "yes" & {act_by}, 1 < 2']
)
def test_slots_come_back_from_tags(sentence: str) -> None:
    """With other characters escaped; engines that rewrite quotes or close tags in their own way are understood."""
    there = tags.wrapped(sentence)
    assert "{" not in re.sub(r"<span.*?</span>", "", there)
    assert tags.unwrapped(there, sentence) == sentence
    assert tags.unwrapped(there.replace('"s0"', "'s0'").replace("</span>", "</ span >"), sentence) == sentence


def test_slots_may_change_places() -> None:
    """Another language has another order."""
    first, second = re.findall(r"<span.*?</span>", tags.wrapped("{old} to {new}"))
    assert tags.unwrapped(f"{second} de {first}", "{old} to {new}") == "{new} de {old}"
