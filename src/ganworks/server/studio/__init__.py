"""The studio page's own routes: one file a room.

Each room's file has `router`; what a router needs lies in `request.app.state` (service, hosted). A router may bring a
lifespan, which FastAPI joins with the app's own. A room that is added gets its line in `routers`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter


def routers() -> "list[APIRouter]":
    """The routes under /api/ behind the page's rooms, to be included by the app."""
    from . import apply, compare, explore, forms, jobs, runs, sheets  # noqa: PLC0415  fastapi only where something is served

    return [runs.router, jobs.router, forms.router, compare.router, explore.router, apply.router, sheets.router]
