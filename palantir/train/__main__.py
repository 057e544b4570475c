"""`python -m palantir.train CLIP` is `palantir train CLIP`."""

import sys

from palantir.cli import main

if __name__ == "__main__":
    main(["train", *sys.argv[1:]])
