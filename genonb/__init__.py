"""Jupyter-first deep learning on genomic data: choose data, train, see why, share the page."""
__version__ = "0.1.0"

from .door import NAMES as _NAMES, enter as __getattr__


def __dir__():
    return sorted([*globals(), *_NAMES])
