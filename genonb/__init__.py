"""Jupyter-first deep learning on genomic data."""
__version__ = "0.1.0"
