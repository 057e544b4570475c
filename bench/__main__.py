"""`python -m bench`: see bench/__init__.py."""

from bench.first_figures import print_figures

if __name__ == "__main__":
    print_figures()
