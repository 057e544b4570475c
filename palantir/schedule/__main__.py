"""`python -m palantir.schedule SEGMENT` is `palantir schedule SEGMENT`."""

import sys

from palantir.cli import main

if __name__ == "__main__":
    main(["schedule", *sys.argv[1:]])
