"""Where events come from: flights of the past, commits of a repository, JSON lines."""
