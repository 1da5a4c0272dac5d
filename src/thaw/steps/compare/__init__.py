"""Put the runs of every strategy side by side, and measure what the choice has cost."""
