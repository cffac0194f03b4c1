"""Images as a wall of thumbnails."""
