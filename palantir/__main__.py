"""`python -m palantir` is the `palantir` command."""

from palantir.cli import main

if __name__ == "__main__":
    main()
