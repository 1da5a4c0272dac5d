"""Real data and real weights from registry packages; no hub needed."""
