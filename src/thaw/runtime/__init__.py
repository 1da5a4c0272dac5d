"""What surrounds a step: its context, the options of a run, the images it runs in."""
