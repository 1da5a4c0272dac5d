"""Imported once by the process that the trainings are forked from. Nothing is computed here: threads do not fork."""

import thaw.networks.keras.load  # noqa: F401
import thaw.networks.torch.network  # noqa: F401
import thaw.steps.fine_tune.step  # noqa: F401
