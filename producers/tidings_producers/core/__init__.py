"""Pure: rows and commits in, events and times out. No clock, no files, no Kafka."""
