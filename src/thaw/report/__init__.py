"""Records as pages and sentences, for people."""
