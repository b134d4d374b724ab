"""Kernels with a known way of scaling across Python threads."""

from typing import SupportsIndex

def calcular_com_gil(max: SupportsIndex = 100_000) -> str:
    """Reduce over 0 ... max - 1 while holding the GIL; return the sum as decimal text."""

def calcular_sem_gil(max: SupportsIndex = 100_000) -> str:
    """Reduce over 0 ... max - 1 with the GIL released; return the sum as decimal text."""
