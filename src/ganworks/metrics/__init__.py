"""How close are two sets: pure functions of feature matrices, in float64."""
