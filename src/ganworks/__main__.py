"""python -m ganworks"""

from .cli import main

main()
