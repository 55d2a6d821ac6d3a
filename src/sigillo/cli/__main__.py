"""`python -m sigillo.cli`: the same as `sigillo`."""

import sys

from sigillo.cli import main

sys.exit(main())
