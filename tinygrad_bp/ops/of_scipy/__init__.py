"""SciPy's functions on Values: read when SciPy is there and one of its functions meets a Value.

Its ufuncs (``scipy.special.erf``) reach Values by NumPy's protocol. What SciPy writes in Python
does not; `tinygrad_bp.numpy.serving` hands it over for files that are served.
"""
