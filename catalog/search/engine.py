"""Images by words and parts of words: the same question, and the same scores, on SQLite and on PostgreSQL.

For each word of a query an image's score is the best of weight times match: a label weighs what it is scored, a title 0.9, a creator
0.8, text in the picture 0.6; a whole word matches by 1.0, the beginning of one by 0.8, any other part by 0.6. Of all words of the
query the weakest counts, so that every word must be there. Only how keys are found that contain a part differs between the databases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from catalog.models import Collection, Image
from catalog.search.postgres import PostgresEngine
from catalog.search.query import Part, parse_query
from catalog.search.sqlite import SqliteEngine

__all__ = ["DEFAULT_MIN_SCORE", "Hit", "SearchEngine", "engine_for", "matching_images", "search_images"]

DEFAULT_MIN_SCORE = 0.3
MAX_KEYS = 1_000
"""So many labels, and so many words, of those that contain a part count: the closest to it."""

WEIGHTS = {"title": 0.9, "author": 0.8, "text": 0.6}
WHOLE, BEGINNING, INSIDE = 1.0, 0.8, 0.6


class SearchEngine(Protocol):
    """What a database does in its own way."""

    smallest: str
    """The function that gives the smallest of its arguments."""

    def contains(self, table: str, spelling: str) -> tuple[str, list[str]]:
        """A condition on rows k of `catalog_searchword` or `catalog_label`: that their key contains these three or more characters."""


@dataclass(frozen=True)
class Hit:
    """An image that was found."""

    image_id: int
    score: float
    """Above 0 and at most 1."""
    field: str
    """Where its weakest word was found: label, title, author, text."""
    found: str
    """The key that was found there."""


def engine_for(vendor: str) -> SearchEngine:
    """The engine of a database, by Django's name for it."""
    return PostgresEngine() if vendor == "postgresql" else SqliteEngine()


def search_images(
    collection: Collection,
    q: str,
    *,
    images: QuerySet[Image] | None = None,
    min_score: float = DEFAULT_MIN_SCORE,
    limit: int = 100,
    after: tuple[float, int] | None = None,
) -> list[Hit]:
    """The images of a collection that match a query, best first, then by id: one statement, however many there are.

    Parameters
    ----------
    images
        What the asker may see, or wants of; None where that is the whole collection, which spares the database to look.
    min_score
        The cut-off: what scores less is left out.
    after
        Score and id of the last hit of the page before.
    """
    parts = parse_query(q)
    if not parts:
        return []
    statement = _Statement(collection.pk, parts, min_score)
    try:
        sql, params = statement.rank(images, limit, after)
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return _read_hits(cursor.fetchall())


def matching_images(collection_id: int, q: str, min_score: float = DEFAULT_MIN_SCORE) -> RawSQL | None:
    """The ids of the images that `search_images` finds, for `pk__in`: a query may find thirty thousand. None where q has no word."""
    parts = parse_query(q)
    if not parts:
        return None
    return RawSQL(*_Statement(collection_id, parts, min_score).ids())  # noqa: S611 our own SQL, its values as parameters


def _read_hits(rows: Sequence[tuple[int, float, int, str, str, float]]) -> list[Hit]:
    """From rows (image, its score, number of the word, field, key, score there), in the order of images."""
    best: dict[int, dict[int, tuple[float, str, str]]] = {}
    scores: dict[int, float] = {}
    for image_id, score, word, field, key, there in rows:
        scores[image_id] = score
        of_word = best.setdefault(image_id, {})
        of_word[word] = max(of_word.get(word, (0.0, "", "")), (there, field, key))
    hits = []
    for image_id, score in scores.items():
        _there, field, key = min(best[image_id].values(), key=lambda found: found[0])
        hits.append(Hit(image_id, score, field, key))
    return sorted(hits, key=lambda hit: (-hit.score, hit.image_id))


class _Statement:
    """The SQL of one query: tables of the keys that each word finds, then what images have by them."""

    def __init__(self, collection_id: int, parts: Sequence[Part], min_score: float) -> None:
        self._engine = engine_for(connection.vendor)
        self._min_score = float(min_score)
        self._words = range(len(parts))
        self._params: list[Any] = []
        tables = []
        for n, part in enumerate(parts):
            tables += [f"labels_{n} AS ({self._labels(collection_id, part)})"]
            tables += [f"words_{n} AS ({self._keys(collection_id, part)})"]
        self._with = "WITH " + ", ".join(tables)

    def ids(self) -> tuple[str, list[Any]]:
        """The images that have every word."""
        have = " INTERSECT ".join(
            f"SELECT image_id FROM ({self._matches(n)}) m{n}"  # noqa: S608 our own names
            for n in self._words
        )
        return f"{self._with} {have}", self._params

    def rank(
        self, images: QuerySet[Image] | None, limit: int, after: tuple[float, int] | None
    ) -> tuple[str, list[Any]]:
        """The best images, and by which keys each of them was found."""
        of_words = [
            f"(SELECT image_id, MAX(score) AS score FROM ({self._matches(n)}) m{n} GROUP BY image_id) b{n}"  # noqa: S608 our own names
            for n in self._words
        ]
        joined = of_words[0] + "".join(
            f" JOIN {of_word} ON b{n}.image_id = b0.image_id" for n, of_word in enumerate(of_words) if n
        )
        scores = [f"b{n}.score" for n in self._words]
        score = scores[0] if len(scores) == 1 else f"{self._engine.smallest}({', '.join(scores)})"
        conditions, params = [], list(self._params)
        if images is not None:
            seen, seen_params = images.order_by().values("pk").query.sql_with_params()
            conditions.append(f"b0.image_id IN ({seen})")
            params += seen_params
        if after is not None:
            conditions.append(f"({score} < %s OR ({score} = %s AND b0.image_id > %s))")
            params += [after[0], after[0], after[1]]
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        best = (
            f"best AS (SELECT b0.image_id, {score} AS score FROM {joined} {where} "  # noqa: S608 our own names
            f"ORDER BY {score} DESC, b0.image_id LIMIT {int(limit)})"
        )
        told = " UNION ALL ".join(
            f"SELECT best.image_id, best.score, {n}, 'label', k.key, e.score * k.grade FROM best "  # noqa: S608 our own names
            f"JOIN catalog_effectivelabel e ON e.image_id = best.image_id JOIN labels_{n} k ON k.id = e.label_id "
            f"UNION ALL SELECT best.image_id, best.score, {n}, p.field, k.key, {_weight('p')} * k.grade FROM best "
            f"JOIN catalog_searchposting p ON p.image_id = best.image_id JOIN words_{n} k ON k.id = p.word_id"
            for n in self._words
        )
        return f"{self._with}, {best} {told}", params

    def _matches(self, n: int) -> str:
        """(image_id, score) for every key of a word that an image has, from the least score on."""
        least = _number(self._min_score)
        return (
            f"SELECT e.image_id, e.score * k.grade AS score FROM labels_{n} k "  # noqa: S608 our own names and numbers
            f"JOIN catalog_effectivelabel e ON e.label_id = k.id WHERE e.score * k.grade >= {least} "
            f"UNION ALL SELECT p.image_id, {_weight('p')} * k.grade FROM words_{n} k "
            f"JOIN catalog_searchposting p ON p.word_id = k.id WHERE {_weight('p')} * k.grade >= {least}"
        )

    def _labels(self, collection_id: int, part: Part) -> str:
        """(id, key, grade) of labels; one that stands for another brings the other's id. Three steps of aliases are followed."""
        # What is no letter and no digit separates words, as a blank does.
        spaced = "' ' || k.key || ' '"
        for mark in "-/(),.":
            spaced = f"replace({spaced}, '{mark}', ' ')"
        # The parts of the statement are in this order, and so are their parameters.
        grade = self._grade(spaced, part)
        wanted = self._wanted("catalog_label", spaced, collection_id, part)
        rank = self._grade(spaced, part)
        return (
            f"SELECT COALESCE(a2.alias_of_id, a1.alias_of_id, k.alias_of_id, k.id) AS id, k.key, {grade} AS grade "  # noqa: S608 our own names
            "FROM catalog_label k LEFT JOIN catalog_label a1 ON a1.id = k.alias_of_id "
            "LEFT JOIN catalog_label a2 ON a2.id = a1.alias_of_id "
            f"WHERE {wanted} ORDER BY {rank} DESC, length(k.key), k.id LIMIT {MAX_KEYS}"
        )

    def _keys(self, collection_id: int, part: Part) -> str:
        """(id, key, grade) of words of titles, creators and texts."""
        indexed = Part(part.key, (part.key,))
        spaced = "' ' || k.key || ' '"
        grade = self._grade(spaced, indexed)
        wanted = self._wanted("catalog_searchword", "", collection_id, indexed)
        rank = self._grade(spaced, indexed)
        return (
            f"SELECT k.id, k.key, {grade} AS grade FROM catalog_searchword k WHERE {wanted} "  # noqa: S608 our own names
            f"ORDER BY {rank} DESC, length(k.key), k.id LIMIT {MAX_KEYS}"
        )

    def _wanted(self, table: str, spaced: str, collection_id: int, part: Part) -> str:
        """The condition under which a key counts."""
        self._params.append(collection_id)
        conditions = []
        for spelling in part.spellings:
            if not part.is_short:
                condition, params = self._engine.contains(table, spelling)
            elif not spaced:
                condition, params = "k.key = %s", [spelling]
            else:
                condition, params = f"{spaced} LIKE %s", [f"%{spelling}%" if part.is_cjk else f"% {spelling} %"]
            conditions.append(f"({condition})")
            self._params += params
        return f"k.collection_id = %s AND ({' OR '.join(conditions)})"

    def _grade(self, spaced: str, part: Part) -> str:
        cases = ""
        for before, after, grade in ((" ", " ", WHOLE), (" ", "", BEGINNING)):
            for spelling in part.spellings:
                cases += f"WHEN {spaced} LIKE %s THEN {_number(grade)} "
                self._params.append(f"%{before}{spelling}{after}%")
        return f"CASE {cases}ELSE {_number(INSIDE)} END"


def _weight(posting: str) -> str:
    cases = " ".join(f"WHEN '{field}' THEN {_number(weight)}" for field, weight in WEIGHTS.items())
    return f"CASE {posting}.field {cases} END"


def _number(value: float) -> str:
    """A number as both databases compute with it; PostgreSQL would take 0.8 for a decimal."""
    return f"CAST({value!r} AS double precision)"
