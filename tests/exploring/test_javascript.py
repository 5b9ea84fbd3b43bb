"""Every row of the table of ops in JavaScript: its forward function and its rules, or a refusal."""

import numpy as np

import tinygrad_bp as bp
from tests.samples import SAMPLES
from tinygrad_bp.exploring.computing import Computing
from tinygrad_bp.exploring.document import _part
from tinygrad_bp.exploring.recording import record
from tinygrad_bp.viewing.graph import describe

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
    *("sinc", "slope_of_sinc", "where", "cross", "convolve", "inv", "pinv", "solve", "lstsq"),
    *("det", "logabsdet", "cholesky", "qr", "eigh", "eigvalsh", "svd", "svdvals"),
}
#: Code finds places by looking at numbers, and a graph has the places: these keep their numbers.
BY_PLACES = {"at", "add_at", "along", "add_along"}


def told(array):
    array = np.asarray(array, float)
    return [list(array.shape), [repr(x).replace("inf", "Infinity") for x in array.ravel().tolist()]]


def loss(name, seed):
    sample = SAMPLES[name]
    with np.errstate(all="ignore"):
        return np.sum(np.sin(sample.fun(*map(bp.Value, sample.arguments(seed)))))


def calls(name):
    """Write functions of a graph. Return their text, calls with other numbers, what they give."""
    value, other = record(loss(name, 0)), record(loss(name, int(name not in BY_PLACES)))
    computing, made, expected = Computing(describe(loss(name, 0))), [], []
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


def array(found):
    shape, numbers = found
    return np.array([float(x.replace("Infinity", "inf")) for x in numbers]).reshape(shape)


def test_every_row_or_a_refusal(chromium):
    samples = {name: calls(name) for name in SAMPLES}
    known = {name: each for name, each in samples.items() if each[0].refusal is None}
    assert set(samples) - set(known) == FIXED
    tab = chromium.new_page()
    tab.add_script_tag(content=_part("arrays.js"))
    answers = tab.evaluate(RUN, [[c.script.text(), made] for c, made, _ in known.values()])
    tab.close()
    for (name, (_, _, expected)), found in zip(known.items(), answers, strict=True):
        for one, wanted in zip(found, expected, strict=True):
            assert array(one).shape == np.shape(wanted), name
            np.testing.assert_allclose(array(one), wanted, rtol=1e-12, atol=1e-13, err_msg=name)
