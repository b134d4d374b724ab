"""``python -m antigil``: the same command line as ``antigil``."""

from antigil.commands.main import main

raise SystemExit(main())
