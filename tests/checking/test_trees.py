from collections import OrderedDict, defaultdict, namedtuple
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_bp.trees import flatten, rebuild

Layer = namedtuple("Layer", "w b")

leaves = st.integers() | st.none()
trees = st.recursive(
    leaves,
    lambda t: (
        st.lists(t)
        | st.lists(t).map(tuple)
        | st.builds(Layer, t, t)
        | st.dictionaries(st.text() | st.integers(), t)
    ),
    max_leaves=12,
)


@given(trees)
def test_rebuild_is_the_inverse_of_flatten(tree):
    again = rebuild(tree, iter([leaf for _, leaf in flatten(tree)]))
    assert again == tree
    assert type(again) is type(tree)


@given(trees)
def test_different_leaves_have_different_paths(tree):
    paths = [path for path, _ in flatten(tree)]
    assert len(set(paths)) == len(paths)
    assert all(path.isprintable() for path in paths)


def test_paths_read_like_python():
    tree = {"layers": [Layer(1, 2), {"w": 3}], "a.b": 4, 5: 6, "line\nbreak": 7, "": 8}
    assert [path for path, _ in flatten(tree)] == [
        "layers[0].w",
        "layers[0].b",
        "layers[1].w",
        "['a.b']",
        "[5]",
        "['line\\nbreak']",
        "['']",
    ]
    assert flatten(3.0) == [("", 3.0)]
    assert flatten([1, (2,)]) == [("[0]", 1), ("[1][0]", 2)]


def test_a_leaf_can_be_named():
    assert flatten({"w": [1, 2], "b": [3]}, {"w"}) == [("w", [1, 2]), ("b[0]", 3)]
    assert flatten([1, 2], {""}) == [("", [1, 2])]


@pytest.mark.parametrize("kind", [OrderedDict, dict])
def test_dicts_keep_their_class_and_order(kind):
    tree = kind([("z", 1), ("a", 2)])
    again = rebuild(tree, iter("xy"))
    assert type(again) is kind
    assert list(again.items()) == [("z", "x"), ("a", "y")]
    assert list(tree.items()) == [("z", 1), ("a", 2)]


def test_other_mappings():
    tree = defaultdict(list, {"a": 1})
    assert rebuild(tree, iter([2])).default_factory is list
    assert rebuild(MappingProxyType({"a": 1}), iter([2])) == {"a": 2}
