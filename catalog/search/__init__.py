"""Finding images: the one filter of admin, API, bulk decisions and exports; words and part-words; how many there are of what."""

from catalog.search.engine import Hit, matching_images, search_images
from catalog.search.facets import FACETS, Facet, facets
from catalog.search.selection import Selection, SelectionError, final_label, select_images

__all__ = [
    "FACETS",
    "Facet",
    "Hit",
    "Selection",
    "SelectionError",
    "facets",
    "final_label",
    "matching_images",
    "search_images",
    "select_images",
]
