"""What counts as the same term."""

import unicodedata

MAX_TERM_LENGTH = 200


def fold_term(term: str) -> str:
    """The key by which a term is found: Unicode NFKC, case folded, single blanks. Plurals stay: glass is not glasses."""
    return " ".join(unicodedata.normalize("NFKC", term).casefold().split())[:MAX_TERM_LENGTH]
