"""Typed readers of environment variables.

A wrong value never crashes the import of settings: the reader notes a `Problem` and answers with the default, and
`catalog.checks` turns every problem into a system check with a hint, so that all of them are told at once at start-up.
"""

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
BUCKET_FOLDER = re.compile(r"gs://[a-z0-9][a-z0-9._-]+[a-z0-9](/[^\s*?#\[\]]*)?")
ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9.-]+(:[0-9]+)?", re.IGNORECASE)
FALSE_WORDS = frozenset({"0", "false", "no", "off", ""})


@dataclass(frozen=True)
class Problem:
    """One variable that could not be used: its name, what was wrong, how to mend it."""

    name: str
    message: str
    hint: str


@dataclass
class Environment:
    """Reads variables from a mapping and remembers the problems it met."""

    values: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        """The variable as it is, without blanks around it."""
        return self.values.get(name, default).strip()

    def boolean(self, name: str, *, default: bool) -> bool:
        """True for 1, true, yes, on; False for 0, false, no, off and an empty value."""
        value = self.values.get(name)
        if value is None:
            return default
        word = value.strip().lower()
        if word in TRUE_WORDS or word in FALSE_WORDS:
            return word in TRUE_WORDS
        self._note(name, f"expected a yes or no, got {value!r}", "Use 1 or 0.")
        return default

    def integer(self, name: str, default: int, *, minimum: int, maximum: int) -> int:
        """A whole number in [minimum, maximum]."""
        return int(self._number(name, default, minimum, maximum, whole=True))

    def decimal(self, name: str, default: float, *, minimum: float, maximum: float) -> float:
        """A number in [minimum, maximum]."""
        return self._number(name, default, minimum, maximum, whole=False)

    def choice(self, name: str, default: str, choices: list[str]) -> str:
        """One of some words."""
        value = self.text(name, default)
        if value not in choices:
            self._note(
                name, f"expected one of {', '.join(choices)}, got {value!r}", f"Use one of: {', '.join(choices)}."
            )
            return default
        return value

    def words(self, name: str, default: list[str]) -> list[str]:
        """A list separated by commas; empty items are dropped."""
        value = self.values.get(name)
        if value is None:
            return default
        return [word.strip() for word in value.split(",") if word.strip()]

    def origins(self, name: str, default: list[str]) -> list[str]:
        """Sites, each as a browser writes its origin (`https://www.example.org`), or `*` for any."""
        words = self.words(name, default)
        wrong = [word for word in words if word != "*" and not ORIGIN.fullmatch(word)]
        if wrong:
            self._note(
                name,
                f"expected origins such as https://www.example.org, got {', '.join(map(repr, wrong))}",
                "Give scheme and host, without a path, separated by commas; * for any site, nothing for none.",
            )
            return []  # nobody, rather than everybody
        return words

    def folder(self, name: str, default: Path) -> Path:
        """An absolute folder; it need not exist yet, but must not be a file."""
        value = self.text(name)
        path = Path(value).expanduser().resolve() if value else default
        if path.exists() and not path.is_dir():
            self._note(name, f"expected a folder, got the file {path}", "Name a folder, existing or new.")
            return default
        return path

    def bucket_folder(self, name: str, *, max_characters: int) -> str:
        """A folder in Cloud Storage, `gs://bucket/prefix`, or nothing."""
        value = self.text(name)
        if value and (len(value) > max_characters or not BUCKET_FOLDER.fullmatch(value)):
            self._note(
                name,
                f"expected gs://bucket/prefix of at most {max_characters} characters, got {value!r}",
                "Name a folder of a bucket that may be written, or leave it empty.",
            )
            return ""
        return value

    def redis(self, name: str) -> str:
        """The address of a Redis, or nothing."""
        value = self.text(name)
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            # The address may hold a password, so it is not told back.
            self._note(
                name,
                "expected redis://, rediss:// or unix:// and where Redis is, got something else",
                "Use an address such as redis://127.0.0.1:6379/0, or leave it empty.",
            )
            return ""
        return value

    def bucket_folders(self, name: str) -> list[str]:
        """Folders in Cloud Storage, `gs://bucket/prefix`, separated by commas; none where one of them cannot be read."""
        words = self.words(name, [])
        if wrong := [word for word in words if not BUCKET_FOLDER.fullmatch(word)]:
            self._note(
                name,
                f"expected gs://bucket/prefix, got {', '.join(map(repr, wrong))}",
                "Name folders of buckets, separated by commas; nothing for none.",
            )
            return []
        return words

    def secret(self, name: str, *, kept_in: Path) -> str:
        """The variable, or else the secret kept in a file, made there once and readable by its owner alone."""
        if value := self.text(name):
            return value
        try:
            if not kept_in.exists():
                kept_in.parent.mkdir(parents=True, exist_ok=True)
                _keep_secret(kept_in)
            return kept_in.read_text().strip()
        except OSError as error:
            self._note(name, f"not set, and no secret could be kept in {kept_in}: {error}", f"Set {name}.")
            # A throw-away secret lets the checks run and speak; nothing signed with it outlives this process.
            return secrets.token_urlsafe(64)

    def _number(self, name: str, default: float, minimum: float, maximum: float, *, whole: bool) -> float:
        value = self.values.get(name)
        if value is None:
            return default
        kind = "a whole number" if whole else "a number"
        try:
            number = int(value) if whole else float(value)
        except ValueError:
            number = None
        if number is None or not minimum <= number <= maximum:
            self._note(
                name, f"expected {kind} from {minimum} to {maximum}, got {value!r}", f"The default is {default}."
            )
            return default
        return number

    def _note(self, name: str, message: str, hint: str) -> None:
        self.problems.append(Problem(name=name, message=message, hint=hint))


def _keep_secret(path: Path) -> None:
    """Write a new secret, whole, unless another process was faster: then both read the same."""
    handle, part = tempfile.mkstemp(dir=path.parent)  # readable by its owner alone
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(64))
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
    finally:
        Path(part).unlink()
