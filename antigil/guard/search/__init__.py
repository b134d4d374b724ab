"""Find the commit that lost something, by measuring."""
