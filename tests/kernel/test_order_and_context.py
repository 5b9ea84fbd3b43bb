"""Topological order, no_grad, scope."""

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_bp as bp


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_parents_come_before_children_each_once(edges):
    nodes = [bp.Value(1.0)]
    for i, j in edges:
        nodes.append(nodes[i % len(nodes)] + nodes[j % len(nodes)])
    order = bp.topological_order(nodes[-1])
    place = {node: k for k, node in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is nodes[-1]
    assert all(place[p] < place[node] for node in order for p in node.parents)
    assert order == bp.topological_order(nodes[-1])


def test_order_refuses_what_is_no_value():
    with pytest.raises(TypeError, match="expected a Value, got float"):
        bp.topological_order(1.0)


def test_wide_nodes_are_linear():
    parts = [bp.Value([1.0]) for _ in range(3000)]
    y = np.concatenate(parts).sum()
    y.backward()
    assert len(bp.topological_order(y)) == 3002
    assert parts[-1].grad == 1


class TestNoGrad:
    def test_nothing_is_recorded(self):
        x = bp.Value(2.0)
        with bp.no_grad():
            y = x * x
        assert (y.data, y.op, y.parents, y.requires_grad) == (4, None, (), False)
        assert (x * x).requires_grad

    def test_it_ends_when_the_block_raises_and_nests(self):
        x = bp.Value(2.0)

        def fails():
            with bp.no_grad(), bp.scope("s"):
                with bp.no_grad():
                    pass
                assert not (x * x).requires_grad
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fails()
        assert (x * x).requires_grad
        assert (x * x).scope == ()

    def test_one_object_can_be_entered_twice(self):
        off = bp.no_grad()
        with off, off:
            assert not (bp.Value(1.0) * 1).requires_grad
        assert (bp.Value(1.0) * 1).requires_grad

    def test_other_threads_are_not_affected(self):
        found = []
        with bp.no_grad():
            thread = threading.Thread(
                target=lambda: found.append((bp.Value(1.0) * 2).requires_grad)
            )
            thread.start()
            thread.join()
        assert found == [True]

    def test_one_object_can_be_shared_by_threads(self):
        off, inside, wrong = bp.no_grad(), threading.Barrier(4), []

        def work():
            for _ in range(3):
                inside.wait()
                with off:
                    inside.wait()
                    wrong.append((bp.Value(1.0) * 2).requires_grad)
                wrong.append(not (bp.Value(1.0) * 2).requires_grad)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == [False] * 24

    @pytest.mark.parametrize("decorator", [bp.no_grad(), bp.no_grad])
    def test_as_a_decorator(self, decorator):
        @decorator
        def square(x):
            """Square."""
            return x * x

        x = bp.Value(2.0)
        assert not square(x).requires_grad
        assert (x * x).requires_grad
        assert (square.__name__, square.__doc__) == ("square", "Square.")
        with pytest.raises(TypeError, match="multiply sequence"):
            square("text")
        assert (x * x).requires_grad

    def test_a_decorated_generator_is_inside_only_while_it_runs(self):
        x, seen, closed = bp.Value(2.0), [], []

        @bp.no_grad()
        def steps(x):
            try:
                sent = yield x * 1
                try:
                    yield sent * x
                except KeyError:
                    yield x * 3
                return "end"
            finally:
                closed.append((x * 1).requires_grad)

        def outside():
            seen.append((x * 1).requires_grad)
            result = yield from steps(x)
            seen.append(result)

        running = outside()
        found = [next(running)]
        seen.append((x * 1).requires_grad)
        found += [running.send(5), running.throw(KeyError())]
        seen.append((x * 1).requires_grad)
        assert [y.data for y in found] == [2, 10, 6]
        assert not any(y.requires_grad for y in found)
        assert list(running) == []
        stopped = steps(x)
        next(stopped)
        stopped.close()
        assert (seen, closed) == ([True, True, True, "end"], [False, False])

    def test_a_generator_that_waits_inside_a_block_ends_it_in_any_order(self):
        x = bp.Value(2.0)

        def waits():
            with bp.no_grad():
                yield

        first, second = waits(), waits()
        next(first)
        with bp.scope("s"):
            next(second)
            first.close()
            assert not (x * x).requires_grad
            second.close()
            assert (x * x).scope == ("s",)
        assert (x * x).requires_grad
        assert (x * x).scope == ()

    def test_leaving_a_block_in_another_thread_changes_nothing_there(self):
        def waits():
            with bp.no_grad():
                yield

        generator, found = waits(), []
        contextvars.copy_context().run(next, generator)

        def work():
            with bp.no_grad():
                generator.close()
                found.append((bp.Value(1.0) * 2).requires_grad)
            found.append((bp.Value(1.0) * 2).requires_grad)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert found == [False, True]

    def test_coroutines(self):
        @bp.no_grad()
        async def square(x):
            await asyncio.sleep(0)
            return x * x

        async def beside(x):
            await asyncio.sleep(0)
            return x * x

        async def both():
            return await asyncio.gather(square(bp.Value(2.0)), beside(bp.Value(2.0)))

        # in a thread: in this one tests of pages may have left an event loop running
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(asyncio.run, both()).result()
        assert [y.requires_grad for y in found] == [False, True]

    def test_what_is_no_function_is_refused(self):
        with pytest.raises(TypeError, match=r"no_grad: expected a function.* got 3"):
            bp.no_grad(3)
        for other in (type("Net", (), {}), staticmethod(len), classmethod(len)):
            with pytest.raises(TypeError, match="no_grad: expected a function"):
                bp.no_grad()(other)


class TestScope:
    def test_as_a_decorator(self):
        @bp.scope("layer")
        def layer(x):
            return x * 2

        assert layer(bp.Value(1.0)).scope == ("layer",)

    def test_nested_names(self):
        with bp.scope("net"):
            x = bp.Value(1.0)
            with bp.scope("layer 1"):
                y = x * 2
        assert (x.scope, y.scope, (y * 1).scope) == (("net",), ("net", "layer 1"), ())

    def test_the_backward_graph_has_scopes_of_its_own(self):
        x = bp.Value(1.0)
        y = x * x
        with bp.scope("backward"):
            y.backward(create_graph=True)
        assert x.grad.scope == ("backward",)

    def test_bad_name(self):
        with pytest.raises(TypeError, match="must be a string, got int"):
            bp.scope(1)


def test_named():
    x = bp.Value(1.0)
    y = bp.named(x * 2, "net")
    assert y.name == "net"
    array = np.ones(2)
    assert bp.named(array, "a") is array
