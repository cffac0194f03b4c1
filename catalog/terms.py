"""What counts as the same term."""

import re
import unicodedata

MAX_TERM_LENGTH = 200
VOCABULARIES = ("wordnet", "kg", "aat", "wikidata")
"""WordNet 3.0, Google's Knowledge Graph, Getty's Art & Architecture Thesaurus, Wikidata."""

_CONCEPT = re.compile(rf"\s*<({'|'.join(VOCABULARIES)}):([^<>\s]{{1,100}})>\s*$", re.IGNORECASE)


def split_concept(text: str) -> tuple[str, str, str]:
    """Take the concept off a term written as `cat <wikidata:Q146>`: (term, vocabulary, concept id), the last two "" without one.

    Ids are brought to the form in which annotators give them: `/wn30/n02121808`, `/m/01yrx`.
    """
    found = _CONCEPT.search(text)
    if found is None:
        return text, "", ""
    vocabulary, concept_id = found[1].lower(), found[2]
    if vocabulary == "wordnet" and not concept_id.startswith("/"):
        concept_id = f"/wn30/{concept_id if concept_id.startswith('n') else f'n{concept_id}'}"
    elif vocabulary == "kg" and not concept_id.startswith("/"):
        concept_id = f"/{concept_id}"
    return text[: found.start()], vocabulary, concept_id


def fold_term(term: str) -> str:
    """The key by which a term is found: Unicode NFKC, case folded, single blanks. Plurals stay: glass is not glasses."""
    return " ".join(unicodedata.normalize("NFKC", term).casefold().split())[:MAX_TERM_LENGTH]
