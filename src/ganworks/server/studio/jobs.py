"""Routes of the queue: start a training, stop it, go on with it, and what errands (doctor, plan, compare) found."""

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Body, FastAPI, Request

from .errands import Errands
from .places import JOB, asked_folder, run_folder, service
from .queue import Jobs, Wanted, keeping

Tree = dict[str, Any]


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    found = app.state.service
    app.state.jobs, app.state.errands = Jobs(found.runs, found.data), Errands(found.data)
    try:
        async with keeping(app.state.jobs):
            yield
    finally:
        app.state.errands.close()


router = APIRouter(prefix="/api", lifespan=_lifespan, include_in_schema=False)


def jobs(request: Request) -> Jobs:
    found = request.app.state.jobs
    assert isinstance(found, Jobs)
    return found


def errands(request: Request) -> Errands:
    found = request.app.state.errands
    assert isinstance(found, Errands)
    return found


@router.post("/jobs", status_code=201)
def begin(request: Request, asked: Annotated[Tree, Body()]) -> Tree:
    """Queue a training. The body is a `Wanted`."""
    return {"name": jobs(request).submit(Wanted.from_tree(asked)).name, "waiting": jobs(request).waiting()}


@router.post("/runs/{name}/stop")
def stop(request: Request, name: str) -> Tree:
    """Finish the step, save, and end; or leave the queue."""
    jobs(request).stop(asked_folder(service(request).runs, name))
    return {"name": name}


@router.post("/runs/{name}/resume")
def resume(request: Request, name: str) -> Tree:
    """Go on where the run stopped: the same command again."""
    jobs(request).resume(asked_folder(service(request).runs, name))
    return {"name": name}


@router.delete("/jobs/{name}")
def forget(request: Request, name: str) -> Tree:
    """Remove a training that never began."""
    jobs(request).forget(run_folder(service(request).runs, name, JOB))
    return {"name": name}


@router.get("/errands/{number}")
def errand(request: Request, number: str) -> Tree:
    """How far an errand is: its last lines, and its answer or error once it is over."""
    return errands(request).told(number)


@router.delete("/errands/{number}")
def drop(request: Request, number: str) -> Tree:
    """Nobody waits for this errand any more."""
    errands(request).drop(number)
    return {"errand": number}
