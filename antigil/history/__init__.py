"""All that touches asv: results, changes, pages and reports."""
