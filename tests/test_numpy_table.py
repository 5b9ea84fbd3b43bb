"""The table of NumPy's functions in docs is true for the NumPy that is installed."""

import importlib.util
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import tinygrad_bp as bp
from tinygrad_bp.kernel.dispatch import IMPLEMENTATIONS

SCRIPT = Path(__file__).parent.parent / "docs" / "numpy_functions.py"
spec = importlib.util.spec_from_file_location("numpy_functions", SCRIPT)
table = importlib.util.module_from_spec(spec)
spec.loader.exec_module(table)

TEXT = table.PAGE.read_text(encoding="utf-8")
ON_PAGE = table.classified(TEXT)
MADE_WITH = re.search(r"treat Values, in NumPy (\S+)\.", TEXT).group(1)
HERE = table.public_names()
KNOWN = [name for name in HERE if name in ON_PAGE]

#: These refuse in words of NumPy's own: there is nothing that a Value could say.
OWN_WORDS = {
    "fromiter": "setting an array element with a sequence",
    "from_dlpack": "has no attribute '__dlpack__'",
    "isfortran": "has no attribute 'flags'",
}


def with_status(*wanted):
    return [name for name in KNOWN if ON_PAGE[name] in wanted]


def attempts(name):
    """Yield what comes of each way to call a function: a result or an error."""
    for given in table.arguments(name):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                result = table.named(name)(*given)
                yield result(given[0]) if name == "frompyfunc" else result
            except Exception as error:
                yield error


def test_the_page_is_what_the_script_makes():
    if np.__version__ == MADE_WITH:
        assert table.page() == TEXT, "run python docs/numpy_functions.py"
    found = {name: table.status(name) for name in KNOWN}
    assert found == {name: ON_PAGE[name] for name in KNOWN}


def test_functions_that_the_page_does_not_know_are_unsupported():
    new = [name for name in HERE if name not in ON_PAGE]
    print(f"in NumPy {np.__version__}, not on the page of NumPy {MADE_WITH}: {new}")
    for name in new:
        if table.hands_over(function := table.named(name)) and function not in IMPLEMENTATIONS:
            assert table.status(name) == table.UNSUPPORTED


def test_every_ufunc_and_every_function_that_numpy_hands_over_is_on_the_page():
    if np.__version__ != MADE_WITH:
        pytest.skip(f"the page is that of NumPy {MADE_WITH}")
    for prefix, module in (("", np), ("linalg.", np.linalg), ("fft.", np.fft)):
        for name, found in vars(module).items():
            if not name.startswith("_") and table.hands_over(found) and name in dir(module):
                assert prefix + name in ON_PAGE or name in table.LEFT_OUT.split(), prefix + name


def test_every_registered_function_is_on_the_page():
    functions = {table.named(name) for name in HERE}
    for function in IMPLEMENTATIONS:
        name = getattr(function, "__name__", "")
        if table.hands_over(function) and name in vars(np) and vars(np)[name] is function:
            assert function in functions, function


def test_kinds_name_functions_that_exist_and_each_once():
    names = [name for text in table.KINDS.values() for name in text.split() if "*" not in name]
    assert len(names) == len(set(names))
    if np.__version__ == MADE_WITH:
        assert set(names) - set(HERE) <= {"in1d"}  # gone from NumPy 2.4
        assert not [name for name in table.aliases() if table.kind(name) == "Other"]


def test_the_counts_are_those_of_the_lists():
    total = re.search(r"\| \*\*all\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\* \|", TEXT)
    for count, status in zip(total.groups(), table.STATUSES, strict=True):
        section = TEXT.split(f"\n## {status}\n")[1].split("\n## ")[0].split("|---|---|\n")[1]
        cells = [row.split("|")[2] for row in section.splitlines()]
        assert int(count) == sum(len(cell.split(",")) for cell in cells)


@pytest.mark.parametrize("name", with_status(table.UNSUPPORTED))
def test_unsupported(name):
    outcomes = list(attempts(name))
    function = table.named(name)
    if name == "bmat":  # gives None for what is neither a list nor an array nor text
        outcomes = [x for x in outcomes if x is not None]
    assert all(isinstance(outcome, Exception) for outcome in outcomes), outcomes
    if table.hands_over(function):
        refusals = [str(e) for e in outcomes if table.is_refusal(e)]
        assert any(f".{function.__name__} " in refusal for refusal in refusals), outcomes
    elif name in OWN_WORDS:
        assert any(OWN_WORDS[name] in str(e) for e in outcomes), outcomes
    else:
        assert any(isinstance(e, TypeError) for e in outcomes), outcomes


@pytest.mark.parametrize("name", with_status(table.PLAIN))
def test_plain(name):
    results = [x for x in attempts(name) if not isinstance(x, Exception)]
    assert results
    for result in results:
        assert table.values_in(result) == []
        assert getattr(result, "dtype", np.dtype(float)).kind != "O"


@pytest.mark.parametrize("name", with_status(table.PLAIN))
def test_plain_functions_give_what_they_give_for_arrays(name):
    if not table.hands_over(table.named(name)):
        return
    for given, result in zip(table.arguments(name), attempts(name), strict=True):
        if isinstance(result, Exception):
            continue
        data = table.named(name)(*table_data(given))
        # memory is shared or not, text is that of arrays: what they say is what is compared
        if name not in ("empty_like", "may_share_memory", "shares_memory"):
            assert repr(result) == repr(data)


def table_data(given):
    if isinstance(given, bp.Value):
        return given.data
    return type(given)(map(table_data, given)) if isinstance(given, tuple | list) else given


@pytest.mark.parametrize("name", with_status(table.DIFFERENTIABLE))
def test_differentiable(name):
    values = table.values_in(table.call(name))
    tracked = [value for value in values if value.requires_grad]
    assert tracked
    assert all(value.dtype.kind in "fc" for value in tracked)
    with np.errstate(all="ignore"):
        np.sum(tracked[0]).real.backward()
    leaves = [node for node in bp.topological_order(tracked[0]) if node.op is None]
    assert any(leaf.grad is not None for leaf in leaves if leaf.requires_grad)


ALIASES = """abs absolute, pow power, acos arccos, amax max, amin min, concat concatenate,
    permute_dims transpose, conj conjugate, mod remainder, true_divide divide, around round,
    degrees rad2deg, radians deg2rad, bitwise_not invert, linalg.matmul matmul,
    linalg.tensordot tensordot, linalg.vecdot vecdot, linalg.matrix_transpose matrix_transpose"""


@pytest.mark.parametrize("pair", [pair.split() for pair in ALIASES.split(",")], ids="=".join)
def test_aliases_agree(pair):
    if not set(pair) <= set(HERE):
        pytest.skip(f"NumPy {np.__version__} has no such alias")
    one, other = pair
    if table.status(one) != table.UNSUPPORTED:
        first, second = table.call(one), table.call(other)
        assert type(first) is type(second)
        np.testing.assert_array_equal(table_data(first), table_data(second))
    assert table.status(one) == table.status(other)


def test_a_dropped_gradient_would_be_seen(monkeypatch):
    # as a mistake in ops might
    monkeypatch.setitem(IMPLEMENTATIONS, np.exp, lambda v: np.exp(v.data))
    table.status.cache_clear()
    try:
        with pytest.raises(AssertionError):
            test_the_page_is_what_the_script_makes()
    finally:
        monkeypatch.undo()
        table.status.cache_clear()


def test_a_forgotten_refusal_would_be_seen(monkeypatch):
    name = with_status(table.UNSUPPORTED)[0]
    monkeypatch.setattr(table, "named", lambda name: lambda *args: np.array([None]))
    with pytest.raises(AssertionError):
        test_unsupported(name)


def test_objects_are_searched_for_values():
    array = np.empty(1, object)
    array[0] = bp.Value(1.0)
    assert table.values_in(array)
    assert table.values_in(([bp.Value(1.0)], 2.0))
    assert not table.values_in(np.zeros(2))


TRACKED = bp.Value([1.0, 2.0])


@pytest.mark.parametrize(
    "convert",
    [
        lambda v: np.array([v, v]),
        lambda v: np.array([v[0], 2.0]),
        lambda v: np.array(v, dtype=object),
        lambda v: np.asarray(v),
        lambda v: np.full(3, v[0]),
        lambda v: np.full(3, v[0], dtype=float),
        lambda v: np.arange(v[0]),
        lambda v: np.vectorize(lambda x: 2 * x)(v),
        lambda v: np.frompyfunc(lambda x: 2 * x, 1, 1)(v),
        lambda v: np.frompyfunc(lambda x: 2 * x, 1, 1)([v[0], v[1]]),
        lambda v: np.zeros(2, like=v),
        lambda v: np.polynomial.Polynomial(v),
        lambda v: np.c_[v, v],
        lambda v: np.r_[v[0], 1.0],
        lambda v: np.zeros(2).dot(v),
        lambda v: np.zeros(2).__iadd__(v),
        lambda v: np.zeros(2).__setitem__(slice(None), v),
        lambda v: np.float64(v[0]),
        lambda v: np.random.default_rng(0).normal(v),
        lambda v: np.emath.sqrt(v),
        lambda v: np.ma.array(v),
        lambda v: np.lib.stride_tricks.as_strided(v),
    ],
)
def test_what_is_not_on_the_page_loses_no_graph_silently(convert):
    with pytest.raises(TypeError):
        convert(TRACKED)
