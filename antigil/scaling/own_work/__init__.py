"""What a workload starts itself, threads and processes: who is at work, and what CPU time that takes."""
