"""What is to be done: which files go in, what each will be called, and that nothing is overwritten."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ..domains.clips.film import SUFFIXES as FILMS
from ..domains.image.decode import SUFFIXES as PICTURES
from ..domains.image.listing import is_picture
from ..domains.medical.scan import is_nifti, is_scan
from ..settings import ConfigError, DataError, printable
from . import writing
from .video.container import film_suffix

NAMED = 3
"""Files named in a message about more of them."""


class Job(NamedTuple):
    """One file: its name below the input, where it lies, and where its output goes."""

    name: str
    source: Path
    target: Path


@dataclass
class Work:
    """All files of one call."""

    pictures: list[Job] = field(default_factory=list)
    scans: list[Job] = field(default_factory=list)
    films: list[Job] = field(default_factory=list)
    others: int = 0
    """Files that are none of these."""

    @property
    def jobs(self) -> list[Job]:
        return [*self.pictures, *self.scans, *self.films]


def listed(source: Path, out: Path, form: str) -> Work:
    """The files at `source` and their outputs. `form` is keep, png, tiff or jpg. Raises ConfigError or DataError."""
    if form != "keep" and form not in writing.SUFFIXES:
        raise ConfigError(f"format must be keep, {', '.join(writing.SUFFIXES)}, got '{form}'")
    if source.is_dir():
        work = _folder(source, out, form)
    elif source.is_file():
        work = _file(source, out, form)
    else:
        raise DataError(f"{source}: wanted a file or a folder, there is none")
    if not work.jobs:
        raise DataError(f"{source}: wanted pictures, videos or scans, found {work.others or 'no'} files of other kinds")
    return work


def check_free(targets: list[Path], sources: list[Path], force: bool) -> None:
    """Raises ConfigError when two outputs have one name, one is an input, or one exists and may not be replaced."""
    if twice := [target for target, times in Counter(targets).items() if times > 1]:
        raise ConfigError(f"two files would both be written to {_some(twice)}; use --format keep, or rename one")
    inputs = {source.resolve() for source in sources}
    own = [target for target in targets if target.resolve() in inputs]
    if own:
        raise ConfigError(f"the output would replace its own input {_some(own)}; choose another place")
    there = [target for target in targets if target.exists()]
    if there and not force:
        raise ConfigError(f"{_some(there)} exist{'s' if len(there) == 1 else ''}; choose another place, or add --force")


def masks_for(jobs: list[Job], place: Path) -> dict[str, Path]:
    """The mask of each picture, by its name: one file for all, or a folder of files with the same stems.

    Pictures without a mask are left out of the answer. Raises DataError when nothing is there, or none fits.
    """
    if place.is_file():
        return {job.name: place for job in jobs}
    if not place.is_dir():
        raise DataError(f"--mask {place}: wanted a mask file or a folder of them, there is none")
    found = {_stem(path.relative_to(place)): path for path in sorted(place.rglob("*")) if is_picture(path.name)}
    fitting = {job.name: found.get(_stem(Path(job.name))) or found.get(Path(job.name).stem) for job in jobs}
    matched = {name: path for name, path in fitting.items() if path is not None}
    if not matched:
        raise DataError(
            f"--mask {place}: none of its {len(found)} pictures has the name of an input; "
            f"wanted such as {_stem(Path(jobs[0].name))}.png"
        )
    return matched


def is_film(path: Path) -> bool:
    return path.suffix.lower() in FILMS


def _file(source: Path, out: Path, form: str) -> Work:
    scan = is_scan(source)
    into_folder = out.is_dir() or not out.suffix
    if is_film(source):
        target = out / (source.stem + film_suffix(source)) if into_folder else out
        return Work(films=[Job(source.name, source, target)])
    if not scan and source.suffix.lower() not in PICTURES:
        raise DataError(
            f"{source}: wanted a picture ({' '.join(PICTURES)}), a video ({' '.join(FILMS)}) or a scan "
            "(.dcm, .nii, .nii.gz)"
        )
    inside = source.name if scan else source.stem + _suffix(source, form)
    target = out / inside if into_folder else out
    if scan and is_nifti(source) and not target.name.lower().endswith(_ending(source)):
        raise ConfigError(f"{target}: the output of {source.name} is a {_ending(source)} file too; name it so")
    if not scan and not into_folder:
        wanted = writing.KINDS.get(target.suffix.lower())
        if wanted is None:
            raise ConfigError(f"{target}: wanted one of {', '.join(writing.KINDS)}, got '{target.suffix}'")
        if form not in ("keep", wanted):
            raise ConfigError(f"{target}: the name asks for {wanted}, --format for {form}; change one of them")
    job = Job(source.name, source, target)
    return Work(scans=[job]) if scan else Work(pictures=[job])


def below(source: Path, out: Path) -> Iterator[tuple[Path, Path]]:
    """Every file below a folder, by name, with its path from there; an output folder below it is not looked into.

    Raises ConfigError where the outputs cannot go into `out`.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out}: the outputs of a folder go into a folder, a file is there; choose another place")
    if out.resolve() == source.resolve():
        raise ConfigError(f"{out}: the outputs would lie among their inputs; choose another folder")
    for folder, folders, names in os.walk(source):
        here = Path(folder)
        folders[:] = sorted(
            each for each in folders if not each.startswith(".") and (here / each).resolve() != out.resolve()
        )
        for name in sorted(each for each in names if not each.startswith(".")):
            yield here / name, (here / name).relative_to(source)


def _folder(source: Path, out: Path, form: str) -> Work:
    work = Work()
    for path, relative in below(source, out):
        if is_picture(relative.as_posix()):
            target = out / relative.with_name(relative.stem + _suffix(path, form))
            work.pictures.append(Job(printable(relative.as_posix()), path, target))
        elif is_scan(path):
            work.scans.append(Job(printable(relative.as_posix()), path, out / relative))
        elif is_film(path):
            target = out / relative.with_name(relative.stem + film_suffix(path))
            work.films.append(Job(printable(relative.as_posix()), path, target))
        else:
            work.others += 1
    return work


def _suffix(source: Path, form: str) -> str:
    own = writing.kept(source)
    return own if form in ("keep", writing.KINDS[own.lower()]) else writing.SUFFIXES[form]


def _ending(path: Path) -> str:
    return ".nii.gz" if path.name.lower().endswith(".nii.gz") else path.suffix.lower()


def _stem(path: Path) -> str:
    return path.with_suffix("").as_posix()


def _some(paths: list[Path]) -> str:
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return printable(", ".join(str(path) for path in paths[:NAMED])) + more
