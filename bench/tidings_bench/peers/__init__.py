"""Other stream processors that do the match stage's work, each as its users would write it."""
