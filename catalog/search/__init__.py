"""Finding images: the one filter of admin, API, bulk decisions and exports; words and part-words; how many there are of what."""

from catalog.search.selection import Selection, SelectionError, select_images

__all__ = ["Selection", "SelectionError", "select_images"]
