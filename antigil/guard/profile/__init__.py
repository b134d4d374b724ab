"""Which functions a confirmed loss lies in: both commits are sampled, as ``antigil where`` does."""
