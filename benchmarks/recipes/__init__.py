"""What each recipe scores on two named tasks."""
