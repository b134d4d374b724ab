"""What is measured besides, where it is asked for: mixes of two statements, and processes beside threads."""
