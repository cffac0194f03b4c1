"""What counts as the same term."""

import re
import unicodedata

MAX_TERM_LENGTH = 200
VOCABULARIES = ("wordnet", "kg", "aat", "wikidata")
"""WordNet 3.0, Google's Knowledge Graph, Getty's Art & Architecture Thesaurus, Wikidata."""

_CONCEPT = re.compile(rf"\s*<({'|'.join(VOCABULARIES)}):([^<>\s]{{1,100}})>\s*$", re.IGNORECASE)


def split_concept(text: str) -> tuple[str, str, str]:
    """Take the concept off a term written as `cat <wikidata:Q146>`: (term, vocabulary, concept id), the last two "" without one."""
    found = _CONCEPT.search(text)
    return (text[: found.start()], found[1].lower(), found[2]) if found else (text, "", "")


def fold_term(term: str) -> str:
    """The key by which a term is found: Unicode NFKC, case folded, single blanks. Plurals stay: glass is not glasses."""
    return " ".join(unicodedata.normalize("NFKC", term).casefold().split())[:MAX_TERM_LENGTH]
