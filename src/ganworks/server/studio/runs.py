"""Routes of the room Runs: what runs there are, how each fares, its pictures, its evidence and its report."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from ...report import words
from ...report.gather import Found, gather
from ...settings import Tree, printable
from ..errors import Refused
from .jobs import jobs
from .places import JOB, asked_folder, inside, run_folder, service
from .queue import OUTPUT
from .watched import events, journal, last_lines, summary, timeline

router = APIRouter(prefix="/api", include_in_schema=False)
SEALED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; base-uri 'none'"
"""What a report may do when it is shown: nothing but look as it does. Its folder may have come from anywhere."""
FRESH = {"Cache-Control": "no-store"}
NAMED = ("latest", "real-beside-fake", "neighbours", "restored")
"""Pictures of a run besides its grids."""


@router.get("/runs")
def listed(request: Request) -> dict[str, Any]:
    """Every run in the folder of runs, what changed last first."""
    queue, folders = jobs(request), _folders(service(request).runs)
    found = [summary(each, queue.of(each)) for each in folders]
    busy = ("training", "starting", "stopping", "evaluating", "waiting")
    found.sort(key=lambda each: (each["state"] not in busy, -each["changed"]))
    return {"runs": found, "folder": printable(service(request).runs.name or "runs")}


@router.get("/runs/{name}")
def one(request: Request, name: str) -> dict[str, Any]:
    """All about a run that is not a curve."""
    folder = asked_folder(service(request).runs, name)
    page = summary(folder, jobs(request).of(folder))
    page |= {"timeline": timeline(folder), "log": list(last_lines(folder / OUTPUT)), "events": [], "cards": {}}
    if not (folder / "run.toml").is_file():
        return page
    found = gather(folder, lambda line: None)
    page["beside"] = (folder / "samples" / "real-beside-fake.png").is_file()
    page["events"] = events(found)
    page["cards"] = {
        "Data": words.data_card(found), "Model": words.model_card(found), **words.promised(found),
        **words.learned(found.evaluation or {}), "Cost": words.cost(found),
    }  # fmt: skip
    return page


@router.get("/runs/{name}/journal")
def grown(request: Request, name: str, after: str = "") -> dict[str, Any]:
    """What the journal has beyond the cursor `after`."""
    return journal(asked_folder(service(request).runs, name), after)


@router.get("/runs/{name}/samples/{which}")
def grid(request: Request, name: str, which: str) -> FileResponse:
    """A grid of samples: `latest`, or the one that was drawn at so many samples."""
    folder = run_folder(service(request).runs, name)
    numbered = which.isascii() and which.isdecimal() and len(which) <= 15
    if not numbered and which not in NAMED:
        raise Refused(404, f"no picture '{printable(which)}'; there are numbers of samples, {', '.join(NAMED)}")
    file = inside(folder, f"samples/{int(which):012d}.png" if numbered else f"samples/{which}.png")
    return FileResponse(file, media_type="image/png", headers=FRESH)


@router.get("/runs/{name}/report")
def report(request: Request, name: str) -> Response:
    """The report as it lies in the run's folder, under a policy that lets it do nothing."""
    file = inside(run_folder(service(request).runs, name), "report.html")
    return FileResponse(file, media_type="text/html", headers={**FRESH, "Content-Security-Policy": SEALED})


@router.get("/runs/{name}/evidence")
def evidence(request: Request, name: str) -> dict[str, Any]:
    """The evaluation of a run as text: findings, and a row a metric."""
    folder = run_folder(service(request).runs, name)
    found = gather(folder, lambda line: None)
    if found.evaluation is None:
        raise Refused(404, f"not evaluated yet; a training ends with it, or run: ganworks evaluate {printable(name)}")
    return told(found)


def told(found: Found) -> dict[str, Any]:
    """Evidence as text; an evaluation that is no such thing has none. Raises Refused 409."""
    evaluation: Tree = found.evaluation or {}
    try:
        return {
            "findings": words.findings(evaluation),
            "metrics": words.rows(evaluation),
            "protocol": words.protocol(evaluation),
            "notes": [str(each) for each in evaluation.get("notes") or []],
            "samples": evaluation.get("run", {}).get("samples"),
        }
    except (AttributeError, LookupError, TypeError, ValueError):
        raise Refused(
            409, f"evaluation.json of {printable(found.folder.name)} cannot be read; evaluate again"
        ) from None


def _folders(runs: Path) -> list[Path]:
    """Run directories, begun or asked for; none where there is no such folder."""
    try:
        inside_ = sorted(each for each in runs.resolve().iterdir() if each.is_dir() and not each.is_symlink())
    except OSError:
        return []
    return [each for each in inside_ if (each / "run.toml").is_file() or (each / JOB).is_file()]
