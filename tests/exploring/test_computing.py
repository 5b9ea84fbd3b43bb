"""The page computes: with another number in a leaf it has the engine's numbers, all of them."""

import re

import numpy as np
import pytest

import tinygrad_bp as bp
from tests.exploring.conftest import edit, open_page
from tinygrad_bp.exploring.recording import record
from tinygrad_bp.exploring.shown_arrays import Arrays
from tinygrad_bp.viewing.plain_text import summary
from tinygrad_bp.writing import javascript

RNG = np.random.default_rng(5)
ROLES = ("raw", "delta", "old", "new", "local")


def neuron(x, w, b):
    return bp.named(np.tanh(w * x + b) * x, "y")


def recurrent(w, x, h):
    for k in range(6):
        h = np.tanh(w * h + x[k])
    return (h - 1) ** 2


def attention(q, k, v):
    return np.sum((bp.softmax(q @ k.T / 2) @ v) ** 2)


def batch(w, b, x):
    return bp.cross_entropy(bp.relu(x @ w.T + b), np.array([0, 1, 2, 3, 1]))


def repeated(a, b, c):
    return np.mean(bp.sigmoid(a * b - c) / (1 + a**2))


def three_axes(x, g, m):
    joined = np.concatenate([x[:, 1:], np.flip(x, 1)[:, :1]], axis=1)
    normed = (joined - joined.mean(-1, keepdims=True)) / (joined.std(1, keepdims=True) + 0.1)
    return np.sum((normed * g) @ m[:1] * np.max(x, axis=2, keepdims=True))


def moving(x, w):
    sums = np.cumsum(np.pad(x, 1)[1:4], axis=1).T[np.array([0, 3, 3, 1])]
    return np.sum(np.stack([w, w[::-1]])[:, [0, 0, 4]] @ sums[:, :].T[:3] * 0.3)


def products(a, b, v):
    return np.sum(np.einsum("ij,ijk->ik", a, b) ** 2) + np.prod(v) * np.log1p(v) @ np.sqrt(v)


def branches(x, y):
    return np.sum(np.maximum(x, y) * np.abs(x) + np.minimum(x, 0.5) ** 3 + bp.relu(-y))


def of_ones_own(x):
    softplus = bp.Op("softplus", lambda a: np.logaddexp(0, a), lambda g, y, a: g * (1 - np.exp(-y)))
    return np.sum(softplus(x) * x)


def with_a_seed(x):
    return np.exp(-x) * 2


def not_finite(x):
    with np.errstate(all="ignore"):
        return np.sum(np.log(x))


#: The leaves of each graph: their numbers, or the shapes of random ones.
LEAVES = {
    neuron: {"x": 2.0, "w": -3.0, "b": 6.5},
    recurrent: {"w": 0.5, "x": (6,), "h": 0.1},
    attention: {"q": (3, 4), "k": (3, 4), "v": (3, 4)},
    batch: {"w": (4, 3), "b": (4,), "x": (5, 3)},
    repeated: {"a": (3, 1), "b": (4,), "c": 0.7},
    three_axes: {"x": (2, 3, 3), "g": (3,), "m": (4, 3, 2)},
    moving: {"x": (3, 4), "w": (5,)},
    products: {"a": (2, 3), "b": (2, 3, 4), "v": np.array([0.3, 1.2, 0.7])},
    branches: {"x": (6,), "y": (6,)},
    of_ones_own: {"x": (2, 2)},
}
for shapes in LEAVES.values():
    shapes |= {k: RNG.normal(size=each) for k, each in shapes.items() if isinstance(each, tuple)}
GRAPHS = list(LEAVES)
LEAVES[with_a_seed] = {"x": RNG.normal(size=3)}
LEAVES[not_finite] = {"x": np.array([1.0, 0.0, -2.0])}


def build(graph, **changed):
    """Compute a graph of its leaves, some of which may have other numbers."""
    leaves = {**LEAVES[graph], **changed}
    return graph(*(bp.Value(data, name=name) for name, data in leaves.items()))


STATE = """() => ({
    values: state.values.map((a) => a && [a.shape, a.data.map(String)]),
    gradients: state.gradients.map((a) => a && [a.shape, a.data.map(String)]),
    parts: state.told.map(({ parts = [] }) => parts.map((part) => Object.fromEntries(
        ["raw", "delta", "old", "new", "local"].filter((role) => part[role])
            .map((role) => [role, [part[role].shape, part[role].data.map(String)]])))),
})"""


def array(told):
    shape, numbers = told
    return np.array([float(x.replace("Infinity", "inf")) for x in numbers]).reshape(shape)


def check(found, expected, what):
    __tracebackhide__ = True
    found, expected = array(found), np.asarray(expected, float)
    assert found.shape == expected.shape, what
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=0)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13 * scale, err_msg=what)


def check_page(tab, value, seed=None):
    """Compare every number that a page has with those of the engine; return how many."""
    state, recording = tab.evaluate(STATE), record(value, seed)
    for k, node in enumerate(recording.nodes):
        check(state["values"][k], node.data, f"value of node {k}")
        if node in recording.gradients:
            check(state["gradients"][k], recording.gradients[node], f"gradient of node {k}")
    told = [parts for parts in state["parts"] if parts]
    visits = [visit for visit in recording.visits if visit.contributions]
    assert len(told) == len(visits)
    for parts, visit in zip(told, visits, strict=True):
        for part, each in zip(parts, visit.contributions, strict=True):
            for role in ROLES:
                if role in part:
                    check(part[role], getattr(each, role), f"{role} at {visit.node}")


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.__name__)
def test_every_leaf_can_be_changed_and_every_number_follows(graph, tab, tmp_path):
    open_page(tab, tmp_path, bp.explore(build(graph)))
    assert tab.evaluate("story.fixed") is None
    check_page(tab, build(graph))
    changed = {}
    for name, data in LEAVES[graph].items():
        changed[name] = np.array(data, float)
        entry = changed[name].size - 1
        new = changed[name].flat[entry] = float(np.round(changed[name].flat[entry] * 1.5 - 0.3, 3))
        edit(tab, name, entry, repr(new).replace("-", "−"))
        check_page(tab, build(graph, **changed))
    tab.locator("#panel").press("Home")
    tab.evaluate("restore()")
    check_page(tab, build(graph))


@pytest.mark.parametrize(("graph", "seed"), [(with_a_seed, [1.0, -2.0, 0.5]), (not_finite, None)])
def test_seeds_and_what_is_not_finite(graph, seed, tab, tmp_path):
    open_page(tab, tmp_path, bp.explore(build(graph), seed=seed))
    check_page(tab, build(graph), seed)
    edit(tab, "x", 0, "-1/4")
    x = LEAVES[graph]["x"].copy()
    x[0] = -0.25
    check_page(tab, build(graph, x=x), seed)


def test_what_is_told_by_means_is_computed_too(tab, tmp_path):
    """A batch larger than what a page shows in full: its blocks are those that Python makes."""
    data, w, b = RNG.normal(size=(150, 4)), RNG.normal(size=(3, 4)), RNG.normal(size=3)

    def graph(w):
        logits = data @ bp.Value(w, name="w").T + bp.Value(b, name="b")
        return bp.cross_entropy(logits, np.arange(150) % 3)

    open_page(tab, tmp_path, bp.explore(graph(w)))
    assert tab.evaluate("story.fixed") is None
    w[1, 2] = 0.5
    edit(tab, "w", 6, "0.5")
    check_page(tab, graph(w))
    blocks = tab.evaluate("nodes.map((node) => arrays[node.value].blocks || null)")
    expected = [each["blocks"] for each in contents(graph(w)) if "blocks" in each]
    found = [each for each in blocks if each]
    assert len(found) > 3
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)


def contents(value):
    for node in bp.topological_order(value):
        arrays = Arrays()
        arrays.add(node.data)
        yield from arrays.content()


def test_what_is_seen_follows(tab, tmp_path):
    open_page(tab, tmp_path, bp.explore(build(neuron)))
    edit(tab, "w", 0, "-3.1")
    tab.evaluate("go(steps.length - 1)")
    value = build(neuron, w=-3.1)
    value.backward(retain_grads=True)
    nodes = bp.topological_order(value)
    texts = tab.locator("svg .node").evaluate_all(
        "all => all.map((g) => [g.dataset.node, g.querySelector('.value').textContent, "
        "g.querySelector('.grad').textContent])"
    )
    assert len(texts) == 7
    for k, data, gradient in texts:
        assert data == summary(nodes[int(k)].data)
        assert gradient == summary(nodes[int(k)].grad)
    final = tab.locator("#panel figure[data-role=new]").last
    assert float(final.locator("[data-value]").get_attribute("data-value")) == pytest.approx(
        float(nodes[int(final.get_attribute("data-of"))].grad), rel=1e-12
    )


def test_a_nudge_shows_what_really_happens_beside_what_the_gradient_foretells(tab, tmp_path):
    open_page(tab, tmp_path, bp.explore(build(neuron)))
    tab.locator("figure.editable [data-entry]").first.click()  # x
    rows = tab.locator("#nudges tbody tr")
    first, value = rows.all_inner_texts(), build(neuron)
    value.backward()
    slope = float(next(n for n in bp.topological_order(value) if n.name == "x").grad)
    for text, nudge in zip(first, (0.1, 0.01, 0.001), strict=True):
        shown = [float(x) for x in text.replace("−", "-").replace("%", "").split("\t")]
        really = float(build(neuron, x=2.0 + nudge).data) - float(value.data)
        assert shown[:3] == pytest.approx([nudge, really, slope * nudge], rel=1e-6)
        apart = abs(really - slope * nudge) / max(abs(really), abs(slope * nudge))
        assert shown[3] == pytest.approx(100 * apart, rel=0.06)
    tab.keyboard.press("ArrowUp")
    assert tab.evaluate("leaves[edited.n].data[0]") == 2.1
    tab.locator("#less").click()
    tab.locator("#drag").fill("1.5")
    assert tab.evaluate("leaves[edited.n].data[0]") == 1.5
    assert rows.all_inner_texts() != first
    check_page(tab, build(neuron, x=1.5))
    tab.locator("#entry").fill("1/")
    assert "Type a number" in tab.locator("#refused").inner_text()
    check_page(tab, build(neuron, x=1.5))
    tab.keyboard.press("Escape")
    assert not tab.locator("#editor").is_visible()


def test_a_graph_without_gradients_and_constants_of_others(tab, tmp_path):
    x = bp.Value(2.0, name="x", requires_grad=False)
    open_page(tab, tmp_path, bp.explore(bp.named(np.exp(x) * 2, "y")))
    tab.locator("[data-entry]").click()
    assert "No gradient flows here" in tab.locator("#nudges").inner_text()
    tab.locator("#entry").fill("0")
    assert "x = 0: y = 2" in tab.locator("#live").inner_text()
    assert tab.locator("svg .node.result .value").text_content() == ""  # not computed yet
    tab.keyboard.press("Escape")
    tab.evaluate("go(steps.length - 1)")
    assert tab.locator("svg .node.result .value").text_content() == "2"
    assert not tab.locator("#worksheets").is_visible()


def test_editing_by_keys_alone(tab, tmp_path):
    open_page(tab, tmp_path, bp.explore(build(with_a_seed), seed=[1.0, 1.0, 1.0]))
    tab.locator("figure.editable table").focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        tab.keyboard.press(key)
    tab.keyboard.type("0.5")
    tab.keyboard.press("Enter")
    assert tab.evaluate("leaves[edited.n].data[1]") == 0.5
    assert "x[1] = 0.5" in tab.locator("#live").inner_text()


def large():
    return np.sum(bp.Value(np.ones(5000), name="x") ** 2)


def masked():
    x = bp.Value([1.0, -1.0], name="x")
    return np.sum(x * (x > 0))


def chosen():
    x = bp.Value([1.0, -1.0], name="x")
    return np.sum(x[x > 0])


def in_order():
    return np.sum(np.sort(bp.Value([1.0, -1.0], name="x")) * np.arange(2.0))


def unknown():
    return np.sum(np.linalg.svd(bp.Value([[2.0, 1.0], [1.0, 3.0]], name="x"))[1])


def single():
    return np.sum(bp.Value(np.float32([1.0, 2.0]), name="x") ** 2)


def own():
    op = bp.Op("mine", lambda a: np.asarray(float(a)), lambda g, y, a: g)
    return op(bp.Value(2.0, name="x"))


@pytest.mark.parametrize(
    ("graph", "why"),
    [
        (large, "more numbers than a page can hold"),
        (masked, "Code compared numbers"),
        (chosen, "Code compared numbers"),
        (in_order, "Code compared numbers"),
        (unknown, "svd needs svd, which this page cannot compute"),
        (single, "float32"),
        (own, "mine"),
    ],
)
def test_what_cannot_be_computed_stays_as_it_is_and_says_so(graph, why, tab, tmp_path):
    open_page(tab, tmp_path, bp.explore(graph()))
    assert why in tab.locator("#panel").inner_text()
    assert tab.locator(".editable").count() == 0


def test_a_page_that_computes_something_else_stays_as_it_is(tab, tmp_path, monkeypatch):
    monkeypatch.setitem(javascript._OF_NUMBERS, np.tanh, "(a) => 1.01 * Math.tanh(a)")
    open_page(tab, tmp_path, bp.explore(build(neuron)))
    assert "other numbers than the engine" in tab.locator("#panel").inner_text()
    assert tab.locator(".editable").count() == 0


def test_round_off_is_no_disagreement(tab, tmp_path):
    a = bp.Value(np.random.default_rng(1).normal(size=(16, 15)), name="a")
    nothing = bp.named(np.sum(a - np.mean(a)), "nothing")
    assert abs(float(nothing.data)) < 1e-12  # what is left depends on the order of the sum
    open_page(tab, tmp_path, bp.explore(nothing + np.sum(a**2)))
    assert tab.evaluate("story.fixed") is None


def test_a_wrong_number_would_be_seen(tab, tmp_path, monkeypatch):
    monkeypatch.setitem(javascript._OF_NUMBERS, np.tanh, "(a) => Math.tanh(a) + 1e-11")
    open_page(tab, tmp_path, bp.explore(build(neuron)))
    with pytest.raises(AssertionError, match="of node"):
        check_page(tab, build(neuron))


REASON = re.compile(
    r"^.+ up by 0\.001 (raises|lowers|does not move) \S+(?: by about (\S+))?(?: along this way)?,"
)


def test_reasons_tell_the_true_change(tab, tmp_path):
    """Nudge the entry that a sentence is about, and see what happens, along that way alone."""
    open_page(tab, tmp_path, bp.explore(bp.named(build(attention), "loss")))
    told = tab.evaluate(
        """() => steps.flatMap((step) => (step.parts || []).map((part) => {
            const delta = dataOf(part.delta);
            return [reason(step, part), delta[strongest(delta)]];
        }))"""
    )
    assert len(told) > 8
    for sentence, slope in told:
        verb, size = REASON.match(sentence).groups()
        if slope:
            assert verb == ("raises" if slope > 0 else "lowers")
            assert float(size.replace("−", "-")) == pytest.approx(abs(slope) / 1000, rel=6e-4)


def test_a_reason_in_words(tab, tmp_path):
    open_page(tab, tmp_path, bp.explore(build(neuron)))
    tab.evaluate("go(7)")
    assert tab.locator(".reason p").first.inner_text() == (
        "w * x + b up by 0.001 raises y by about 0.001573, because tanh passes 0.7864 of it at "
        "0.5, and y moves 2 times as much as tanh(w * x + b)."
    )
    assert tab.locator(".patterns .tag").all_inner_texts() == ["a function multiplies by its slope"]
    tab.evaluate("go(9)")
    text = tab.locator("#panel").inner_text()
    assert "because it is multiplied by x = 2" in text
    assert "a fan-out accumulates" in text
    assert "d_x += d_product * w" in text


@pytest.mark.parametrize("graph", [neuron, attention, batch, recurrent, three_axes])
def test_all_ways_add_up_to_the_gradient(graph, tab, tmp_path):
    open_page(tab, tmp_path, bp.explore(build(graph)))
    leaves = tab.evaluate(
        "nodes.flatMap((node, n) => (isEditable(n) && state.gradients[n] ? [n] : []))"
    )
    assert leaves
    for n in leaves:
        count, total, listed, gradient = tab.evaluate(
            """(n) => {
                const start = waysFrom(n, 0);
                const listed = start.count > 5000 ? null : [...listWays(start)];
                const product = (way) => way.reduce((x, [local]) => x * local, 1);
                const along = listed && listed.map(product);
                return [start.count, start.total, along, state.gradients[n].data[0]];
            }""",
            n,
        )
        assert total == pytest.approx(gradient, rel=1e-10, abs=1e-13)
        if listed is not None:
            assert len(listed) == count
            assert sum(listed) == pytest.approx(gradient, rel=1e-10, abs=1e-13)


def test_ways_as_they_are_read(tab, tmp_path):
    open_page(tab, tmp_path, bp.explore(build(neuron)))
    tab.evaluate("go(9)")
    tab.locator("summary", has_text="from x to y").click()
    card = tab.locator("details.paths").last
    card.locator("[data-product]").first.wait_for(state="attached")  # made when it is opened
    products = card.locator("[data-product]").evaluate_all(
        "all => all.map((b) => +b.dataset.product)"
    )
    value = build(neuron)
    value.backward()
    x = next(node for node in bp.topological_order(value) if node.name == "x")
    assert len(products) == 2
    assert sum(products) == pytest.approx(float(x.grad), rel=1e-12)
    assert "2 ways lead there" in card.inner_text()
    assert "which is the gradient: −4.257" in card.inner_text()


@pytest.mark.parametrize(
    ("number", "why"),
    [(0.25, "passes 0.5 of it"), (3.0, "passes 6 times as much"), (-0.5, "turns the sign and")],
)
def test_what_a_function_passes(number, why, tab, tmp_path):
    x = bp.Value(number, name="x")
    open_page(tab, tmp_path, bp.explore(bp.named(np.square(x), "y")))
    assert why in tab.evaluate("reason(steps.at(-1), steps.at(-1).parts[0])")


def test_the_reason_of_a_product_of_a_matrix_and_a_column(tab, tmp_path):
    w = bp.Value([[1.0, 2.0], [3.0, 4.0]], name="w")
    x = bp.Value([[0.5], [-3.0]], name="x")
    y = bp.named(w @ x, "y")
    open_page(tab, tmp_path, bp.explore(bp.named(np.sum(y * np.array([[2.0], [1.0]])), "loss")))
    reasons = tab.evaluate("steps.at(-1).parts.map((part) => reason(steps.at(-1), part))")
    assert reasons == [
        "w[0, 1] up by 0.001 lowers loss by about 0.006, because it is multiplied by an entry of "
        "x, −3, and loss moves 2 times as much as y[0, 0].",
        "x[1, 0] up by 0.001 raises loss by about 0.008, because it is multiplied by the entries "
        "of w that it meets, and the products are added up.",
    ]


def leaky(p):
    h = np.where(p["x"] > 0, p["x"], 0.1 * p["x"]) * p["w"]
    return np.sum(np.clip(h, -1, 1) * (np.abs(h) < 2))


def test_masks_of_a_function_follow(tab, tmp_path):
    params = {"x": np.array([1.0, -2.0, 0.5]), "w": np.array([0.5, 1.5, -1.0])}
    page = bp.explore(leaky, params=params)
    open_page(tab, tmp_path, page)
    assert tab.evaluate("[story.fixed, story.parametersAlone]") == [None, False]
    for name, entry, number in (("x", 1, 3.0), ("w", 0, 2.5), ("x", 2, -0.25)):
        edit(tab, name, entry, repr(number))
        params[name][entry] = number
        gradients = bp.grad(leaky)(params)
        for each in params:
            node = tab.evaluate("(name) => nodes.findIndex((n) => n.name === name)", each)
            found = tab.evaluate("(n) => state.gradients[n].data", node)
            np.testing.assert_allclose(found, gradients[each], rtol=1e-12, atol=1e-15)
        loss = tab.evaluate("resultOf(state.values)")
        assert loss == pytest.approx(float(leaky(params)), rel=1e-12)


def test_masks_of_data_stay_and_so_do_the_data(tab, tmp_path):
    data = np.array([1.0, -2.0])
    page = bp.explore(lambda p: np.sum(p["w"] * data * (data > 0)), params={"w": np.ones(2)})
    open_page(tab, tmp_path, page)
    names = tab.evaluate("nodes.filter((_, n) => isEditable(n)).map((node) => node.name)")
    assert names == ["w"]


def test_code_that_branches_on_numbers_is_a_graph_of_the_outcome():
    def branching(p):
        return p * (p > 0) if p > 1 else p

    assert bp.explore(branching, params=2.0).html


#: Functions that take elements at places which depend on the numbers.
AT_PLACES = {
    "sort and argmax": lambda p: np.sum(np.sort(p["x"])[:2] * p["x"][np.argmax(p["x"])]),
    "sort of columns": lambda p: np.sum(np.sort(p["m"], axis=0) * WEIGHTS),
    "one of each row": lambda p: np.sum(p["m"][np.arange(3), np.argmax(p["m"], axis=1)] ** 2),
    "argmin": lambda p: p["x"][np.argmin(p["x"])] * p["m"][np.argmin(p["m"], axis=0)[1], 2],
    "partition": lambda p: np.sum(np.partition(p["x"], 2)[:2] ** 2),
    "order": lambda p: np.sum(p["m"][:, np.argsort(p["x"])] * WEIGHTS),
    "median": lambda p: np.sum(np.median(p["m"], axis=1) ** 2) + np.quantile(p["x"], 0.3),
    "along": lambda p: np.sum(np.take_along_axis(p["m"], np.argsort(-p["m"])[:, :2], 1) ** 2),
    "cholesky": lambda p: np.sum(
        np.linalg.cholesky(p["m"] @ p["m"].T + np.eye(3)) * WEIGHTS[:, :3]
    ),
}
WEIGHTS = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize("name", AT_PLACES)
def test_places_follow_the_numbers(name, tab, tmp_path):
    fun = AT_PLACES[name]
    params = {"x": np.array([1.0, -2.0, 3.0, 0.5]), "m": np.cos(WEIGHTS**2)}
    open_page(tab, tmp_path, bp.explore(fun, params=params))
    assert tab.evaluate("story.fixed") is None
    for leaf, entry, number in (("x", 3, 5.0), ("x", 2, -3.0), ("m", 6, 2.0), ("m", 1, -1.5)):
        node = tab.evaluate("(name) => nodes.findIndex((n) => n.name === name)", leaf)
        if node < 0:  # not a leaf of this graph
            continue
        params[leaf].flat[entry] = number
        tab.evaluate("([n, k, x]) => change(withNumber(n, k, x))", [node, entry, number])
        found = tab.evaluate("(n) => state.gradients[n]?.data ?? null", node)
        expected = np.ravel(bp.grad(fun)(params)[leaf])
        if found is None:  # what is only sorted by gets none
            found = 0 * expected
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)
        assert tab.evaluate("resultOf(state.values)") == pytest.approx(
            float(fun(params)), rel=1e-12
        )


def test_where_the_numbers_are_fixed_is_said_there_too(tab, tmp_path):
    page = bp.explore(
        lambda p: np.sum(np.linalg.svd(p)[1]), params=np.array([[1.0, 2.0], [0.5, 3.0]])
    )
    open_page(tab, tmp_path, page)
    assert "svd, which this page cannot compute" in tab.locator("#panel").inner_text()
    tab.evaluate("go(1)")
    assert "because of this op" in tab.locator("#panel").inner_text()
    tab.evaluate("startLesson(true)")
    assert tab.locator(".question").is_visible()


def test_what_is_assigned_to_a_mask_follows(tab, tmp_path):
    def rectified(p):
        h = p["x"] * 2
        h[h < 0] = 0
        return np.sum(h**2)

    params = {"x": np.array([1.0, -2.0, 3.0])}
    open_page(tab, tmp_path, bp.explore(rectified, params=params))
    edit(tab, "x", 1, "2")
    assert tab.evaluate("resultOf(state.values)") == 4.0 + 16.0 + 36.0


def test_a_function_needs_parameters():
    with pytest.raises(TypeError, match="explore: a function needs params="):
        bp.explore(leaky)
    with pytest.raises(TypeError, match="gives a float for Values"):
        bp.explore(lambda p: 1.0, params=2.0)
