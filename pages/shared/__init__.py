"""What several pages use: controls bound to the URL, charts, and what can be taken away."""
