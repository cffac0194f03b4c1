"""Storage in memory, for tests of what is written and asked for."""

from dataclasses import dataclass, field


@dataclass
class MemoryStore:
    """A sink and a source; `written` keeps the order of writes, `remembered` which part was made from what."""

    files: dict[str, bytes] = field(default_factory=dict)
    content_types: dict[str, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    remembered: dict[str, str] = field(default_factory=dict)

    def size_of(self, name: str) -> int | None:
        return len(self.files[name]) if name in self.files else None

    def put(self, name: str, data: bytes, content_type: str) -> None:
        self.files[name] = data
        self.content_types[name] = content_type
        self.written.append(name)

    def get(self, name: str) -> bytes:
        return self.files[name]

    def recall(self, key: str) -> str | None:
        return self.remembered.get(key)

    def remember(self, key: str, name: str) -> None:
        self.remembered[key] = name
