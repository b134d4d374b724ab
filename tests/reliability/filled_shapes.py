"""Documents made of the shapes that files from strangers are checked against, full of foreign text."""

import re

#: What foreign text may try: to end its code, its line, its cell, its quote, and to be markup or a command.
FOREIGN = "x`' | \n\n## evil\n\n@evil [evil](https://evil) <img evil> #1 -->\n::error::evil\n##[evil]"
ONE_LINE = " ".join(FOREIGN.split())
PLAIN = ("https://example.org/evil", "lost, evil", "evil", "0")


def filled(shape, chance):
    """Return a value of a shape: with the worst text that it lets through wherever it takes text.

    Everything else is drawn; any number of items is two.
    """
    if isinstance(shape, tuple):
        return None if chance.random() < 0.2 else filled(shape[0], chance)
    if isinstance(shape, dict):
        return {key: filled(one, chance) for key, one in shape.items()}
    if isinstance(shape, list):
        return [filled(one, chance) for one in (shape if len(shape) > 1 else shape * 2)]
    if isinstance(shape, frozenset):
        return chance.choice(sorted(shape))
    if isinstance(shape, re.Pattern):
        return next(text for text in (FOREIGN, ONE_LINE, *PLAIN) if shape.fullmatch(text))
    return {str: FOREIGN, bool: chance.random() < 0.5, int: 2, float: chance.choice([0.5, 1.0, 2.0])}[shape]
