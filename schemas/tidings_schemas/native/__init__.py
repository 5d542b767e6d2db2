"""What is hot, once more in C, for machines that have a C compiler; without one, Python does the same."""
