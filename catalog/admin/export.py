"""Taking a collection out."""
