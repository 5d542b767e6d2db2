"""A loop of `send()` calls in C, for machines that have a C compiler; without one, Python does the same."""
