"""The programs' part: models, and what can be asked of them."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from starlette.responses import Response

from ..domains.image import Pictures
from ..domains.translations import Translations
from ..settings import Settings
from . import applying, drawing, media
from .asked import Drawn, FromLatents, Generate, Interpolate, query
from .hosted import Hosted, Served

router = APIRouter(prefix="/v1")


def fields(asked: type[Settings]) -> dict[str, Any]:
    """The OpenAPI entry of a query whose fields are those of a value."""
    known = asked.model_json_schema()["properties"]
    return {
        "parameters": [
            {"in": "query", "name": name, "schema": schema, "description": schema.get("description", "")}
            for name, schema in known.items()
        ]
    }


@router.get("/models", summary="The models, by name")
async def models(request: Request) -> dict[str, Any]:
    hosted: Hosted = request.app.state.hosted
    names = await asyncio.to_thread(hosted.names)
    return {"models": [{"name": name, "loaded": name in {each.name for each in hosted.loaded()}} for name in names]}


@router.get("/models/{name}", summary="What a model draws, and what is known of it")
async def model(request: Request, name: str) -> dict[str, Any]:
    served = await _served(request, name)
    return await asyncio.to_thread(described, served)


@router.get("/models/{name}/generate", summary="Samples of a seed", openapi_extra=fields(Generate))
async def generate(request: Request, name: str) -> Response:
    """Answered by the door; this stands here for OpenAPI, and for whoever mounts the application elsewhere."""
    asked = Generate.from_tree(query(request.url.query.encode(), many=("where",)))
    return _response(await drawing.generate(await _served(request, name), asked))


@router.post("/models/{name}/generate", summary="Samples of a seed")
async def generate_by_json(request: Request, name: str, asked: Generate) -> Response:
    return _response(await drawing.generate(await _served(request, name), asked))


@router.get("/models/{name}/interpolate", summary="Samples between samples", openapi_extra=fields(Interpolate))
async def interpolate(request: Request, name: str) -> Response:
    asked = Interpolate.from_tree(query(request.url.query.encode()))
    return _response(await drawing.interpolate(await _served(request, name), asked))


@router.post("/models/{name}/interpolate", summary="Samples between samples")
async def interpolate_by_json(request: Request, name: str, asked: Interpolate) -> Response:
    return _response(await drawing.interpolate(await _served(request, name), asked))


@router.get("/models/{name}/latents", summary="Latents of a seed", openapi_extra=fields(Drawn))
async def latents(request: Request, name: str) -> dict[str, Any]:
    asked = Drawn.from_tree(query(request.url.query.encode()))
    return await drawing.latents(await _served(request, name), asked)


@router.post("/models/{name}/latents", summary="Samples of latents")
async def from_latents(request: Request, name: str, asked: FromLatents) -> Response:
    return _response(await drawing.from_latents(await _served(request, name), asked))


@router.post("/models/{name}/apply", summary="Put a picture through a model that makes pictures from pictures")
async def apply(
    request: Request,
    name: str,
    file: Annotated[UploadFile, File(description="PNG, JPEG, WebP, BMP or TIFF")],
    mask: Annotated[UploadFile | None, File(description="Of the picture's size, white where a hole is")] = None,
    format: Annotated[str, Form(description="png, jpeg, webp or tiff")] = "png",
    direction: Annotated[str, Form(description="AtoB or BtoA, of a model that goes both ways")] = "",
) -> Response:
    served = await _served(request, name)
    data, hole = await file.read(), None if mask is None else await mask.read()
    return _response(await applying.apply(served, data, hole, format, direction, request.app.state.service.limits))


def described(served: Served) -> dict[str, Any]:
    """What is known of a model, in plain values."""
    model = served.model
    codec, run = model.codec, model.run
    output = media.made(model)
    shown = output if isinstance(output, Pictures) else None
    attributes = shown.attributes if shown is not None else None
    classes = getattr(codec, "classes", ()) if codec.spec.condition is not None else ()
    return {
        "name": served.name,
        "sha256": served.sha256,
        "recipe": run.recipe,
        "domain": run.domain.name,
        "network": run.generator.tree().get("name"),
        "shape": list(output.spec.shape),
        "picture": None if shown is None else {"width": shown.width, "height": shown.height, "mode": shown.mode},
        "latent": None if isinstance(codec, Translations) else run.generator.latent,
        "classes": list(classes),
        "attributes": [] if attributes is None else list(attributes.names),
        "applies": isinstance(codec, Translations),
        "formats": list(media.formats(model)),
        "samples": model.samples,
        "unfinished": served.unfinished,
        "note": "this run is still training or was stopped; its newest checkpoint answers" if served.unfinished else "",
        "engine": served.engine.name if served.engine else "exact",
        "batches": list(served.engine.sizes) if served.engine else [],
        "most": served.most_samples,
        "evidence": _evidence(served.folder),
        "privacy": model.privacy,
    }


def _evidence(folder: Path) -> dict[str, Any] | None:
    """The metrics of evaluation.json, where the run was evaluated."""
    try:
        page = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))
        return {key: page[key] for key in ("metrics", "findings", "samples") if key in page}
    except (OSError, ValueError, TypeError, RecursionError):
        return None


async def _served(request: Request, name: str) -> Served:
    hosted: Hosted = request.app.state.hosted
    return await hosted.open(name)


def _response(done: drawing.Answer) -> Response:
    return Response(done.body, media_type=done.media, headers={"x-ganworks-mark": done.mark.text()})
