"""`python -m tidings_processors worker` runs a worker; `… agents` lists what it would run."""

import os

os.environ.setdefault("FAUST_LOOP", "uvloop")  # Faust looks at it when it is imported

from .cli import app

app(prog_name="python -m tidings_processors")
