"""`python -m`: unpacks shards for another process, one after the other, into array files."""

import sys

from ....settings import DataError
from .child import answer
from .decode import Job, unpack_into_file


def main() -> None:
    """A job a line, until the input ends."""
    for line in sys.stdin:
        try:
            unpack_into_file(Job.model_validate_json(line), lambda text: answer("told", text))
            answer("done")
        except DataError as error:
            answer("data", str(error))
        except OSError as error:
            answer("disk", error.strerror or str(error))


if __name__ == "__main__":
    main()
