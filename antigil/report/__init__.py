"""Measurements, comparisons and alerts as text, Markdown, JSON. Standard library only."""
