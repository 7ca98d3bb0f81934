"""The start page: a loss that falls for nothing, and the five questions that follow from it."""
