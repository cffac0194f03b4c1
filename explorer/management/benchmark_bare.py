"""The rivals of `benchmark api`: the same questions in plain SQL by hand, their rows as they come through `json.dumps`."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from django.db import connection

from catalog.services.vector_table import load_vectors
from explorer.management.benchmark_library import BenchmarkLibrary

__all__ = ["OTHER_PART", "Bare", "N", "bare_answers"]

Bare = Callable[[], str]
Rows = list[tuple[Any, ...]]
N = 100
OTHER_PART = "harb"

IMAGES = """
    SELECT i.id, i.uuid, i.title, i.description, i.creator, i.credit, i.licence, i.source_url, i.hidden, i.annotation_status,
           i.created_at, i.updated_at, r.width, r.height
    FROM catalog_image i LEFT JOIN catalog_revision r ON r.id = i.current_revision_id
"""
LABELS = """
    SELECT e.image_id, l.term, e.score, e.source FROM catalog_effectivelabel e JOIN catalog_label l ON l.id = e.label_id
    WHERE e.image_id IN ({ids}) ORDER BY e.score DESC, l.key
"""
PLACES = """
    SELECT p.image_id, c.uuid, c.name, c.colour FROM catalog_position p
    JOIN catalog_group g ON g.id = p.group_id JOIN catalog_cluster c ON c.id = g.cluster_id
    WHERE p.build_id = %s AND p.image_id IN ({ids})
"""
WITH_LABEL = "SELECT image_id FROM catalog_effectivelabel WHERE label_id = %s"
IN_CLUSTER = """
    SELECT p.image_id FROM catalog_position p JOIN catalog_group g ON g.id = p.group_id
    WHERE p.build_id = %s AND g.cluster_id = %s
"""
HAVING = """
    SELECT image_id, MAX(score) AS score FROM (
        SELECT e.image_id, e.score FROM catalog_effectivelabel e JOIN catalog_label l ON l.id = e.label_id
        WHERE l.collection_id = %s AND l.key LIKE %s
        UNION ALL
        SELECT p.image_id, 0.9 FROM catalog_searchposting p JOIN catalog_searchword w ON w.id = p.word_id
        WHERE w.collection_id = %s AND w.key LIKE %s
    ) found GROUP BY image_id
"""
ONE_WORD = f"SELECT a.image_id FROM ({HAVING}) a ORDER BY a.score DESC, a.image_id LIMIT {N}"  # noqa: S608 our own
TWO_WORDS = (
    f"SELECT a.image_id FROM ({HAVING}) a JOIN ({HAVING}) b ON b.image_id = a.image_id "  # noqa: S608 our own
    f"ORDER BY a.score + b.score DESC, a.image_id LIMIT {N}"
)
FACETS = (
    "SELECT e.label_id, COUNT(*) FROM catalog_effectivelabel e JOIN catalog_image i ON i.id = e.image_id "
    "WHERE i.collection_id = %s GROUP BY e.label_id ORDER BY 2 DESC LIMIT 50",
    "SELECT e.source, COUNT(DISTINCT e.image_id) FROM catalog_effectivelabel e JOIN catalog_image i ON i.id = e.image_id "
    "WHERE i.collection_id = %s GROUP BY e.source",
    "SELECT substr(taken_at, 1, 4), COUNT(*) FROM catalog_image WHERE collection_id = %s GROUP BY 1 ORDER BY 2 DESC LIMIT 50",
    "SELECT annotation_status, COUNT(*) FROM catalog_image WHERE collection_id = %s GROUP BY annotation_status",
    "SELECT n_faces > 0, COUNT(*) FROM catalog_image WHERE collection_id = %s GROUP BY 1",
    "SELECT n_characters > 0, COUNT(*) FROM catalog_image WHERE collection_id = %s GROUP BY 1",
    "SELECT g.cluster_id, COUNT(*) FROM catalog_position p JOIN catalog_group g ON g.id = p.group_id "
    "JOIN catalog_image i ON i.id = p.image_id WHERE i.collection_id = %s GROUP BY g.cluster_id",
)


def bare_answers(library: BenchmarkLibrary, label_id: int, part: str) -> dict[str, Bare]:
    """What is done in the least way for each question, by the question's name in `benchmark_api.questions`."""
    collection, build, cluster = library.collection.pk, library.build.pk, library.cluster.pk
    table = load_vectors(library.collection)

    def tell(images: Rows) -> str:
        ids = ", ".join(str(row[0]) for row in images) or "0"
        labels = _ask(LABELS.format(ids=ids))
        places = _ask(PLACES.format(ids=ids), build)
        return json.dumps([images, labels, places], default=str)

    def listed(*conditions: str, params: Sequence[Any] = ()) -> str:
        where = " AND ".join(["i.collection_id = %s", *(f"i.id IN ({condition})" for condition in conditions)])
        return tell(_ask(f"{IMAGES} WHERE {where} ORDER BY i.id LIMIT {N}", collection, *params))

    def named(ids: Sequence[int]) -> str:
        return tell(_ask(f"{IMAGES} WHERE i.id IN ({', '.join(map(str, ids)) or '0'})"))

    def search(statement: str, *words: str) -> str:
        return named([row[0] for row in _ask(statement, *(p for word in words for p in 2 * (collection, f"%{word}%")))])

    def count(condition: str = "", *params: Any) -> str:
        """Facets; of those that the condition names."""
        wanted = f"collection_id = %s AND {{}}id IN ({condition})" if condition else ""
        rows = []
        for facet in FACETS:
            prefix = "i." if "i.collection_id" in facet else ""
            sql = facet.replace("collection_id = %s", wanted.format(prefix)) if condition else facet
            rows.append(_ask(sql, collection, *params))
        return json.dumps(rows)

    def similar() -> str:
        row = table.row_of(library.image.pk) or 0
        products = table.vectors @ table.vectors[row]
        best = np.argpartition(-products, N)[:N]
        return named(table.image_ids[best].tolist())

    return {
        "list": listed,
        "label": lambda: listed(WITH_LABEL, params=[label_id]),
        "cluster": lambda: listed(IN_CLUSTER, params=[build, cluster]),
        "label and cluster": lambda: listed(WITH_LABEL, IN_CLUSTER, params=[label_id, build, cluster]),
        "search": lambda: search(ONE_WORD, part),
        "search, two words": lambda: search(TWO_WORDS, part, OTHER_PART),
        "facets": count,
        "facets of a label": lambda: count(WITH_LABEL, label_id),
        "similar": similar,
        "detail": lambda: named([library.image.pk]),
    }


def _ask(sql: str, *params: Any) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: Rows = cursor.fetchall()
        return rows
