"""Words of concepts in other languages, by concept id; the words of the local models were translated by hand."""

import csv
from functools import cache
from importlib.resources import files

LANGUAGES = ("de",)
"""Beside English, which the models speak."""


@cache
def load_translations(language: str) -> dict[str, str]:
    """Load `data/translations_<language>.csv`: concept id (such as "/wn30/n02121808") to term; {} for a language not shipped."""
    if language not in LANGUAGES:
        return {}
    table = (files("catalog.annotators") / "data" / f"translations_{language}.csv").read_text("utf-8")
    return {f"/wn30/{row['wordnet_id']}": row["term"] for row in csv.DictReader(table.splitlines())}


def translate(concept_id: str, language: str) -> str:
    """The term of a concept in a language; "" where it is not known."""
    return load_translations(language).get(concept_id, "")
