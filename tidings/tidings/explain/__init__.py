"""What became of an event for a user, at each stage and why: the topics' records, and the processors' own judgement."""
