"""What would have been sent by other rules: past events through the processors' pure stages, beside what was sent."""
