"""How close are two sets of windows: statistics, what a recurrent network learns, and forecasts; float64, (N, C, T)."""

from .forecasts import coverage, crps
from .learned import Predicting, Split, Telling, blocked, discriminative, nearest, predictive, shuffled
from .statistics import (
    autocorrelation,
    autocorrelation_error,
    crosscorrelation,
    crosscorrelation_error,
    drawdown,
    leverage,
    marginal_error,
    move_error,
    returns,
    tail_index,
)

__all__ = [
    "Predicting", "Split", "Telling", "autocorrelation", "autocorrelation_error", "blocked", "coverage",
    "crosscorrelation", "crosscorrelation_error", "crps", "discriminative", "drawdown", "leverage", "marginal_error",
    "move_error", "nearest", "predictive", "returns", "shuffled", "tail_index",
]  # fmt: skip
