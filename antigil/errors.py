"""The error that the command line shows as one line, and what its exit statuses mean."""

EXIT_LOSS = 1
EXIT_USER_ERROR = 2
EXIT_COULD_NOT_JUDGE = 2


class UserError(Exception):
    """Something the user can put right; the message says how."""
