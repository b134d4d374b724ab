"""A measurement: its table, its verdicts in words, what limits it, and a page of its own."""
