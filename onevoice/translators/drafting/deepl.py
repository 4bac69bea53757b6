"""DeepL: POST /v2/translate with a key in the Authorization header."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr

from onevoice.errors import OutOfReach
from onevoice.translators.drafting.calling import post, texts

_TAGS = {"zh-Hans": "ZH-HANS", "zh-Hant": "ZH-HANT", "pt": "PT-BR"}


class DeepL:
    """Takes at most 50 sentences at once."""

    name = "DeepL"
    most = 50

    def __init__(self, base: str, key: SecretStr, region: str = "") -> None:
        del region  # one address for all
        self._url, self._key = f"{base.rstrip('/')}/v2/translate", key

    def translate(self, sentences: Sequence[str], language: str) -> list[str]:
        """As `Translator`."""
        body = {
            "text": list(sentences),
            "source_lang": "EN",
            "target_lang": _TAGS.get(language, language.upper()),
            "tag_handling": "html",
            "split_sentences": "nonewlines",
        }
        headers = {"Authorization": f"DeepL-Auth-Key {self._key.get_secret_value()}"}
        answer = post(self.name, self._url, json=body, headers=headers)
        try:
            found = [one["text"] for one in answer["translations"]]
        except (KeyError, TypeError):
            raise OutOfReach(f"{self.name} answered in another shape.") from None
        return texts(self.name, found, len(sentences))
