"""What holds for every post, whichever service carries it, and what an answer of a web service means for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from channels.web_line import Answer, NoAnswer
from onevoice.dispatch.providers import CannotCarry, Evidence, Outcome, Outgoing, Result
from onevoice.graphemes import LONGEST_POST, graphemes

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SURROGATES = re.compile("[\ud800-\udfff]")
WORD = re.compile(r"[A-Za-z]{1,60}")

NEW_THREAD = "The post before is gone; this one begins a new thread."
TOO_LATE = Outcome(Result.REJECTED, code="too-late", detail="Too late: the text is no longer valid.")


def check(parts: Mapping[str, str]) -> None:
    """Raise CannotCarry for anything but one text that fits whole into one post."""
    if set(parts) != {"text"}:
        raise CannotCarry("A post has one part, its text.")
    text = parts["text"]
    if not text.strip():
        raise CannotCarry("The text is empty.")
    if SURROGATES.search(text):
        raise CannotCarry("The text holds half a character (a lone surrogate).")
    if CONTROLS.search(text):
        raise CannotCarry("The text holds a control character.")
    if (length := graphemes(text)) > LONGEST_POST:
        raise CannotCarry(f"The text has {length} characters; a post carries {LONGEST_POST}.")


def stands_in_the_way(message: Outgoing, provider: str, handle: str) -> Outcome | None:
    """Why this message is not even tried: too late, not a post, or of another account than the one that is set up."""
    if message.valid_until <= datetime.now(UTC):
        return TOO_LATE
    try:
        check(message.parts)
    except CannotCarry as problem:
        return Outcome(Result.REJECTED, code="cannot-carry", detail=str(problem))
    service, _, account = message.to.rpartition("/")[0].partition(":")
    if service != provider or account.lstrip("@").lower() != handle.lstrip("@").lower():
        return Outcome(Result.REJECTED, code="other-account", detail="Planned for an account that is not set up here.")
    return None


def posted(ref: str, detail: str = "") -> Outcome:
    """It stands, with an id: that is the end, and the proof."""
    return Outcome(Result.ACCEPTED, ref=ref, detail=detail, evidence=Evidence.POSTED)


def in_doubt(service: str, answer: Answer | NoAnswer) -> Outcome:
    """It may stand, unless nothing had left: no answer, a failure of the service, or an answer that makes no sense."""
    if isinstance(answer, Answer):
        code = "nonsense" if answer.good else f"HTTP {answer.status}"
        return Outcome(Result.UNKNOWN, code=code, detail=f"{service} does not say whether it posted the text.")
    if answer.left:
        return Outcome(Result.UNKNOWN, code="no-answer", detail=f"{service} did not answer in time, or hung up.")
    return Outcome(Result.RETRY, code="not-connected", detail=f"{service} could not be reached.")


def not_asked(service: str, answer: Answer | NoAnswer) -> Outcome:
    """Nothing was posted: the service did not answer what has to be asked before."""
    silence = "no-answer" if isinstance(answer, NoAnswer) and answer.left else "not-connected"
    code = f"HTTP {answer.status}" if isinstance(answer, Answer) else silence
    detail = f"{service} did not answer a question that comes before the post."
    return Outcome(Result.RETRY, code=code, detail=detail)


def turned_down(service: str, answer: Answer, wait: float | None, *, stop: bool = False) -> Outcome:
    """It certainly does not stand: throttled, refused as an account (401, 403, or `stop`), or refused as a text."""
    word = str(answer.fields.get("error", ""))
    code = word if WORD.fullmatch(word) else f"HTTP {answer.status}"
    if answer.status == 429:  # noqa: PLR2004 - HTTP
        return Outcome(Result.RETRY, code=code, detail=f"{service} asks us to wait.", retry_after=wait)
    if stop or answer.status in {401, 403}:
        return Outcome(Result.RETRY, code=code, detail=f"{service} refuses our account or its token.", halts=True)
    return Outcome(Result.REJECTED, code=code, detail=f"{service} refuses this post (HTTP {answer.status}).")
