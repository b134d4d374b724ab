"""For which share of its time a workload holds the GIL: a prober beside it, and what its probes tell."""
