"""The instrument: how a workload scales across threads, and where the rest went."""
