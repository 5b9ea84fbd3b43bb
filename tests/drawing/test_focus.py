import pytest

import tinygrad_bp as bp


def drawn(diagram):
    """The ids of the nodes of a picture."""
    lines = diagram.source.splitlines()
    return {line.split()[0] for line in lines if " [id=" in line and "->" not in line}


@pytest.fixture
def diamond():
    a, b = bp.Value(1.0, name="a"), bp.Value(2.0, name="b")
    left = bp.named(bp.exp(a), "left")
    right = bp.named(bp.tanh(bp.sqrt(a)) * b, "right")
    return bp.named(left + right, "end")


@pytest.mark.parametrize(
    ("around", "names"),
    [
        ("ancestors", {"a", "left"}),
        ("descendants", {"left", "end"}),
        ("both", {"a", "left", "end"}),
        ("path", {"left", "end"}),
    ],
)
def test_relatives(diamond, around, names):
    order = bp.topological_order(diamond)
    ids = {f"n{k}" for k, node in enumerate(order) if node.name in names}
    assert drawn(bp.draw(diamond, focus="left", around=around)) == ids


def test_the_path_is_the_shortest(diamond):
    text = bp.draw(diamond, focus="a", around="path").text
    assert "left" in text
    assert "sqrt" not in text
    assert "(path of a: 3 of 7 nodes)" in text


def test_a_value_a_name_and_an_id_are_the_same(diamond):
    left = diamond.parents[0]
    place = bp.topological_order(diamond).index(left)
    sources = {bp.draw(diamond, focus=each).source for each in (left, "left", f"n{place}")}
    assert len(sources) == 1
    assert "» in focus" in sources.pop()


def test_what_is_left_out_is_still_named(diamond):
    assert "left + right" in bp.draw(diamond, focus="left", around="descendants").text


def test_a_name_of_two_nodes(diamond):
    diamond.parents[0].name = "right"
    with pytest.raises(ValueError, match=r"2 nodes are named 'right'; give an id instead: n\d"):
        bp.draw(diamond, focus="right")
    bp.draw(diamond, focus=diamond.parents[1])


def test_what_is_not_there(diamond):
    with pytest.raises(ValueError, match="no node that is the Value given as focus"):
        bp.draw(diamond, focus=bp.Value(1.0))
    with pytest.raises(TypeError, match="focus must be a Value or a name, got int"):
        bp.draw(diamond, focus=3)
