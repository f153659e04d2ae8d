"""Frozen networks whose feature maps can be differentiated, for terms that compare pictures by them."""

from .base import Backbone
from .learned import learn_backbone
from .open import WAYS, open_backbone

__all__ = ["WAYS", "Backbone", "learn_backbone", "open_backbone"]
