"""What asv has stored, read into immutable series; the changes along them; asv's inside in one adapter."""
