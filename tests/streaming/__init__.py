"""What several suites of the streams share: builders, logs to read from, clients, servers."""
