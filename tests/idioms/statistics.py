"""Statistics, signals, selection and complex numbers."""

from .idiom import Idiom

TITLE = "Statistics, signals, selection and complex numbers"

IDIOMS = [
    Idiom(
        "`np.nansum`, `np.nanmean`",
        """
def loss(v):
    holes = np.array([1.0, np.nan, 2.0])
    return np.nansum(v * holes) + np.nanmean((v - holes) ** 2)
""",
    ),
    Idiom(
        "`np.cov(X.T)`, `np.corrcoef`",
        """
def loss(W):
    h = X @ W
    return np.linalg.det(np.cov(h.T)) + np.corrcoef(h, rowvar=False)[0, 1]
""",
    ),
    Idiom(
        "`np.percentile(h, 30)`, `np.quantile(h, 0.25, axis=0)`",
        """
def loss(W):
    h = X @ W
    return np.percentile(h, 30) + np.quantile(h, 0.25, axis=0).sum()
""",
    ),
    Idiom(
        "`np.median(h)`, `np.median(h, axis=(0, 1))`",
        """
def loss(W):
    h = X @ W
    return np.median(h) + np.median(h, axis=1).sum() + np.median(h, axis=(0, 1))
""",
    ),
    Idiom(
        "`np.average(h, weights=w)`, `np.ptp`, `np.var(ddof=1)`",
        """
def loss(v):
    return np.average(v, weights=[1, 2, 3]) + np.ptp(v) + np.var(v, ddof=1) + v.std()
""",
    ),
    Idiom(
        "`np.cumsum`, `np.cumprod`, `np.diff`",
        """
def loss(v):
    return np.sum(np.cumsum(v) ** 2) + np.cumprod(1 - v)[-1] + np.sum(np.diff(v) ** 2)
""",
    ),
    Idiom(
        "`np.trapezoid(f, x)`, `np.interp(x, grid, v)`",
        """
def loss(v):
    return np.trapezoid(v ** 2, dx=0.1) + np.sum(np.interp([0.5, 1.5], [0, 1, 2], v))
""",
    ),
    Idiom(
        "`np.gradient(u, dx)`",
        """
def loss(v):
    return np.sum(np.gradient(v, 0.5) ** 2)
""",
    ),
    Idiom(
        "`np.convolve(v, x)`, `np.correlate`",
        """
def loss(v):
    return np.sum(np.convolve(v, x, mode="same") ** 2) + np.correlate(v, x)[0]
""",
    ),
    Idiom(
        "`np.roll(u, 1) - 2 * u + np.roll(u, -1)`",
        """
def loss(W):
    return np.sum((np.roll(W, 1, axis=0) - 2 * W + np.roll(W, -1, axis=0)) ** 2)
""",
    ),
    Idiom(
        "`np.pad(image, 1)`, `np.flip`, `np.rot90`",
        """
def loss(A):
    padded = np.pad(A, ((1, 1), (1, 1)), mode="constant")
    return np.sum(padded[2:, :-2] * np.flip(np.rot90(A)))
""",
    ),
    Idiom(
        "`np.lib.stride_tricks.sliding_window_view(v, 2)`",
        """
from numpy.lib.stride_tricks import sliding_window_view

def loss(W):
    windows = sliding_window_view(W, (2, 2))
    return np.sum(windows.max(axis=(2, 3)) ** 2)
""",
    ),
    Idiom(
        "`as_strided`",
        """
from numpy.lib.stride_tricks import as_strided

def loss(v):
    return np.sum(as_strided(v, (2, 2), (8, 8)) ** 2)
""",
        refused="sliding_window_view",
    ),
    Idiom(
        "im2col by index arrays, `padded[k, i, j]`",
        """
def loss(A):
    i = np.repeat(np.arange(2), 2).reshape(-1, 1) + np.repeat(np.arange(2), 2)
    j = np.tile(np.arange(2), 2).reshape(-1, 1) + np.tile(np.arange(2), 2)
    return np.sum((A[i, j] @ np.array([1.0, 2.0, -1.0, 0.5])) ** 2)
""",
    ),
    Idiom(
        "`image.reshape(n, h // 2, 2, w // 2, 2).max(axis=(2, 4))`",
        """
def loss(W):
    return np.sum(W[:, :2].reshape(2, 2, 1, 2).max(axis=(1, 3)) ** 2)
""",
    ),
    Idiom(
        "`W[[0, 0, 2]]`, an embedding",
        """
def loss(W):
    return np.sum((W[[0, 0, 2]] - T[:3]) ** 2)
""",
    ),
    Idiom(
        "`W[..., 0]`, `W[None]`, `W[:, ::-1]`, `W[-1]`",
        """
def loss(W):
    return np.sum(W[..., 0] * W[:, ::-1][:, 0]) + np.sum(W[None] ** 3) + W[-1][-1]
""",
    ),
    Idiom(
        "`np.take`, `np.take_along_axis`, `np.choose`",
        """
def loss(W):
    h = X @ W
    picked = np.take_along_axis(h, y[:, None], axis=1)
    return np.sum(picked ** 2) + np.take(W, [0, 5]).prod()
""",
    ),
    Idiom(
        "`h[np.argmax(h)]`, `h[np.argsort(h)]`",
        """
def loss(v):
    h = v ** 2
    return h[np.argmax(h)] + h[np.argsort(-h)] @ x
""",
    ),
    Idiom(
        "`np.sort(v)[:2]`, `np.partition(v, 1)`",
        """
def loss(v):
    return np.sum(np.sort(v)[:2] ** 2) + np.partition(v, 1)[1]
""",
    ),
    Idiom(
        "`np.unique`, `np.bincount(y, weights=h)`",
        """
def loss(W):
    counts = np.bincount(y, weights=(X @ W)[:, 0], minlength=3)
    return np.sum(counts ** 2) / len(np.unique(y))
""",
    ),
    Idiom(
        "`np.triu(A)`, `np.tril(A, -1)`, `A[np.triu_indices(3, 1)]`",
        """
def loss(A):
    return np.sum(np.triu(A) @ np.tril(A, -1)) + np.sum(A[np.triu_indices(3, 1)] ** 2)
""",
    ),
    Idiom(
        "`np.sign`, `np.abs`, `np.heaviside`, `np.floor`",
        """
def loss(W):
    return np.sum(np.abs(W) * np.sign(W) + np.heaviside(W, 0.5) * W + W * np.floor(W))
""",
    ),
    Idiom(
        "`np.logaddexp(0, z)`, `np.log1p(np.exp(-z))`",
        """
def loss(W):
    z = X @ W
    return np.sum(np.logaddexp(0, z) - T * z) + np.log1p(np.exp(-np.abs(z))).mean()
""",
    ),
    Idiom(
        "`W ** 0.5`, `2 ** v`, `v ** v`, `1 / v`, `v // 1`, `v % 0.3`",
        """
def loss(v):
    return np.sum(v ** 0.5 + 2 ** v + v ** v + 1 / v + v // 1 + v % 0.3)
""",
    ),
    Idiom(
        "`h.astype(float)`, `h.astype(np.float32)` and back",
        """
def loss(W):
    return np.sum((X @ W).astype(float) ** 2)
""",
    ),
    Idiom(
        "`(p > 0.5).astype(int)`, `np.argmax(h, axis=1) == y`, an accuracy",
        """
def loss(W):
    h = X @ W
    accuracy = np.mean(np.argmax(h, axis=1) == y) + (h > 0.5).astype(int).mean()
    print("accuracy", accuracy)
    return np.mean(h ** 2)
""",
    ),
    Idiom(
        "`np.abs(np.fft.fft(v)) ** 2`",
        """
def loss(v):
    return np.sum(np.abs(np.fft.fft(v)) ** 2 * np.arange(3))
""",
    ),
    Idiom(
        "`np.fft.rfft`, `np.fft.irfft`, a filter",
        """
def loss(W):
    spectrum = np.fft.rfft(W[:, 0])
    return np.sum(np.fft.irfft(spectrum * np.exp(-np.arange(3.0)), 4) ** 3)
""",
    ),
    Idiom(
        "`np.fft.ifft2(np.fft.fft2(A) * H).real`",
        """
def loss(A):
    H = np.exp(-np.add.outer(np.arange(3), np.arange(3)))
    return np.sum(np.fft.ifft2(np.fft.fft2(A) * H).real ** 3)
""",
    ),
    Idiom(
        "`np.exp(1j * v)`, `np.conj`, `z.real`, `z.imag`",
        """
def loss(v):
    z = np.sum(v * np.exp(1j * v))
    return (z * np.conj(z)).real + z.imag
""",
    ),
    Idiom(
        "`np.abs(a + 1j * b)`, `np.angle`",
        """
def loss(v):
    z = v[0] + 1j * v[1]
    return np.abs(z) * np.angle(z) + v[2]
""",
    ),
]
