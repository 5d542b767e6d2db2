"""What happened, and whether it may: pure, over plain data."""
