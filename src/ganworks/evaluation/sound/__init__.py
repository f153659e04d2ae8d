"""What only recordings have to say: whether clips are as asked for, numbers about them, and clips to play."""

from .evidence import evidence

__all__ = ["evidence"]
