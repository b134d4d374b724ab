"""``python -m antigil``: the same command line as ``antigil``."""

from antigil.cli import main

raise SystemExit(main())
