"""The endpoint: one question to an OpenAI-compatible API, answered by text or by a reason why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.errors import NarratorUnavailable
from alerts.narrator.settings import NarratorSettings

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 1_000_000
"""A longer answer is no paragraph."""


class NarratorEndpoint:
    """Asks the model of the settings; `http` is closed by whoever made it."""

    def __init__(self, settings: NarratorSettings, http: httpx.Client) -> None:
        self._settings, self._http = settings, http

    @property
    def model(self) -> str:
        """Name of the model."""
        return self._settings.model

    def ask(self, instruction: str, material: str) -> str:
        """Return what the model writes by the instruction about the material.

        Temperature is 0, so that the same digest reads alike where the model allows it. Nothing is tried again: the rules write what
        the model does not, and a digest is not late because of it. Raises `NarratorUnavailable`.
        """
        import httpx
        import orjson

        asked = self._settings
        messages = [{"role": "system", "content": instruction}, {"role": "user", "content": material}]
        headers = {} if asked.key is None else {"Authorization": f"Bearer {asked.key.get_secret_value()}"}
        try:
            answer = self._http.post(
                f"{(asked.url or '').rstrip('/')}/chat/completions",
                json={"model": asked.model, "messages": messages, "temperature": 0, "stream": False},
                headers=headers,
                timeout=asked.timeout.total_seconds(),
                follow_redirects=False,
            )
        except httpx.HTTPError as error:
            raise NarratorUnavailable(f"it did not answer ({type(error).__name__})") from error
        if answer.status_code != httpx.codes.OK:
            raise NarratorUnavailable(f"it answered with status {answer.status_code}")
        if len(answer.content) > MOST_BYTES:
            raise NarratorUnavailable(f"its answer has more than {MOST_BYTES:,} bytes")
        try:
            return _content(orjson.loads(answer.content))
        except (orjson.JSONDecodeError, KeyError, IndexError, TypeError) as error:
            raise NarratorUnavailable("its answer is none of an OpenAI-compatible API") from error


def _content(answer: Any) -> str:
    content = answer["choices"][0]["message"]["content"]
    if not isinstance(content, str):
        raise TypeError
    return content.strip()
