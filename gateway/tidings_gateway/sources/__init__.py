"""Where records come from: Kafka, or a log in memory that behaves like it."""
