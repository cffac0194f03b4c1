"""Pages of galaxies."""
