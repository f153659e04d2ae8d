"""What only molecules have to say: valid, different, new; as diverse as the data; properties; a goal, if any."""

from .evidence import evidence

__all__ = ["evidence"]
