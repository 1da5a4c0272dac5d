"""Imported once by the process that the trainings are forked from. Nothing is computed here: threads do not fork."""

import thaw.networks.keras.load
import thaw.networks.torch.network
import thaw.steps.fine_tune.step  # noqa: F401
