"""Parts of words on SQLite: FTS5 tables of trigrams, kept by triggers (migration 0016_search)."""

__all__ = ["SqliteEngine"]


class SqliteEngine:
    """A `SearchEngine`."""

    smallest = "MIN"

    def contains(self, table: str, spelling: str) -> tuple[str, list[str]]:
        """Rows of `table`, called k, whose key contains the spelling: LIKE asks the trigrams, as long as it has no ESCAPE."""
        index = {"catalog_searchword": "catalog_search_words", "catalog_label": "catalog_search_labels"}[table]
        return f"k.id IN (SELECT rowid FROM {index} WHERE key LIKE %s)", [f"%{spelling}%"]  # noqa: S608 our own names
