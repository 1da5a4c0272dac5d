"""The programs around Kubeflow Pipelines: the local runner, the client of a cluster."""
