"""The no of a service for posts."""

from collections.abc import Mapping

from starlette.responses import JSONResponse


class PostRefusal(Exception):
    """The service does not do what was asked; `content` is the body of its answer."""

    def __init__(self, status: int, content: Mapping[str, str], headers: Mapping[str, str] | None = None) -> None:
        self.status, self.content, self.headers = status, dict(content), dict(headers or {})
        super().__init__(self.outcome)

    @property
    def outcome(self) -> str:
        """How the record says it: HTTP status and the service's own word."""
        return f"{self.status} {self.content.get('error', '')}".strip()

    def response(self) -> JSONResponse:
        """The error as the service sends it."""
        return JSONResponse(self.content, self.status, headers=self.headers)
