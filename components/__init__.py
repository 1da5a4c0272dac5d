"""What Kubeflow sees of each step: its signature, its image, its documentation."""
