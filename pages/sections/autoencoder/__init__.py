"""The sections of the autoencoder page."""
