"""`python -m tidings_gateway` is `tidings gateway`."""

import sys

import typer
from tidings_schemas.errors import TidingsError

from .cli import gateway


def main() -> None:
    """Runs it; an error that was raised on purpose is one sentence on stderr and exit code 1."""
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(gateway)
    try:
        app()
    except TidingsError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
