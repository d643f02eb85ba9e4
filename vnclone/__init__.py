"""vnclone: documents read aloud in a cloned voice, Vietnamese first."""

import os

# onnxruntime, which sea-g2p and VieNeu bring, reports to its maker from the moment it is imported (its Privacy.md),
# and reads this only then.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__version__ = "0.4.0"
