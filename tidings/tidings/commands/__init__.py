"""The `tidings` command, one file a family. Nothing heavy is imported before it is needed: `--help` must be quick."""
