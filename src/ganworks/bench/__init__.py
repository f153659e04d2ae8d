"""The benchmark: the loops people run today beside ganworks, the ceilings of the machine, and what a run costs."""
