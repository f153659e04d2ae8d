"""How close are two tables: functions of raw rows and the kind of each column, which know no domain."""

from .baselines import GaussianCopula, IndependentColumns
from .detection import boosted_detection, logistic_detection
from .new_rows import Repeated, new_rows
from .pairs import Trends, pair_trends
from .rows import Kind, Kinds, Rows
from .shapes import Shapes, column_shapes
from .usefulness import MEAN, Task, task_of, train_on_synthetic

__all__ = [
    "MEAN",
    "GaussianCopula",
    "IndependentColumns",
    "Kind",
    "Kinds",
    "Repeated",
    "Rows",
    "Shapes",
    "Task",
    "Trends",
    "boosted_detection",
    "column_shapes",
    "logistic_detection",
    "new_rows",
    "pair_trends",
    "task_of",
    "train_on_synthetic",
]
