"""Classifiers on arrays of features: no framework, deterministic.

Ridge and logistic regression are our own and not scikit-learn's. One decomposition serves every penalty and the exact
leave-one-out predictions, both solvers read memory maps in chunks, and rounding does not depend on the number of cores.
The tests hold them to scikit-learn's results.
"""
