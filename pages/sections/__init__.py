"""Sections of a single page that are long enough to stand alone."""
