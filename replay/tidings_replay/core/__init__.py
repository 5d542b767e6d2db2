"""Pure replay: what to read, what to keep, what to hide, how to show it. No Kafka, no clock, no files."""
