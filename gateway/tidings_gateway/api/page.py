"""The page: static files that Vite builds."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Tidings</title>
<h1>The page is not built</h1>
<p>The gateway runs, but its page does not exist yet. <code>tidings up</code> builds it; so do <code>npm ci</code>
and <code>npm run build</code> in the folder <code>web</code>. Then restart the gateway.</p>
<p>The API needs no page: see <a href="/openapi.json">openapi.json</a>.</p></html>"""

_FOR_EVER = "public, max-age=31536000, immutable"  # Vite puts a hash of the content into these names
_ASK_AGAIN = "no-cache"


class Page(StaticFiles):
    """The built page, or how to build it."""

    def __init__(self, folder: Path) -> None:
        self._built = (folder / "index.html").is_file()
        super().__init__(directory=folder, html=True, check_dir=False)

    async def check_config(self) -> None:
        """Nothing to check while there is no page."""
        if self._built:
            await super().check_config()

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with how long it may be kept."""
        if not self._built and path in (".", "index.html"):
            return HTMLResponse(_NOT_BUILT, 503)
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            detail = "There is no such page; the API begins with /v1/ and is described by /openapi.json."
            raise HTTPException(error.status_code, detail) from None
        response.headers["Cache-Control"] = _FOR_EVER if path.startswith("assets/") else _ASK_AGAIN
        return response
