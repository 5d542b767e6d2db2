"""`python -m tidings_producers flights …`: a source as a process of its own."""

import sys

from tidings_schemas.errors import TidingsError

from .cli import source_app


def main() -> None:
    """Runs a source; an error that was raised on purpose is one sentence on stderr and exit code 1."""
    try:
        source_app()
    except TidingsError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
