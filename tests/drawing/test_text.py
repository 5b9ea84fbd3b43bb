from textwrap import dedent

import pytest

import tinygrad_bp as bp
from tests.work import growth
from tinygrad_bp.drawing import text_tree


def test_a_scalar_graph():
    a, b = bp.Value(2.0, name="a"), bp.Value(-3.0, name="b")
    y = bp.named(bp.exp(a * b) - bp.sqrt(a) / 4, "y")
    y.backward()
    assert f"{text_tree(y)}\n" == dedent("""\
        ┌ n7  y = n3 - n6        ()  value -0.3511   grad 1
        │ └─┬ n6  n5 / 4         ()  value 0.3536    grad -1
        │   │ └─ n4  (constant)  ()  value 4
        │   └ n5  sqrt(a)        ()  value 1.414     grad -0.25
        │     └─ a -> see n1
        ├ n3  exp(n2)            ()  value 0.002479  grad 1
        └ n2  a * b              ()  value -6        grad 0.002479
          ├─ n1  a (parameter)   ()  value 2         grad -0.09582
          └─ n0  b (parameter)   ()  value -3        grad 0.004958
        """)


def test_each_node_once_and_each_further_use_as_a_reference(net):
    lines = text_tree(net).splitlines()
    for index, value in enumerate(bp.topological_order(net)):
        assert sum(f" n{index}  " in f" {line}" for line in lines) == 1, value
    x = bp.Value(3.0, name="x")
    assert [line.split("(")[0].rstrip() for line in text_tree(x * x).splitlines()] == [
        "n1  x * x",
        "├─ n0  x",
        "└─ x -> see n0",
    ]


def test_a_leaf():
    assert text_tree(bp.Value(1.0, name="x")) == "n0  x (parameter)  ()  value 1  grad -"


def test_no_control_characters(net):
    net.name = "\x1b[31mred\x1b[0m\nline"
    assert all(line.isprintable() for line in text_tree(net).splitlines())


def test_flags_stand_at_the_end_of_the_line():
    assert text_tree(bp.Value(float("nan"))).endswith("! NaN in the value")


def test_a_long_chain_stays_at_one_indentation(chain):
    lines = text_tree(chain(2_500)).splitlines()
    assert len(lines) == 10_001
    assert max(map(len, lines)) < 100


def test_the_time_grows_with_the_graph(chain):
    graphs = {steps: chain(steps) for steps in (250, 2_500)}
    assert growth(lambda steps: text_tree(graphs[steps]), *graphs) < 1.5


def test_skip_connections_do_not_indent_without_end():
    h = bp.Value(1.0, name="x")
    for _ in range(200):
        h = bp.tanh(h) + h
    assert max(len(line) - len(line.lstrip("│├└┌┬─ ")) for line in text_tree(h).splitlines()) < 8


def test_fibonacci_does_not_indent_without_end():
    a, b = bp.Value(1.0), bp.Value(1.0)
    for _ in range(200):
        a, b = b, a + b
    assert max(len(line) - len(line.lstrip("│├└┌┬─ ")) for line in text_tree(b).splitlines()) < 8


def test_what_is_not_a_value():
    with pytest.raises(TypeError, match="expected a Value, got int"):
        text_tree(3)
