"""The commands of an analyst."""
