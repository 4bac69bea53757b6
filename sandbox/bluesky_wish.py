"""What a client asks of the Bluesky service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from starlette.requests import Request

from sandbox.bluesky_refusals import invalid
from sandbox.bluesky_rules import POST

UNSET = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """The input of createRecord, putRecord or deleteRecord."""

    repo: str
    rkey: str
    record: dict[str, Any] = field(default_factory=dict)
    swap: Any = UNSET
    """The cid that the record must have now; None: it must not be there."""

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """Reads the input. Raises PostRefusal."""
        repo, collection, rkey = (fields.get(name, "") for name in ("repo", "collection", "rkey"))
        record = fields.get("record", {})
        if not (isinstance(repo, str) and isinstance(rkey, str) and repo and isinstance(record, dict)):
            raise invalid("Input must have a repo, a collection and a record")
        if collection != POST:
            raise invalid(f"Unknown lexicon type: {collection}")
        return cls(repo=repo, rkey=rkey, record=record, swap=fields.get("swapRecord", UNSET))

    @property
    def language(self) -> str:
        """The first language of the post."""
        langs = self.record.get("langs")
        return str(langs[0]) if isinstance(langs, list) and langs else ""

    @property
    def text(self) -> str:
        """The text of the post."""
        return str(self.record.get("text", ""))


def bearer(request: Request) -> str:
    """The token of the Authorization header; empty where there is none."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind == "Bearer" else ""


async def input_of(request: Request) -> dict[str, Any]:
    """The JSON object of the body; empty where there is none, so that what is missing is said by name."""
    try:
        fields = await request.json()
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
