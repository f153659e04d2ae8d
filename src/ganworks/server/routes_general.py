"""Health, numbers, and what the page has to know of its session."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from .. import __version__

router = APIRouter()


@router.get("/health/live", summary="Whether the process answers; needs no token")
async def live() -> dict[str, bool]:
    return {"live": True}


@router.get("/health/ready", summary="Whether requests are taken; 503 once the service was told to stop")
async def ready(request: Request) -> Response:
    draining = request.app.state.hosted.worker.draining
    return JSONResponse({"ready": not draining}, 503 if draining else 200, {"cache-control": "no-store"})


@router.get("/metrics", summary="Numbers for Prometheus")
async def metrics(request: Request) -> Response:
    text = request.app.state.numbers.text(request.app.state.hosted)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/api/session", summary="What calls from the page have to bring: the header X-Ganworks with this csrf")
async def session(request: Request) -> dict[str, Any]:
    state = request.app.state
    return {"csrf": state.guard.csrf, "version": __version__, "studio": state.service.studio}
