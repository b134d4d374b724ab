"""The error that the command line shows as one line."""


class UserError(Exception):
    """Something the user can put right; the message says how."""
