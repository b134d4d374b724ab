"""Which commits were measured where, and where measuring has ended."""
