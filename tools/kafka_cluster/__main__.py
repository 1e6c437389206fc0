"""What `python3 -m kafka_cluster` runs."""
import sys

from .main import main

sys.exit(main())
