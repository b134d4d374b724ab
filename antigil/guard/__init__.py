"""The guard: compares two commits, finds losses in the history, measures them again."""
