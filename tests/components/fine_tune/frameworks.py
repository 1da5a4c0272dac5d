"""Imported once by the process that the trainings are forked from. Nothing is computed here: threads do not fork."""

import thaw.components.core.networks.text.network
import thaw.components.core.networks.vision.load
import thaw.components.fine_tune.step  # noqa: F401
