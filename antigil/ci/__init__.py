"""What the workflows call: the branch of results, the comment, the issues. Standard library only."""
