"""The page on a network of one's own, section by section."""
