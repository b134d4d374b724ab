"""The pages that ``asv publish`` writes beside asv's own: overview, workloads, pictures, feed, CSV."""
