"""Make the table of NumPy's functions: python docs/numpy_functions.py.

What a function is, is found out by calling it on Values.
"""

import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_bp as bp
from tinygrad_bp.kernel.dispatch import IMPLEMENTATIONS, read_all

read_all()  # the registry is complete

PAGE = Path(__file__).parent / "numpy_functions.md"
DIFFERENTIABLE, PLAIN, UNSUPPORTED = "Differentiable", "Plain arrays", "Unsupported"
STATUSES = (DIFFERENTIABLE, PLAIN, UNSUPPORTED)

#: The functions by kind; what stands nowhere is of the kind "Other".
KINDS = {
    "Arithmetic": """absolute fabs add subtract multiply divide true_divide floor_divide power
        float_power mod remainder fmod divmod modf negative positive reciprocal square sqrt cbrt
        sign copysign ldexp frexp nextafter spacing conjugate gcd lcm""",
    "Exponential and logarithmic": "exp exp2 expm1 log log2 log10 log1p logaddexp logaddexp2 i0",
    "Trigonometric and hyperbolic": """sin cos tan arcsin arccos arctan arctan2 hypot sinh cosh
        tanh arcsinh arccosh arctanh sinc deg2rad rad2deg degrees radians unwrap""",
    "Extremes, steps and rounding": """maximum minimum fmax fmin clip floor ceil trunc fix rint
        round around heaviside nan_to_num real_if_close real imag angle""",
    "Sums, products and statistics": """sum prod mean var std max min amax amin ptp median
        average percentile quantile cumsum cumprod cumulative_sum cumulative_prod diff ediff1d
        gradient trapezoid nansum nanprod nanmean nanvar nanstd nanmax nanmin nanmedian
        nanpercentile nanquantile nancumsum nancumprod cov corrcoef bincount histogram
        histogram2d histogramdd histogram_bin_edges interp convolve correlate""",
    "Products and linear algebra": """dot vdot inner outer matmul matvec vecmat vecdot tensordot
        einsum einsum_path kron cross trace linalg.*""",
    "Shape": """reshape ravel squeeze expand_dims transpose permute_dims matrix_transpose swapaxes
        moveaxis rollaxis broadcast_to broadcast_arrays atleast_1d atleast_2d atleast_3d resize
        copy astype""",
    "Joining, splitting, rearranging": """concatenate concat stack unstack vstack hstack dstack
        column_stack row_stack block append insert delete split array_split vsplit hsplit dsplit
        tile repeat pad roll rot90 flip fliplr flipud trim_zeros meshgrid ix_""",
    "Selecting and sorting": """where select choose compress extract take take_along_axis diag
        diagonal diagflat tril triu sort partition sort_complex argsort argpartition lexsort
        argmax argmin nanargmax nanargmin argwhere nonzero flatnonzero searchsorted digitize
        count_nonzero unique unique_values unique_counts unique_inverse unique_all union1d
        intersect1d setdiff1d setxor1d isin in1d tril_indices tril_indices_from triu_indices
        triu_indices_from diag_indices diag_indices_from mask_indices unravel_index
        ravel_multi_index""",
    "Comparisons and tests": """equal not_equal less less_equal greater greater_equal isclose
        allclose array_equal array_equiv isnan isinf isfinite isposinf isneginf isnat isreal
        iscomplex isrealobj iscomplexobj isfortran isscalar iterable signbit any all logical_and
        logical_or logical_xor logical_not shares_memory may_share_memory""",
    "Shapes, types and text": """shape ndim size result_type can_cast common_type min_scalar_type
        array_repr array_str array2string broadcast_shapes""",
    "Making arrays": """array asarray asanyarray asarray_chkfinite ascontiguousarray
        asfortranarray asmatrix bmat require full full_like zeros zeros_like ones ones_like empty
        empty_like eye identity tri arange linspace logspace geomspace indices fromfunction
        fromiter from_dlpack vander bartlett blackman hamming hanning kaiser""",
    "In place": "copyto put place putmask put_along_axis fill_diagonal",
    "Functions of functions": "apply_along_axis apply_over_axes piecewise frompyfunc",
    "Polynomials": "poly polyadd polyder polydiv polyfit polyint polymul polysub polyval roots",
    "Bits": """bitwise_and bitwise_or bitwise_xor bitwise_not invert bitwise_count left_shift
        right_shift packbits unpackbits""",
    "Dates": "busday_count busday_offset is_busday datetime_as_string",
    "Fourier transforms": "fft.*",
}
_KIND_OF = {name: kind for kind, names in KINDS.items() for name in names.split()}

#: Reading and writing; settings and what is known of the build; what is about types or about
#: numbers of Python's alone. No array goes in, so no gradient can be lost.
LEFT_OUT = """base_repr binary_repr datetime_data format_float_positional format_float_scientific
    frombuffer fromfile fromregex fromstring genfromtxt get_include get_printoptions getbufsize
    geterr geterrcall info isdtype issubdtype load loadtxt mintypecode nested_iters printoptions
    promote_types save savetxt savez savez_compressed set_printoptions setbufsize seterr
    seterrcall show_config show_runtime test typename"""

V, W = np.array([0.3, 0.6, 0.9]), np.array([0.2, 0.5, 0.7])
M = np.array([[2.0, 0.3], [0.3, 1.0]])
CUBE = np.arange(1.0, 9.0).reshape(2, 2, 2) / 9

#: Arguments for functions that one of `_guesses` would not suit: v and w are Values of shape
#: (3,), m of shape (2, 2), c of shape (2, 2, 2), s of shape ().
SAMPLES: dict[str, Callable[..., tuple[Any, ...]]] = {
    "append": lambda v, w, m, c, s: (v, w),
    "apply_along_axis": lambda v, w, m, c, s: (np.sum, 0, m),
    "apply_over_axes": lambda v, w, m, c, s: (np.sum, m, [0]),
    "arange": lambda v, w, m, c, s: (s,),
    "array2string": lambda v, w, m, c, s: (v,),
    "array_repr": lambda v, w, m, c, s: (v,),
    "array_str": lambda v, w, m, c, s: (v,),
    "array_split": lambda v, w, m, c, s: (v, 2),
    "asarray": lambda v, w, m, c, s: (v,),
    "astype": lambda v, w, m, c, s: (v, np.float64),
    "bincount": lambda v, w, m, c, s: (np.array([0, 1, 1]), v),
    "block": lambda v, w, m, c, s: ([[v], [w]],),
    "bmat": lambda v, w, m, c, s: ([[m, m]],),
    "broadcast_shapes": lambda v, w, m, c, s: (v.shape,),
    "can_cast": lambda v, w, m, c, s: (v.dtype, np.float64),
    "choose": lambda v, w, m, c, s: (np.array([0, 1, 0]), [v, w]),
    "clip": lambda v, w, m, c, s: (v, 0.0, w),
    "compress": lambda v, w, m, c, s: (np.array([True, False, True]), v),
    "copyto": lambda v, w, m, c, s: (+v, w),
    "fill_diagonal": lambda v, w, m, c, s: (+m, s),
    "place": lambda v, w, m, c, s: (+v, np.array([True, False, True]), w),
    "put": lambda v, w, m, c, s: (+v, 0, s),
    "putmask": lambda v, w, m, c, s: (+v, np.array([True, False, True]), w),
    "percentile": lambda v, w, m, c, s: (v, 30.0),
    "piecewise": lambda v, w, m, c, s: (v, [np.array([True, False, True])], [np.exp]),
    "polyfit": lambda v, w, m, c, s: (v, w, 1),
    "quantile": lambda v, w, m, c, s: (v, 0.3),
    "delete": lambda v, w, m, c, s: (v, 1),
    "diag_indices": lambda v, w, m, c, s: (2,),
    "digitize": lambda v, w, m, c, s: (v, np.array([0.0, 0.5])),
    "einsum": lambda v, w, m, c, s: ("i,i->", v, w),
    "einsum_path": lambda v, w, m, c, s: ("i,i->", v, w),
    "empty": lambda v, w, m, c, s: (v.shape,),
    "extract": lambda v, w, m, c, s: (np.array([True, False, True]), v),
    "eye": lambda v, w, m, c, s: (2,),
    "fft.fftfreq": lambda v, w, m, c, s: (3, s),
    "fft.rfftfreq": lambda v, w, m, c, s: (3, s),
    "fromfunction": lambda v, w, m, c, s: (lambda i: i * s, (3,)),
    "fromiter": lambda v, w, m, c, s: (v, float),
    "frompyfunc": lambda v, w, m, c, s: (lambda a: a * s, 1, 1),
    "full": lambda v, w, m, c, s: (3, s),
    "full_like": lambda v, w, m, c, s: (v, s),
    "identity": lambda v, w, m, c, s: (2,),
    "indices": lambda v, w, m, c, s: (v.shape,),
    "insert": lambda v, w, m, c, s: (v, 1, s),
    "kaiser": lambda v, w, m, c, s: (3, s),
    "ldexp": lambda v, w, m, c, s: (v, 1),
    "linalg.matrix_power": lambda v, w, m, c, s: (m, 2),
    "linalg.multi_dot": lambda v, w, m, c, s: ([m, m],),
    "linalg.tensorsolve": lambda v, w, m, c, s: (m, m[0]),
    "mask_indices": lambda v, w, m, c, s: (2, np.triu),
    "ones": lambda v, w, m, c, s: (v.shape,),
    "pad": lambda v, w, m, c, s: (v, 1),
    "repeat": lambda v, w, m, c, s: (v, 2),
    "reshape": lambda v, w, m, c, s: (v, (3, 1)),
    "resize": lambda v, w, m, c, s: (v, (2, 3)),
    "row_stack": lambda v, w, m, c, s: ([v, w],),
    "select": lambda v, w, m, c, s: ([np.array([True, False, True])], [v], w),
    "split": lambda v, w, m, c, s: (v, 3),
    "dsplit": lambda v, w, m, c, s: (c, 2),
    "hsplit": lambda v, w, m, c, s: (m, 2),
    "vsplit": lambda v, w, m, c, s: (m, 2),
    "permute_dims": lambda v, w, m, c, s: (m,),
    "put_along_axis": lambda v, w, m, c, s: (+v, np.array([0, 2]), s, 0),
    "take": lambda v, w, m, c, s: (v, np.array([0, 2])),
    "take_along_axis": lambda v, w, m, c, s: (v, np.array([0, 2]), 0),
    "tile": lambda v, w, m, c, s: (v, 2),
    "transpose": lambda v, w, m, c, s: (m,),
    "tri": lambda v, w, m, c, s: (2,),
    "tril_indices": lambda v, w, m, c, s: (2,),
    "triu_indices": lambda v, w, m, c, s: (2,),
    "where": lambda v, w, m, c, s: (np.array([True, False, True]), v, w),
    "zeros": lambda v, w, m, c, s: (v.shape,),
}
#: NumPy does not hand these over; they convert what they are given to an array.
CONVERSIONS = """array asanyarray asarray asarray_chkfinite ascontiguousarray asfortranarray
    asmatrix bmat require full fromiter from_dlpack frompyfunc arange bartlett blackman hamming
    hanning kaiser isfortran"""


def operands() -> tuple[bp.Value, ...]:
    """Return fresh leaves v, w, m, c, s to call a function on."""
    return (*map(bp.Value, (V, W, M, CUBE)), bp.Value(0.4))


def _guesses() -> Iterator[tuple[Any, ...]]:
    v, w, m, c, s = operands()
    yield from ((v,), (v, w), (m,), (m, m), ([v, w],), (v, 0), (v, 0, 0), (m, 0, 1), (v, (3,)))
    yield from ((m, 1),)
    yield from ((c,), (s,), (v, w, w), (v, w, 0), (m, [0]), (v, [0], 0))


def arguments(name: str) -> Iterator[tuple[Any, ...]]:
    """Yield what a function might be called with, all of it made of Values."""
    if name in SAMPLES:
        yield SAMPLES[name](*operands())
    else:
        yield from _guesses()


def values_in(result: Any) -> list[bp.Value]:
    """Return the Values in a result, which may be a container of results."""
    if isinstance(result, bp.Value):
        return [result]
    if isinstance(result, tuple | list):
        return [value for part in result for value in values_in(part)]
    if isinstance(result, np.ndarray) and result.dtype == object:
        return [value for value in result.ravel() if isinstance(value, bp.Value)]
    return []


def named(name: str) -> Callable[..., Any]:
    """Return the function of a name such as "exp" or "linalg.inv"."""
    found: Any = np
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for part in name.split("."):
            found = getattr(found, part)
    return found


def hands_over(function: Callable[..., Any]) -> bool:
    """Say whether NumPy asks its operands to compute a function: NEP 13, NEP 18."""
    return isinstance(function, np.ufunc) or hasattr(function, "_implementation")


def public_names() -> list[str]:
    """Return the names that are classified, such as "exp" and "linalg.inv"."""
    names = []
    for prefix, module in (("", np), ("linalg.", np.linalg), ("fft.", np.fft)):
        for name in sorted(set(getattr(module, "__all__", dir(module)))):
            if name.startswith("_") or name in LEFT_OUT.split():
                continue
            found = named(prefix + name)
            if callable(found) and not isinstance(found, type):
                names.append(prefix + name)
    return names


def call(name: str) -> Any:
    """Call a function on Values, in the first way that it can be called.

    Raises
    ------
    TypeError
        If Values are refused, which is the one error that stands for "unsupported".
    """
    function, errors = named(name), []
    refusal = None
    for given in arguments(name):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                result = function(*given)
                if result is None:  # it has changed its first argument
                    return given[0]
                return result(given[0]) if name == "frompyfunc" else result
            except Exception as error:
                refusal = refusal or (error if is_refusal(error) else None)
                errors.append(f"{type(error).__name__}: {error}")
    if refusal is not None:
        raise refusal
    raise LookupError(f"{name}: give it a sample call in docs/numpy_functions.py; {errors}")


def is_refusal(error: Exception) -> bool:
    """Say whether an error is that of a Value which would lose its graph."""
    words = ("is not implemented for Values", "would silently lose")
    return isinstance(error, TypeError) and any(part in str(error) for part in words)


@cache
def status(name: str) -> str:
    """Find out what a function does with Values."""
    function = named(name)
    if hands_over(function) and function not in IMPLEMENTATIONS:
        return UNSUPPORTED
    if name in CONVERSIONS.split():
        return UNSUPPORTED
    try:
        result = call(name)
    except TypeError:
        return UNSUPPORTED
    except LookupError:
        if hands_over(function):
            raise
        return UNSUPPORTED  # a new function that NumPy does not hand over
    return DIFFERENTIABLE if any(v.requires_grad for v in values_in(result)) else PLAIN


def kind(name: str) -> str:
    """Return the kind of a function."""
    return _KIND_OF.get(name) or _KIND_OF.get(f"{name.partition('.')[0]}.*") or "Other"


def aliases() -> dict[str, list[str]]:
    """Return the names of the same function, by the one that is listed first."""
    by_function: dict[Any, list[str]] = {}
    for name in public_names():
        by_function.setdefault(named(name), []).append(name)
    together = {}
    for function, names in by_function.items():
        names.sort(key=lambda name: (name.rpartition(".")[2] != function.__name__, len(name), name))
        together[names[0]] = names
    return together


def page() -> str:
    """Return the text of the page."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, names in aliases().items():
        text = f"`{name}`" + "".join(f" = `{other}`" for other in names[1:])
        groups.setdefault((status(name), kind(name)), []).append(text)
    kinds = [k for k in (*KINDS, "Other") if any((s, k) in groups for s in STATUSES)]
    counts = {s: [len(groups.get((s, k), ())) for k in kinds] for s in STATUSES}
    rows = [
        f"| {k} | {' | '.join(str(counts[s][i] or '') for s in STATUSES)} |"
        for i, k in enumerate(kinds)
    ]
    totals = " | ".join(f"**{sum(counts[s])}**" for s in STATUSES)
    text = [
        INTRODUCTION.format(version=np.__version__),
        f"| | {' | '.join(STATUSES)} |\n|---|---:|---:|---:|",
        *rows,
        f"| **all** | {totals} |",
    ]
    for s in STATUSES:
        text.append(f"\n## {s}\n\n{ABOUT[s]}\n\n| kind | functions |\n|---|---|")
        text += [f"| {k} | {', '.join(groups[s, k])} |" for k in kinds if (s, k) in groups]
    return "\n".join(text) + "\n"


INTRODUCTION = """\
# NumPy's functions

How NumPy's public functions treat Values, in NumPy {version}. `python docs/numpy_functions.py`
calls every function on Values, looks at the results, and makes this table; a test holds it true for
the installed NumPy. A function of several names counts once.

The table leaves out classes (`vectorize`, `nditer`, `poly1d` ...), constants, functions that read,
write or set options, functions of types alone, and the submodules other than `linalg` and `fft`
(`random`, `ma`, `polynomial`, `strings`, `testing` ...). No gradient passes through them. A tracked
Value that gets into one refuses to become an array.
"""

ABOUT = {
    DIFFERENTIABLE: """\
These record a node, or are composed of functions that do. Functions that change an array in place
change a computed Value. [Conventions](conventions.md) has the choices at edge points. `unique`
differentiates the elements; the counts and places are plain.""",
    PLAIN: """\
These have no derivative, or one that is 0 wherever it exists: indices, comparisons, shapes, steps,
arrays made of a shape. On Values they give plain arrays and numbers.""",
    UNSUPPORTED: """\
These raise a `TypeError` on Values, which names the function and another way to write it. NumPy
does not ask a Value about functions such as `array`, `arange` and `frompyfunc`, which convert their
arguments to arrays. There the conversion raises the error (`fromiter`, `from_dlpack` and
`isfortran` raise their own). With `import tinygrad_bp.numpy as np` they take Values as well.
Without it, join Values with `stack`; in place of `full(shape, v)` use `broadcast_to(v, shape)`.""",
}


def classified(text: str) -> dict[str, str]:
    """Read a page back: the status of every name on it."""
    found = {}
    for section in text.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        rows = [line for line in body.splitlines() if line.startswith("| ")]
        for row in rows:
            found.update(dict.fromkeys(row.split("`")[1::2], title))
    return found


def main(path: Path = PAGE) -> None:
    path.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
