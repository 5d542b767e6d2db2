"""The HTTP API: a file for each resource of `docs/wire.md`."""
