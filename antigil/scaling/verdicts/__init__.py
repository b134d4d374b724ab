"""The verdicts: whether threads help, what stops them, and how long they hold the GIL."""
