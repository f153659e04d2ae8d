"""The run that a training would begin with, as JSON: a program of its own, since it reads the user's data.

python -m ganworks.server.studio.planned [--recipe=NAME] [--set=A.B=C ...] -- DATA
"""

import json
import sys

from ...launch import Words, plan
from ...settings import CheckpointError, ConfigError, DataError, printable


def main(words: list[str]) -> int:
    """Print {"run": every setting, "lines": what was decided and found}; a refusal is one line, and exit code 1."""
    place = words.index("--")
    named = [each.partition("=")[2] for each in words[:place] if each.startswith("--recipe=")]
    settings = [each.partition("=")[2] for each in words[:place] if each.startswith("--set=")]
    try:
        found = plan(Words(words[place + 1], named[0] if named else None, settings=settings))
    except (ConfigError, DataError, CheckpointError) as error:
        print(printable(str(error)), file=sys.stderr)
        return 1
    json.dump({"run": found.run.tree(), "lines": list(found.lines)}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
