"""What a commit was measured on, kept with its results."""

from .checkout.suite import Surroundings

__all__ = ["Surroundings"]
