"""A channel that writes files: the default, for machines without a messenger."""

from __future__ import annotations

import re
from pathlib import Path

import orjson

from alerts.atomic import write_atomically
from alerts.channels.base import ChannelAbilities, Message, Reference
from alerts.channels.unchangeable import Unchangeable
from alerts.errors import DeliveryFinal, DeliveryRecoverable


class FileChannel(Unchangeable):
    """Writes a message under `folder/<audience>/`: its text as `<key>.md`, one line of JSON as `<key>.jsonl`.

    The names follow from the key, so that a message that is sent again overwrites itself. `cat
    folder/*/*.jsonl` is one stream of all messages.
    """

    abilities = ChannelAbilities(recognizes=True)

    def __init__(self, folder: Path, name: str = "file") -> None:
        self.folder = folder
        self.name = name

    def send(self, message: Message) -> Reference:
        """Write both files; a full or read-only disk may pass, a path that is no folder will not."""
        line = {"key": message.key, "kind": message.kind, "audience": message.audience, **message.payload}
        try:
            write_atomically(self._path(message, ".md"), message.text)
            write_atomically(
                self._path(message, ".jsonl"), orjson.dumps(line, option=orjson.OPT_SORT_KEYS).decode() + "\n"
            )
        except (NotADirectoryError, FileExistsError) as error:
            raise DeliveryFinal(self.name, f"{self.folder} is not a folder; name another one") from error
        except OSError as error:
            raise DeliveryRecoverable(
                self.name, f"{self._path(message, '')} cannot be written ({error.strerror})"
            ) from error
        return {"file": str(self._path(message, ".md"))}

    def _path(self, message: Message, suffix: str) -> Path:
        return message_path(self.folder, message.audience, message.key, suffix)


def message_path(folder: Path, audience: str, key: str, suffix: str) -> Path:
    """Return the file of a message in the folder of the channel; the suffix is `.md` or `.jsonl`."""
    return folder / _plain(audience) / f"{_plain(key)}{suffix}"


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", name).strip("-") or "unnamed"
