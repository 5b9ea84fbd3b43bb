"""`Value`: a node of the graph, which behaves like the NumPy array that it holds."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from .arraylike import BehavesAsArray
from .backward import sweep
from .context import recording, run
from .copying import copy_graph, copy_node, pack
from .data import alone, as_data, as_gradient, as_numbers, refuse_complex
from .history import Ties, settle_operands
from .history import clock as clock
from .leaving import note, note_data
from .order import sort_topologically

V = TypeVar("V")

_new = object.__new__
_ARRAY = np.ndarray
_NUMPY = (np.ndarray, np.generic)
NOTHING: dict[str, Any] = {}


class Value(BehavesAsArray):
    """A node of a computational graph: data, and how they were computed.

    Operators, methods and NumPy's functions on Values record the nodes that they make;
    :meth:`backward` differentiates the graph.

    Parameters
    ----------
    data : array_like
        Numbers of any shape; copied. float32 and complex64 stay so, others become float64 or
        complex128. NaN and infinities are data like any other.
    name : str, optional
        What the node is called in tables and diagrams. May be assigned later.
    requires_grad : bool, optional
        Whether a backward pass gives this leaf a gradient.

    Attributes
    ----------
    grad : numpy.ndarray, Value or None
        The gradient, of the shape and dtype of the data; None until a backward pass reaches the
        leaf. Leaves add up the gradients of several passes until :meth:`zero_grad`.
    op : Op or None
        The op that computed the node; None for a leaf.
    parents : tuple of Value
        The operands, in order and with repeats; constants are Values too. An operand that has been
        assigned to since is there as it was when it was used.
    metadata : dict
        What the op was told beside its operands, such as ``axis``.
    scope : tuple of str
        The groups that the node belongs to, outermost first (see `scope`).

    Raises
    ------
    TypeError
        If `data` are not numbers, or `name` is not a string.

    Notes
    -----
    Data of shape () are NumPy scalars, as the results of NumPy's own functions are.

    Assigning ``leaf.data`` (``p.data = new`` or ``p.data -= step``) is how a parameter is
    updated. A backward pass through an op that had used the former data raises
    `StaleGraphError`. Writing *elements* of the array (``p.data[0] = 1``) cannot be seen: a
    backward pass through an older graph then uses the new numbers. Run the forward pass again
    after changing data.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> x = bp.Value([1.0, 2.0], name="x")
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    array([2., 4.])
    """

    __slots__ = (
        "__weakref__",
        "_data",
        "_parents",
        "_retains_grad",
        "_ties",
        "_version",
        "grad",
        "metadata",
        "name",
        "op",
        "requires_grad",
        "scope",
    )

    _data: Any
    _parents: tuple[Value, ...]
    _retains_grad: bool
    _ties: Ties
    _version: int
    grad: Any
    metadata: dict[str, Any]
    name: str | None
    op: Any
    requires_grad: bool
    scope: tuple[str, ...]

    def __init__(
        self, data: npt.ArrayLike, *, name: str | None = None, requires_grad: bool = True
    ) -> None:
        if name is not None and not isinstance(name, str):
            raise TypeError(f"Value: name must be a string, got {type(name).__name__}")
        self._data = as_data(data)
        self.name = name
        self.requires_grad = bool(requires_grad)
        self.grad = self.op = None
        self._parents, self.metadata = (), NOTHING
        self.scope = recording.get()[0] or ()
        self._version = clock[0]
        self._retains_grad = False

    # --- what it holds ---------------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The numbers, an array or a NumPy scalar where the shape is ()."""
        if self.requires_grad:
            note_data()
        data = self._data
        return data if isinstance(data, _NUMPY) else np.asarray(data)[()]

    @data.setter
    def data(self, new: npt.ArrayLike) -> None:
        if self.op is not None:
            raise AttributeError(
                f"the data of {self!r} are computed by {self.op.name} and cannot be assigned; "
                "assign the data of a leaf and compute again"
            )
        if new is not self._data:
            data = as_data(new, self.dtype)
            if data.shape != self.shape:
                raise ValueError(
                    f"data of {self._label()}: expected shape {self.shape}, got {data.shape}; "
                    "make a new Value for another shape"
                )
            self._data = data
        clock[0] = self._version = clock[0] + 1

    @property
    def parents(self) -> tuple[Value, ...]:
        """The operands, as they were when the node was computed."""
        return settle_operands(self)

    @property
    def _former(self) -> Any:
        """The node that holds the state from before the latest assignment to this one."""
        ties = getattr(self, "_ties", None)
        return None if ties is None else ties.former

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return np.shape(self._data)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return np.ndim(self._data)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.size(self._data))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the numbers, of floats or complex; for a constant any type of NumPy's."""
        dtype: np.dtype[Any] = self.data.dtype
        return dtype

    def item(self) -> Any:
        """Return the only element as a Python number.

        Raises
        ------
        ValueError
            If there is not exactly one element.
        """
        if self.size != 1:
            raise ValueError(f"item: expected one element, got shape {self.shape}; index first")
        if self.requires_grad:
            note("item()")
        return self.data.item()

    def detach(self) -> Value:
        """Return a constant with the same data, which no gradient flows through."""
        return constant(self.data, name=self.name)

    def __repr__(self) -> str:
        about = [np.array2string(np.asarray(self._data), separator=", ", threshold=20)]
        if self.name is not None:
            about.append(f"name={self.name!r}")
        if self.op is not None:
            about.append(f"op={self.op.name}")
        if not self.requires_grad:
            about.append("requires_grad=False")
        return f"Value({', '.join(about)})"

    # In a function that is being differentiated a copy is computed from the original. Elsewhere a
    # node is copied with its graph, as any object is.

    def __copy__(self) -> Value:
        copied: Value = copy_node(self, self.parents) if run.get() is None else self.copy()
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        copied: Value = copy_graph(self, memo) if run.get() is None else self.copy()
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        return pack(self)

    def _label(self) -> str:
        return f"the Value {self.name!r}" if self.name else f"a Value of shape {self.shape}"

    # --- the backward pass -----------------------------------------------------------------

    def backward(
        self,
        seed: Any = None,
        *,
        create_graph: bool = False,
        retain_grads: bool = False,
    ) -> None:
        """Differentiate: add to each leaf's `grad` the gradient of this Value.

        Parameters
        ----------
        seed : array_like or Value, optional
            The cotangent to start from, of this Value's shape; 1 for a scalar.
        create_graph : bool, optional
            Whether gradients are Values, which can be differentiated in turn.
        retain_grads : bool, optional
            Whether the nodes between are given their `grad` too. That of an inner node is the
            one of the latest pass; only leaves accumulate.

        Raises
        ------
        ValueError
            If the Value is not a scalar and there is no seed, or the seed has another shape.
        RuntimeError
            If no gradient can flow: the Value is a constant or was computed in `no_grad`.
        StaleGraphError
            If the data of a leaf were assigned after the graph had used them. Nothing is
            changed then.

        Examples
        --------
        >>> import tinygrad_bp as bp
        >>> x = bp.Value(3.0)
        >>> (x**2).backward(create_graph=True)
        >>> x.grad
        Value(6., op=mul)
        """
        seed = self._seed(seed, create_graph)
        path = sort_topologically(self, constants=False)
        arrived = [
            (node, cotangent)
            for node, cotangent in sweep(path, seed, create_graph=create_graph, version=clock[0])
            if node.op is None or retain_grads or node._retains_grad
        ]
        unshared = () if create_graph else alone(path, arrived, seed)
        for node, cotangent in arrived:
            adds = node.grad is not None and node.op is None
            copied = not adds and id(cotangent) not in unshared
            cotangent = as_gradient(cotangent, node._data.dtype, copied)
            node.grad = node.grad + cotangent if adds else cotangent

    def _seed(self, seed: Any, create_graph: bool) -> Any:
        """Return the first cotangent, checked, as the backward pass needs it."""
        if not self.requires_grad:
            raise RuntimeError(
                f"backward: no gradient can flow from {self!r}: it is a constant, depends on "
                "constants only, or was computed inside no_grad(); give a leaf "
                "requires_grad=True and compute again"
            )
        if seed is None:
            if self._data.shape != ():
                raise ValueError(
                    f"backward: expected a scalar, got shape {self.shape}; reduce it, for "
                    "example with .sum(), or pass a seed of that shape"
                )
            refuse_complex("backward", self._data)
            seed = self._data.dtype.type(1)
        elif not isinstance(seed, Value):
            seed = as_data(seed, self._data.dtype, "backward: seed")
        if seed.shape != self._data.shape:
            raise ValueError(
                f"backward: expected a seed of shape {self.shape}, the shape of the Value, "
                f"got {seed.shape}"
            )
        if isinstance(seed, Value):
            return seed if create_graph else seed._data
        return constant(seed) if create_graph else seed

    def retain_grad(self) -> None:
        """Ask backward passes to keep the gradient of this node, as they do for leaves."""
        self._retains_grad = True

    def zero_grad(self) -> None:
        """Forget the gradient: `grad` is None until the next backward pass."""
        self.grad = None


def constant(operand: Any, name: str | None = None, *, what: str = "Value") -> Value:
    """Make a node of something that is not differentiated, without copying it.

    Python's numbers stay as they are, so that they take the precision of what they meet.
    """
    node: Value = _new(Value)
    kind = type(operand)
    if kind is float or kind is int or kind is bool or kind is complex:
        node._data = operand if kind is complex else float(operand)
    else:
        node._data = as_numbers(operand, what)
        if kind is not _ARRAY and hasattr(operand, "_lend"):
            operand._lend(node)
    node.name = name
    node.requires_grad = node._retains_grad = False
    node.grad = node.op = None
    node._parents = ()
    node.metadata = NOTHING
    node.scope = recording.get()[0] or ()
    node._version = clock[0]
    return node


def named(value: V, name: str) -> V:
    """Name a Value, and return it; arrays pass as they are.

    So that a function of arrays and of Values alike can say what its intermediate results are
    called in diagrams and tables. `derive` and `compare` take the names of its variables for what
    has none.

    Parameters
    ----------
    value : Value or array
        What is to be named.
    name : str
        The name.

    Returns
    -------
    Value or array
        `value` itself.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> bp.named(bp.Value(2.0) * 3, "net")
    Value(6., name='net', op=mul)
    """
    if isinstance(value, Value):
        value.name = name
    return value


def topological_order(value: Value) -> list[Value]:
    """Return the nodes of a graph, parents before children.

    Parameters
    ----------
    value : Value
        The last node, such as a loss.

    Returns
    -------
    list of Value
        The ancestors of `value`, constants too, and `value` itself at the end; each once. The
        order is the same for the same graph. Computed without recursion.

    Raises
    ------
    TypeError
        If `value` is not a Value.

    Examples
    --------
    >>> import tinygrad_bp as bp
    >>> a, b = bp.Value(2.0, name="a"), bp.Value(3.0, name="b")
    >>> y = a * b + a
    >>> [node.name or node.op.name for node in bp.topological_order(y)]
    ['a', 'b', 'mul', 'add']
    """
    if not isinstance(value, Value):
        raise TypeError(f"topological_order: expected a Value, got {type(value).__name__}")
    return list(sort_topologically(value))
