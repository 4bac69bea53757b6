"""What a client asks of the Mastodon service, and what Mastodon would find wrong with it."""

from dataclasses import dataclass
from typing import Any, Self

from starlette.requests import Request

from sandbox.mastodon_refusals import BLANK, refusal
from sandbox.mastodon_text import LONGEST, counted

VISIBILITIES = ("public", "unlisted", "private", "direct")
TOO_LONG = f"Validation failed: Text character limit of {LONGEST} exceeded"
NOT_PLAIN = "Validation failed: the sandbox takes plain posts that go out at once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The fields of a create."""

    status: str = ""
    in_reply_to_id: str = ""
    visibility: str = "public"
    language: str = "en"
    key: str = ""
    plain: bool = True
    """No media, poll, date or quote: the service has none."""

    @classmethod
    async def of(cls, request: Request) -> Self:
        """Reads a form or a JSON object. Raises PostRefusal where it is neither."""
        fields = await _fields(request)
        texts = {name: str(fields[name]) for name in ("status", "in_reply_to_id", "visibility") if fields.get(name)}
        if fields.get("language"):
            texts["language"] = str(fields["language"])
        plain = not any(fields.get(name) for name in ("media_ids", "media_ids[]", "poll", "scheduled_at"))
        return cls(**texts, key=request.headers.get("idempotency-key", ""), plain=plain)

    def check(self) -> None:
        """Raises the PostRefusal that Mastodon would answer with."""
        if not self.status.strip():
            raise refusal(422, BLANK)
        if counted(self.status) > LONGEST:
            raise refusal(422, TOO_LONG)
        if self.visibility not in VISIBILITIES:
            raise refusal(422, "Validation failed: Visibility is not included in the list")
        if not self.plain:
            raise refusal(422, NOT_PLAIN)


async def _fields(request: Request) -> dict[str, Any]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        return dict(await request.form())
    try:
        fields = await request.json()
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise refusal(400)
    return fields
