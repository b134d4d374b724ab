"""Bring antigil into another project: find out what is there, write what is missing."""
