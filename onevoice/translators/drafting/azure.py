"""Azure Translator: POST /translate?api-version=3.0 with key and region in headers."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr

from onevoice.errors import OutOfReach
from onevoice.translators.drafting.calling import post, texts

_TAGS = {"tl": "fil"}


class Azure:
    """Takes at most 100 sentences at once."""

    name = "Azure Translator"
    most = 100

    def __init__(self, base: str, key: SecretStr, region: str = "") -> None:
        self._url, self._key, self._region = f"{base.rstrip('/')}/translate", key, region

    def translate(self, sentences: Sequence[str], language: str) -> list[str]:
        """As `Translator`."""
        to = _TAGS.get(language, language)
        asked = {"api-version": "3.0", "from": "en", "to": to, "textType": "html"}
        headers = {"Ocp-Apim-Subscription-Key": self._key.get_secret_value()}
        headers |= {"Ocp-Apim-Subscription-Region": self._region} if self._region else {}
        body = [{"Text": sentence} for sentence in sentences]
        answer = post(self.name, self._url, params=asked, json=body, headers=headers)
        try:
            found = [one["translations"][0]["text"] for one in answer]
        except (KeyError, TypeError, IndexError):
            raise OutOfReach(f"{self.name} answered in another shape.") from None
        return texts(self.name, found, len(sentences))
