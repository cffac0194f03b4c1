"""Parts of words on PostgreSQL: GIN indexes over the trigrams of keys, by a function of our own (migration 0016_search)."""

__all__ = ["PostgresEngine"]


class PostgresEngine:
    """A `SearchEngine`."""

    smallest = "LEAST"

    def contains(self, table: str, spelling: str) -> tuple[str, list[str]]:
        """Rows of `table`, called k, whose key contains the spelling: the index finds those with all its trigrams."""
        return "galaxy_trigrams(k.key) @> galaxy_trigrams(%s) AND k.key LIKE %s", [spelling, f"%{spelling}%"]
