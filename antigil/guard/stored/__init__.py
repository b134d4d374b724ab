"""Judge what was measured before: results that asv has stored, and measurements in files."""
