"""What only converters of sound have to say: whether they sound like the other side, and what is left of the input."""

from .evidence import evidence

__all__ = ["evidence"]
