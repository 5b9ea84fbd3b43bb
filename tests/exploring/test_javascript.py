"""Every row of the table of ops in JavaScript: its forward function and its rules, or a refusal."""

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.random_graphs import BINARY, UNARY, composed
from tests.samples import SAMPLES
from tinygrad_bp.exploring.computing import Computing
from tinygrad_bp.exploring.document import _part
from tinygrad_bp.exploring.recording import record
from tinygrad_bp.programs.witnesses import recorded_in_full
from tinygrad_bp.viewing.graph import describe
from tinygrad_bp.writing import javascript

#: Reads arrays, calls functions with them, tells arrays; in the page is `arrays.js` alone.
RUN = """(samples) => {
    const read = ([shape, data]) => ({ shape, data: data.map(Number) });
    const tell = ({ shape, data }) => [shape, data.map(String)];
    return samples.map(([functions, calls]) => {
        const all = eval(functions);
        return calls.map(([f, operands]) => tell(asArray(all[f](...operands.map(read)))));
    });
}"""
#: What a page does not know: its numbers are fixed.
FIXED = {
    *("sinc", "slope_of_sinc", "where", "cross", "pinv", "lstsq", "qr"),
    *("eig", "eigh", "eigvalsh", "svd", "svdvals", "real", "imag", "conj"),
    *("fft", "ifft", "rfft", "irfft"),
}
#: Code finds places by looking at numbers, and a graph has the places: these keep their numbers.
BY_PLACES = {"at", "add_at", "along", "add_along"}
#: An order that was found so is in a graph that was recorded in full.
BY_ORDER = {"along", "add_along", "take_along_axis"}


def told(array):
    array = np.asarray(array, float)
    return [list(array.shape), [repr(x).replace("inf", "Infinity") for x in array.ravel().tolist()]]


def loss(name, seed):
    sample = SAMPLES[name]
    with np.errstate(all="ignore"):
        return np.sum(np.sin(sample.fun(*map(bp.Value, sample.arguments(seed)))))


def calls(graph, same, in_full=False):
    """Write functions of a graph. Return them, calls with the same graph's numbers, what they give.

    The calls are each op and each derivative rule of a graph that differs in its numbers alone.
    """
    value, other = record(graph), record(same)
    computing, made, expected = Computing(describe(graph), in_full), [], []
    if computing.refusal is not None:
        return computing, [], []
    for one, node in zip(value.nodes, other.nodes, strict=True):
        if one.op is not None:
            made.append([computing.op(one), [told(parent.data) for parent in node.parents]])
            expected.append(node.data)
    for one, visit in zip(value.visits, other.visits, strict=True):
        operands = [visit.upstream, visit.node.data, *(p.data for p in visit.node.parents)]
        for each in visit.contributions:
            made.append([computing.rule(one.node, each.position), [*map(told, operands)]])
            expected.append(each.raw)
    return computing, made, expected


@pytest.fixture(scope="module")
def evaluate(chromium):
    """Make calls in a browser, those of many graphs at once; compare what they give."""
    tab = chromium.new_page()
    tab.add_script_tag(content=_part("arrays.js"))

    def check(graphs):
        answers = tab.evaluate(RUN, [[c.script.text(), made] for c, made, _ in graphs.values()])
        for (name, (_, _, expected)), found in zip(graphs.items(), answers, strict=True):
            for one, wanted in zip(found, expected, strict=True):
                assert array(one).shape == np.shape(wanted), name
                np.testing.assert_allclose(
                    array(one), wanted, rtol=1e-12, atol=1e-13, err_msg=str(name)
                )

    yield check
    tab.close()


def array(found):
    shape, numbers = found
    return np.array([float(x.replace("Infinity", "inf")) for x in numbers]).reshape(shape)


def test_every_row_or_a_refusal(evaluate):
    samples = {
        name: calls(loss(name, 0), loss(name, int(name not in BY_PLACES)), name in BY_ORDER)
        for name in SAMPLES
    }
    known = {name: each for name, each in samples.items() if each[0].refusal is None}
    assert set(samples) - set(known) == FIXED
    evaluate(known)


def test_random_graphs(evaluate):
    rng = np.random.default_rng(3)
    graphs = {}
    for _ in range(40):
        names = rng.choice([*UNARY, *BINARY], rng.integers(1, 9))
        steps = [(name, *map(int, rng.integers(0, 10, 2)), None) for name in names]
        with recorded_in_full():  # masks follow, too
            graph, same = (
                composed(steps)(*map(bp.Value, rng.normal(size=(2, 3, 3)))) for _ in range(2)
            )
        graphs[str(steps)] = calls(graph, same, in_full=True)
    assert all(computing.refusal is None for computing, _, _ in graphs.values())
    evaluate(graphs)


def test_a_wrong_function_would_be_seen(evaluate, monkeypatch):
    monkeypatch.setitem(javascript._OF_NUMBERS, np.tanh, "(a) => Math.tanh(a) * (1 + 1e-10)")
    with pytest.raises(AssertionError, match="tanh"):
        evaluate({"tanh": calls(loss("tanh", 0), loss("tanh", 1))})
