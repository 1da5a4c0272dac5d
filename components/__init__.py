"""Steps of a Thaw pipeline: plain functions behind thin Kubeflow components."""
