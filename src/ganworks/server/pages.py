"""The page's files: listed once, looked up by name, so that no path of a client ever reaches the file system."""

from functools import cache
from pathlib import Path

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from .errors import Refused
from .guard import COOKIE, Guard

FOLDER = Path(__file__).parent / "page"
TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png", ".json": "application/json",
    ".woff2": "font/woff2",
}  # fmt: skip


@cache
def files() -> dict[str, Path]:
    """Every file of the page by the path it is asked for."""
    found = {f"/{path.relative_to(FOLDER).as_posix()}": path for path in FOLDER.rglob("*") if path.suffix in TYPES}
    return found | ({"/": found["/index.html"]} if "/index.html" in found else {})


async def page(request: Request, path: str = "") -> Response:
    """A file of the page; `/?token=T` puts the token into a cookie and leads to `/`."""
    guard: Guard = request.app.state.guard
    if request.url.path == "/" and "token" in request.query_params:
        address = request.client.host if request.client else "unknown"
        guard.count_wrong(address, guard.token_fits(request.query_params["token"]))
        led = RedirectResponse("/", status_code=303, headers={"cache-control": "no-store"})
        led.set_cookie(COOKIE, guard.cookie, httponly=True, samesite="strict", secure=request.url.scheme == "https")
        return led
    if not request.app.state.service.studio:
        if request.url.path == "/":
            return HTMLResponse("<!doctype html><title>ganworks</title><p>This service has no page; see /openapi.json.")
        raise Refused(404, "nothing is here; see /openapi.json for what is")
    file = files().get(f"/{path}")
    if file is None:
        raise Refused(404, "nothing is here; see /openapi.json for what is")
    return Response(file.read_bytes(), media_type=TYPES[file.suffix], headers={"cache-control": "private, no-cache"})
