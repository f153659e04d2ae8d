"""A process of our own that does one thing after the other: a line goes in, lines come back, all JSON."""

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Self

Kind = Literal["told", "done", "data", "disk", "dead"]
"""What an answer is: a line for whoever watches; the end of a job; a line about the data; one about our disk.

`dead` is not said but found: the process is gone.
"""


class Worker:
    """Started when first asked, on one thread, without a GPU unless told otherwise; it leaves when this one does."""

    def __init__(self, command: Sequence[str], gpu: bool = False):
        self.command, self.gpu = command, gpu
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def ask(self, job: str, tell: Callable[[str], None]) -> tuple[Kind, str]:
        """Have a job done, which is one line; the last answer."""
        if self._process is None or self._process.poll() is not None:
            self._process = self._started()
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(job + "\n")
            process.stdin.flush()
            for line in process.stdout:
                kind, text = json.loads(line)
                if kind != "told":
                    return kind, text
                tell(text)
        except (OSError, ValueError):
            pass
        self.kill()
        return "dead", ""

    def _started(self) -> "subprocess.Popen[str]":
        package = str(Path(__file__).parents[3])
        path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
        return subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment if self.gpu else {**environment, "CUDA_VISIBLE_DEVICES": ""},
            start_new_session=True,  # Ctrl-C is for the process that asks
        )


def answer(kind: Kind, line: str = "") -> None:
    """What the process itself says."""
    print(json.dumps([kind, line]), flush=True)
