"""What `antigil where` found: as text, as a page with flame graphs, and in the formats of other tools."""
