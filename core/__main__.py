"""``python -m core``: the desk from a shell."""

import sys

from core.cli import main

sys.exit(main())
