"""Pretrained networks behind one protocol. An engine is imported only when one of its networks is asked for."""
