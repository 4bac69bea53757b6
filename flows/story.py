"""What the artifact of a run tells: how far an alert has come, whom it reached, what the checks found, where to look.

Ids, counts and links; no person's data.
"""

from typing import Any

from onevoice.desk import look
from onevoice.desk.look import Look
from onevoice.desk.wiring import Desk
from onevoice.ledger import reach
from onevoice.variant import mark_of

_FIRST = ("STOP", "HELD", "LOOK", "NOTE")


def story(desk: Desk, alert_id: str) -> str:
    """Markdown for Prefect's page of a run.

    Raises:
        Unusable: there is no such alert.
    """
    seen, found = look.look(desk, alert_id), look.progress(desk, alert_id)
    public = desk.settings.public_url.rstrip("/")
    code = found["chain"].rsplit("-", 1)[-1]
    texts = found["consistency"]
    return "\n".join(
        [
            f"# {found['id']}: {found['state']}",
            "",
            f"{seen.alert.status}: {seen.hazard}, {seen.alert.kind}, in {', '.join(seen.places)}.",
            "",
            f"[What an approver sees]({public}/approve/{alert_id}) · [Public page]({public}/a/{code})",
            "",
            f"{texts['variants']} texts from {texts['factsets']} set of facts; {texts['blocked']} held back.",
            "",
            *_reach(seen, found),
            *_posts(found),
            "",
            *_findings(seen),
        ]
    )


def _reach(seen: Look, found: dict[str, Any]) -> list[str]:
    """Once it is due, each person under the best that is known; before, who is meant."""
    if not found["by_segment"]:
        return ["## Who is meant", "", *_table("language", ["people"], _by_language(seen)), ""]
    words = list(reach.WORDS.values())
    rows = {name: [row[word] for word in words] for name, row in found["by_segment"].items()}
    together = {"everybody": [found["contacts"][word] for word in words]}
    return ["## Who has been reached", "", *_table("segment", words, together | rows), ""]


def _by_language(seen: Look) -> dict[str, list[int]]:
    return {language: [people] for language, people in seen.people_by_language.items()}


def _table(first: str, heads: list[str], rows: dict[str, list[int]]) -> list[str]:
    lines = (f"| {name} | {' | '.join(f'{count:,}' for count in counts)} |" for name, counts in rows.items())
    return [f"| {first} | {' | '.join(heads)} |", f"|---|{'---:|' * len(heads)}", *lines]


def _posts(found: dict[str, Any]) -> list[str]:
    """What public accounts say; no person is counted for it."""
    said = ", ".join(f"{count} {word}" for word, count in found["posted"].items() if count)
    return [f"Public posts: {said}." if said else "Public posts: none.", *found["posting"]]


def _findings(seen: Look) -> list[str]:
    """Each rule once: what it does, how often it was found and where, and the first that it says."""
    told: dict[tuple[str, str], list[tuple[str, list[str]]]] = {}
    for one in seen.summary.get("findings", ()):
        told.setdefault((mark_of(one["severity"], one["scope"]), one["rule"]), []).append((one["message"], []))
    for finding, languages in seen.findings:
        told.setdefault((finding.mark, finding.rule), []).append((finding.message, languages))
    lines = [_finding(mark, rule, each) for (mark, rule), each in sorted(told.items(), key=_worst)]
    return ["## What the checks found", "", *(lines or ["Nothing."])]


def _worst(one: tuple[tuple[str, str], Any]) -> tuple[int, str]:
    (mark, rule), _ = one
    return _FIRST.index(mark), rule


def _finding(mark: str, rule: str, each: list[tuple[str, list[str]]]) -> str:
    languages = sorted({one for _, found in each for one in found})
    where = f", {', '.join(languages)}" if languages else ""
    more = f" And {len(each) - 1} more like it." if len(each) > 1 else ""
    return f"- **{mark}** ({rule}{where}): {each[0][0]}{more}"
