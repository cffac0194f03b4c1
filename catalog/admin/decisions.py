"""Decisions about many images."""
