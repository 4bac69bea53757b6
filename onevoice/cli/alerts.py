"""`onevoice alert`: from what somebody knows at minute three to the release, and to the next version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onevoice.cli import following
from onevoice.cli.common import As, Json, actor, answer, desk, say
from onevoice.people import Tier

if TYPE_CHECKING:
    from onevoice.desk.draft import Step

app = typer.Typer(help="Draft, preview, submit, approve, release, revise, follow.", no_args_is_help=True)


def _show(step: Step, json: bool, words: str) -> None:
    if json:
        answer(step.to_json())
    else:
        typer.echo(step.id)
        say(words)


@app.command()
def new(
    hazard: str,
    file: Annotated[Path | None, typer.Argument(help="Where to write it; default: the hazard's name, .yaml")] = None,
    kind: str = "warning",
) -> None:
    """Ask the questions in order and write the alert file."""
    from onevoice.cli.questions import ask
    from onevoice.errors import Unusable

    here = desk()
    target = file or Path(f"{hazard}.yaml")
    if target.exists():
        raise Unusable(
            "There is such a file already.", where=str(target), remedy="Name another: alert new HAZARD FILE."
        )
    if not target.parent.is_dir():
        raise Unusable("There is no such folder.", where=str(target.parent), remedy="Make it, or name another file.")
    target.write_text(ask(here, hazard, kind, target.parent), encoding="utf-8")
    say(f"Written to {target}. Next: onevoice alert preview {target}")


@app.command()
def preview(
    alert: Annotated[str, typer.Argument(help="An alert file, or the id of an alert.")],
    json: Json = False,
    html: Annotated[Path | None, typer.Option(help="Write the matrix of all texts to this file.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Show each text and each finding.")] = False,
) -> None:
    """Compose and check everything; send nothing. Exit status 1 where it would not go out."""
    from onevoice.cli import previewing
    from onevoice.desk.preview import preview

    here = desk()
    seen = preview(here, alert)
    if html:
        from onevoice.desk.matrix import matrix

        html.write_text(matrix(here, seen), encoding="utf-8")
    if json:
        answer(seen.to_json())
    else:
        previewing.preview(seen, alert, everything=everything)
    raise typer.Exit(1 if seen.blocked else 0)


@app.command()
def draft(file: Path, as_: As, json: Json = False) -> None:
    """Store a file as a draft."""
    from onevoice.desk.draft import draft

    here = desk()
    step = draft(here, file, actor(here, as_))
    _show(step, json, f"Drafted. Next: onevoice alert submit {step.id} --as NAME")


@app.command()
def edit(alert: str, file: Path, as_: As, json: Json = False) -> None:
    """Replace a version that is not released yet by a file. An approval of it is void."""
    from onevoice.desk.revise import edit

    here = desk()
    step = edit(here, alert, file, actor(here, as_))
    _show(step, json, f"Changed. Next: onevoice alert submit {step.id} --as NAME")


@app.command()
def discard(alert: str, as_: As, json: Json = False) -> None:
    """Set aside a draft, or what was returned: it can never go out. What was submitted or sent cannot be discarded."""
    from onevoice.desk.revise import discard

    here = desk()
    _show(discard(here, alert, actor(here, as_)), json, "Discarded. Nothing of it can be sent any more.")


@app.command()
def submit(
    alert: str,
    as_: As,
    json: Json = False,
    override: Annotated[
        list[str] | None,
        typer.Option(help="RULE=REASON: release past a rule that a person may pass; the approver sees the reason."),
    ] = None,
) -> None:
    """Freeze texts and deliveries, and ask for approval."""
    from onevoice.desk import ask
    from onevoice.desk.submit import submit

    here = desk()
    passed = dict(part.partition("=")[::2] for part in override or ())
    step = submit(here, alert, actor(here, as_), passed)
    names = ", ".join(ask.told(here, step.id))
    who = f"{names} was told." if names else "NOBODY COULD BE TOLD: send an approver this link yourself."
    _show(step, json, f"Submitted. {who} {ask.approval_link(here, step.id)}")


@app.command()
def approve(
    alert: str,
    as_: As,
    json: Json = False,
    returned: Annotated[str | None, typer.Option("--return", help="Return it instead, with this reason.")] = None,
) -> None:
    """Sign what was frozen; or return it with a reason. Not for those who wrote or submitted it."""
    from onevoice.desk import approve as approving

    here = desk()
    who = actor(here, as_)
    if returned is not None:
        _show(approving.send_back(here, alert, who, returned), json, "Returned to its author.")
    else:
        _show(approving.approve(here, alert, who), json, f"Approved. Next: onevoice alert release {alert} --as NAME")


@app.command()
def release(
    alert: str,
    as_: As,
    json: Json = False,
    no_send: Annotated[bool, typer.Option("--no-send", help="Only make it due; `send-due` delivers it.")] = False,
) -> None:
    """Make every delivery due. If no running sender takes it within a second, this process sends."""
    from onevoice.desk import late
    from onevoice.desk.release import release
    from onevoice.desk.send import send_unless_taken

    here = desk()
    step = release(here, alert, actor(here, as_))
    _show(step, json, f"Released. {late.sentence(step.late)}".rstrip())
    if not no_send:
        send_unless_taken(here, step.id)


@app.command()
def pack(
    alert: Annotated[str, typer.Argument(help="The id of a released alert.")],
    out: Annotated[Path, typer.Option(help="The folder to write into; each pack gets a folder in it, as es-T1.")],
    language: Annotated[str | None, typer.Option(help="Only this language, as es; default: all.")] = None,
    tier: Annotated[Tier | None, typer.Option(help="Only this reading level, T1 or T2.")] = None,
    json: Json = False,
) -> None:
    """Write what champions pass on: script, card, questions and answers, what not to say."""
    from onevoice.desk.pack import packs, save

    made = packs(desk(), alert, language, tier)
    written = [str(path) for path in save(made, out)]
    if json:
        answer([one.about() for one in made])
    else:
        typer.echo("\n".join(written))
        say(f"{len(made)} packs. Print card.html and pack.html; read pack.html aloud once before you pass it on.")


@app.command()
def run(
    file: Path,
    json: Json = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait for receipts.")] = False,
) -> None:
    """All four steps at once, for exercises and tests only; waits until nothing more is to come."""
    from onevoice.cli import showing
    from onevoice.desk.rehearse import run
    from onevoice.desk.status import status

    here = desk()
    alert_id = run(here, file, wait=not no_wait, progress=showing.progress())
    found = status(here, alert_id)
    if json:
        answer(found)
    else:
        showing.status(found)


@app.command()
def update(alert: str, file: Path, as_: As, json: Json = False) -> None:
    """Draft the next version from a file: for the new area, and all who may hold an older version."""
    from onevoice.desk.revise import update

    here = desk()
    step = update(here, alert, file, actor(here, as_))
    _show(step, json, f"Drafted as the next version. Next: onevoice alert submit {step.id} --as NAME")


@app.command()
def correct(alert: str, file: Path, as_: As, json: Json = False) -> None:
    """Draft a correction, to all who may hold any older version."""
    from onevoice.desk.revise import correct

    here = desk()
    step = correct(here, alert, file, actor(here, as_))
    _show(step, json, f"Drafted as a correction. Next: onevoice alert submit {step.id} --as NAME")


@app.command()
def cancel(alert: str, as_: As, json: Json = False, reason: str | None = None) -> None:
    """Draft the all-clear, to all who may hold any older version."""
    from onevoice.desk.revise import cancel

    here = desk()
    step = cancel(here, alert, actor(here, as_), reason)
    _show(step, json, f"Drafted as all-clear. Next: onevoice alert submit {step.id} --as NAME")


following.add_to(app)
