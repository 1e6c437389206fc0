"""What `python3 -m lint_rules` runs."""
import sys

from .main import main

sys.exit(main(sys.argv[1:]))
