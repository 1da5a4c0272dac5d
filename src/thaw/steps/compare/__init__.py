"""Put every strategy's runs side by side, and say what the choice has cost against the best of them."""
