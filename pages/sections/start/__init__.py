"""The start page: a loss that falls for nothing, and the six questions that follow from it."""
