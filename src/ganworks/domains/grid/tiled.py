"""Maps of the Tiled editor: .tmx (XML) and .tmj or .json, layers in plain XML, CSV or base64."""

import base64
import binascii
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from ...settings import DataError
from .legend import MOST, Codes, Legend, Tile

GID = 0x1FFFFFFF
"""A global tile number without its bits for mirroring and turning."""
LARGEST = 64 << 20
"""Bytes of a file, and of an unpacked layer, that are read."""
Cells = npt.NDArray[np.int64]


def read(path: Path) -> tuple[Cells, dict[str, Any]]:
    """The first tile layer of a map, (H, W) global tile numbers, and how such a map begins.

    Raises DataError with one line when there is none or it is no map.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"it is larger than {LARGEST >> 20} MB")
        return _json(path) if path.suffix in (".json", ".tmj") else _xml(path)
    except (OSError, ValueError, LookupError, TypeError, ElementTree.ParseError, binascii.Error, zlib.error) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else error
        raise DataError(f"{path}: wanted a Tiled map of fixed size with a tile layer, {reason}") from None


def is_map(path: Path) -> bool:
    """Whether a JSON file says that it is a map."""
    try:
        with path.open(encoding="utf-8") as file:
            return '"tiledversion"' in (text := file.read(1 << 20)) or '"tilewidth"' in text
    except (OSError, UnicodeDecodeError):
        return False


def coded(maps: Sequence[Cells], heads: Sequence[dict[str, Any]]) -> tuple[Legend, list[Codes]]:
    """A tile for each number that is used; 0 is the empty cell. Names and types of a tileset become tags."""
    used = np.unique(np.concatenate([cells.ravel() for cells in maps]))
    if len(used) > MOST:
        raise DataError(f"the maps use {len(used)} different tiles; at most {MOST} fit: leave out maps or layers")
    tags: dict[str, Sequence[str]] = {}
    for head in reversed(heads):
        tags |= head["tags"]
    tiles = tuple(Tile(symbol=str(gid), tags=tuple(tags.get(str(gid), () if gid else ("empty",)))) for gid in used)
    return Legend(tiles=tiles), [np.searchsorted(used, cells).astype(np.uint8) for cells in maps]


def write(codes: Codes, legend: Legend, head: dict[str, Any], path: Path) -> Path:
    """A .tmx that Tiled opens, with the tilesets of the maps that were read."""
    height, width = codes.shape
    size = {"width": str(width), "height": str(height)}
    scale = {"tilewidth": str(head.get("tilewidth", 16)), "tileheight": str(head.get("tileheight", 16))}
    root = ElementTree.Element(
        "map", {"version": "1.10", "orientation": "orthogonal", "renderorder": "right-down", **size, **scale}
    )
    for text in head.get("tilesets", ()):
        root.append(ElementTree.fromstring(text))
    layer = ElementTree.SubElement(root, "layer", {"id": "1", "name": "generated", **size})
    data = ElementTree.SubElement(layer, "data", {"encoding": "csv"})
    gids = np.array([int(tile.symbol) for tile in legend.tiles])[codes]
    data.text = "\n" + ",\n".join(",".join(map(str, row)) for row in gids) + "\n"
    path.write_bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))
    return path


def _xml(path: Path) -> tuple[Cells, dict[str, Any]]:
    text = path.read_bytes()
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise ValueError("it declares entities, which a map never needs")
    root = ElementTree.fromstring(text)
    layer = next((each for each in root.iter("layer")), None)
    data = None if layer is None else layer.find("data")
    if root.tag != "map" or root.get("infinite") == "1" or layer is None or data is None:
        raise ValueError("there is no such layer in it (an infinite map is made fixed in Map > Map Properties)")
    width, height = int(layer.get("width", 0)), int(layer.get("height", 0))
    if data.get("encoding") is None:
        gids = np.array([int(each.get("gid", 0)) for each in data.iter("tile")])
    else:
        gids = _numbers(data.text or "", data.get("encoding", ""), data.get("compression") or "")
    sets = root.findall("tileset")
    tags = {
        str(int(each.get("firstgid", 1)) + int(tile.get("id", 0))): [word]
        for each in sets
        for tile in each.iter("tile")
        if (word := tile.get("class") or tile.get("type"))
    }
    head = {
        "tilewidth": int(root.get("tilewidth", 16)),
        "tileheight": int(root.get("tileheight", 16)),
        "tilesets": [ElementTree.tostring(each, encoding="unicode").strip() for each in sets],
        "tags": tags,
    }
    return _table(gids, height, width), head


def _json(path: Path) -> tuple[Cells, dict[str, Any]]:
    page = json.loads(path.read_text(encoding="utf-8"))
    layer = next((each for each in page["layers"] if each.get("type") == "tilelayer" and "data" in each), None)
    if layer is None or page.get("infinite"):
        raise ValueError("there is no such layer in it (an infinite map is made fixed in Map > Map Properties)")
    data = layer["data"]
    gids = np.array(data) if isinstance(data, list) else _numbers(data, "base64", layer.get("compression") or "")
    sets = [
        {"firstgid": str(each["firstgid"]), "source": str(each["source"])}
        for each in page.get("tilesets", ())
        if "source" in each
    ]
    tags = {
        str(each["firstgid"] + tile["id"]): [word]
        for each in page.get("tilesets", ())
        for tile in each.get("tiles", ())
        if (word := tile.get("class") or tile.get("type"))
    }
    head = {
        "tilewidth": int(page.get("tilewidth", 16)),
        "tileheight": int(page.get("tileheight", 16)),
        "tilesets": [ElementTree.tostring(ElementTree.Element("tileset", each), encoding="unicode") for each in sets],
        "tags": tags,
    }
    return _table(gids, int(layer["height"]), int(layer["width"])), head


def _numbers(text: str, encoding: str, compression: str) -> npt.NDArray[Any]:
    if encoding == "csv":
        return np.array([int(each) for each in text.split(",")])
    if encoding != "base64":
        raise ValueError(f"its layer is written as {encoding}, known are csv and base64")
    packed = base64.b64decode("".join(text.split()), validate=True)
    if compression == "zlib":
        packed = zlib.decompressobj().decompress(packed, LARGEST)
    elif compression == "gzip":
        packed = zlib.decompressobj(wbits=31).decompress(packed, LARGEST)
    elif compression:
        raise ValueError(f"its layer is packed with {compression}; save it as CSV, or with zlib or gzip")
    return np.frombuffer(packed, "<u4")


def _table(gids: npt.NDArray[Any], height: int, width: int) -> Cells:
    if height < 1 or width < 1 or gids.size != height * width:
        raise ValueError(f"its layer is {height} x {width} and has {gids.size} cells")
    return (gids.astype(np.int64) & GID).reshape(height, width)
