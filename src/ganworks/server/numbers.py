"""What the service counts of itself, and how Prometheus reads it.

Counting is adding to plain numbers on the thread of the event loop; only who asks pays for the rest.
"""

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

if TYPE_CHECKING:
    from .hosted import Hosted

LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
SIZES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)


class Spread:
    """A histogram: how many values were at most each bound."""

    def __init__(self, bounds: tuple[float, ...]):
        self.bounds, self.counts, self.total = bounds, [0] * (len(bounds) + 1), 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def family(self, name: str, what: str) -> Metric:
        sofar, buckets = 0, []
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            sofar += count
            buckets.append((bound, float(sofar)))
        return HistogramMetricFamily(name, what, buckets=buckets, sum_value=self.total)


class Numbers:
    """What was counted since the service started."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[int, str]] = Counter()
        """Answers by status and by kind of work."""
        self.samples = 0
        self.expired = 0
        """Accepted work that was dropped since its deadline passed or its client left."""
        self.latency, self.wait, self.batch = Spread(LATENCIES), Spread(LATENCIES), Spread(SIZES)

    def text(self, hosted: "Hosted") -> bytes:
        """Everything in Prometheus' own format."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collector(self, hosted))
        return generate_latest(registry)


class _Collector:
    def __init__(self, numbers: Numbers, hosted: "Hosted"):
        self.numbers, self.hosted = numbers, hosted

    def collect(self) -> Iterator[Metric]:
        numbers, worker = self.numbers, self.hosted.worker
        answers = CounterMetricFamily(
            "ganworks_requests", "Answers by status and kind of work", labels=["code", "kind"]
        )
        for (code, kind), count in sorted(numbers.answers.items()):
            answers.add_metric([str(code), kind], count)
        yield answers
        yield CounterMetricFamily("ganworks_samples", "Samples drawn", value=numbers.samples)
        yield CounterMetricFamily("ganworks_dropped", "Accepted work that nobody waited for", value=numbers.expired)
        yield GaugeMetricFamily("ganworks_queue_requests", "Requests that wait or are computed", value=worker.held)
        yield GaugeMetricFamily("ganworks_queue_samples", "Samples that wait or are computed", value=worker.waiting)
        yield numbers.wait.family("ganworks_queue_seconds", "Seconds in the queue")
        yield numbers.batch.family("ganworks_batch_samples", "Samples computed together")
        yield numbers.latency.family("ganworks_request_seconds", "Seconds from a request's headers to its answer")
        yield GaugeMetricFamily("ganworks_resident_bytes", "Memory of the process", value=resident())
        loaded = GaugeMetricFamily("ganworks_model", "Models in memory", labels=["name", "sha256"])
        for served in self.hosted.loaded():
            loaded.add_metric([served.name, served.sha256], 1)
        yield loaded


def resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
