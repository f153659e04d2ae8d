"""The application: the programs' part under /v1, the page's under /api, and the page itself, behind one door."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from .. import __version__
from . import pages, routes, routes_general
from .door import Door
from .errors import LOG, Refused, refusal, told, validation
from .guard import Guard
from .hosted import Hosted
from .numbers import Numbers
from .settings import Service


def build(service: Service, runs: Sequence[str | Path] = ()) -> FastAPI:
    """The application of a service. `app.state` holds `service`, `hosted`, `guard` and `numbers`.

    Raises ConfigError or CheckpointError for a run that cannot be served.
    """
    service = service.checked()
    numbers = Numbers()
    hosted = Hosted(service, runs, numbers)

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        yield
        hosted.close()

    app = FastAPI(
        title="ganworks", version=__version__, docs_url=None, redoc_url=None, lifespan=living, redirect_slashes=False
    )
    guard = Guard(service)
    app.state.service, app.state.hosted, app.state.guard, app.state.numbers = service, hosted, guard, numbers
    app.include_router(routes_general.router)
    app.include_router(routes.router)
    if service.studio:
        from . import studio  # noqa: PLC0415  the page's rooms import what only they need

        for router in studio.routers():
            app.include_router(router)
    app.add_api_route("/{path:path}", pages.page, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_middleware(Door, service=service, hosted=hosted, guard=guard, numbers=numbers)
    for kind in (Refused, ValueError, OSError, MemoryError, RuntimeError, Exception):
        app.add_exception_handler(kind, _failed)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    return app


async def _failed(request: Request, error: Exception) -> JSONResponse:
    """Whatever was raised, as one line; what is a fault of ours goes to the log with the id that the client hears."""
    return answered(refusal(error), error)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, Refused):  # raised while FastAPI read a body
        return answered(error.__cause__)
    lines = {
        400: "the body cannot be read; see /openapi.json for what is wanted",
        404: "nothing is here; see /openapi.json for what is",
        405: f"{request.method} is not for this address",
    }
    return answered(Refused(error.status_code, lines.get(error.status_code, str(error.detail))))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return answered(Refused(422, validation(error.errors())))


def answered(refused: Refused, error: Exception | None = None) -> JSONResponse:
    """The answer to a refused request; a fault of ours is logged under its id."""
    body, headers = told(refused)
    if refused.status == 500:
        LOG.error("%s: %s", body["id"], error, exc_info=error)
    return JSONResponse(body, refused.status, headers)
