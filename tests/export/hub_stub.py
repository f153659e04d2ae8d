"""The few calls of the Hugging Face Hub that push and pull make, on this machine, from memory."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote, urlsplit

COMMIT = "a" * 40


class Hub:
    """Repositories by name: their files, and whether they are private."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, bytes]] = {}
        self.private: dict[str, bool] = {}
        self.asked: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hub.post(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def do_GET(self) -> None:
                hub.get(self)

            def log_message(self, *words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def post(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        path = urlsplit(handler.path).path
        self.asked.append(f"POST {path}")
        if path == "/api/repos/create":
            wanted = json.loads(body)
            name = "/".join(each for each in (wanted.get("organization"), wanted["name"]) if each)
            private = bool(wanted.get("private") or wanted.get("visibility") == "private")
            self.files.setdefault(name, {})
            self.private.setdefault(name, private)
            return _answer(handler, {"url": f"{self.address}/{name}", "id": name})
        name = "/".join(path.split("/")[3:5])
        if "/preupload/" in path:
            files = [
                {"path": each["path"], "uploadMode": "regular", "shouldIgnore": False}
                for each in json.loads(body)["files"]
            ]
            return _answer(handler, {"files": files})
        if "/commit/" not in path:  # the front matter of a card is looked through first
            return _answer(handler, {"errors": [], "warnings": []})
        for line in body.splitlines():
            entry = json.loads(line)
            if entry["key"] == "file":
                self.files[name][entry["value"]["path"]] = base64.b64decode(entry["value"]["content"])
        return _answer(handler, {"commitUrl": f"{self.address}/{name}/commit/{COMMIT}", "commitOid": COMMIT})

    def get(self, handler: BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(handler.path).path)
        self.asked.append(f"GET {path}")
        if path == "/api/whoami-v2":
            return _answer(handler, {"name": "user", "type": "user"})
        if path.startswith("/api/models/"):
            name = "/".join(path.split("/")[3:5])
            if name not in self.files:
                return _answer(handler, {"error": "Repository not found"}, 404, "RepoNotFound")
            siblings = [{"rfilename": each} for each in self.files[name]]
            return _answer(handler, {"id": name, "modelId": name, "sha": COMMIT, "siblings": siblings, "tags": []})
        name, _, rest = path.strip("/").partition("/resolve/main/")
        data = self.files.get(name, {}).get(rest)
        if data is None:
            return _answer(handler, {"error": "Entry not found"}, 404, "EntryNotFound")
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        return void(handler.wfile.write(data))


def void(_: object) -> None:
    return None


def _answer(handler: BaseHTTPRequestHandler, value: Any, status: int = 200, error: str = "") -> None:
    data = json.dumps(value).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    if error:
        handler.send_header("X-Error-Code", error)
    handler.end_headers()
    handler.wfile.write(data)
