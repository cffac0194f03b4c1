"""Storage in memory, for tests of what is written and asked for."""

from dataclasses import dataclass, field


@dataclass
class MemoryStore:
    """A sink and a source; `written` keeps the order of writes."""

    files: dict[str, bytes] = field(default_factory=dict)
    content_types: dict[str, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)

    def exists(self, name: str) -> bool:
        return name in self.files

    def put(self, name: str, data: bytes, content_type: str) -> None:
        self.files[name] = data
        self.content_types[name] = content_type
        self.written.append(name)

    def get(self, name: str) -> bytes:
        return self.files[name]
