"""Random programs beside other libraries: a short run; a long one is `benchmarks.differential`."""

import numpy as np
import pytest

import tinygrad_bp as bp
from benchmarks.differential.__main__ import main
from benchmarks.differential.judging import Found, judge, shrink
from benchmarks.differential.lines import LINES
from benchmarks.differential.peers import installed
from benchmarks.differential.programs import Generated, Step, draw
from tests.samples import rows

#: A result, and which programs of the long run it was first seen to be wrong in: by seed.
KEPT: dict[int, str] = {}


def test_each_row_has_a_line_and_each_line_a_row():
    assert set(LINES) == set(rows())


@pytest.mark.parametrize("row", LINES)
def test_a_line_meets_its_row(row):
    """Every line runs, and one of its row's lines leads to the row."""
    met = set()
    for seed in range(60):
        program = draw(np.random.default_rng(seed), 1, [row])
        if program.steps:
            args, fun = program.arguments(), program.function(np, bp)
            met |= {node.op for node in bp.topological_order(fun(*map(bp.Value, args)))}
            derived = bp.derive(lambda *given: fun(*given) ** 2, *args)  # noqa: B023
            met |= {step.op for step in derived.program.instructions}
        if rows()[row] in met:
            break
    assert rows()[row] in met


@pytest.mark.parametrize("first", range(0, 40, 10))
def test_random_programs_without_peers(first):
    for seed in range(first, first + 10):
        program = draw(np.random.default_rng(seed))
        assert not judge(program, {}, ("numpy",)).disagreements, program.source()


@pytest.fixture(scope="module")
def peers():
    found = installed()
    if not found:
        pytest.skip("no library to compare with is installed")
    return found


@pytest.mark.parametrize("seed", [*KEPT, *range(1000, 1005)])
def test_random_programs_beside_peers(peers, seed):
    program = draw(np.random.default_rng(seed))
    assert not judge(program, peers, ()).disagreements, program.source()


def program_of(*lines):
    steps = tuple(Step("", f"v{k}", f"v{k} = {text}", f"v{k} = {text}") for k, text in lines)
    return Generated(((3,),), steps, 3)


def test_a_wrong_rule_is_found_by_a_peer_and_its_program_made_small(monkeypatch):
    exp = bp.Op("exp", np.exp, lambda g, y, a: g * y * 1.001)
    monkeypatch.setattr(bp, "exp", exp, raising=False)

    def peer(program, args, along):
        a = args[0]
        weights = np.cos(1.0 + np.arange(3))
        right = bp.value_and_grad(program.function(np, bp_with(np.exp)), (0,))(a)
        assert weights.size == a.size
        return Found(right[0], list(right[1]))

    def bp_with(function):
        class Names:
            exp = staticmethod(function)

        return Names

    program = program_of((1, "v0 * 2"), (2, "nn.exp(v1 / 3)"), (3, "np.tanh(v2)"))
    judged = judge(program, {"peer": peer}, ())
    assert {each.who for each in judged.disagreements} == {"peer"}
    smallest, found = shrink(program, {"peer": peer}, ())
    assert [step.text for step in smallest.steps] == ["v2 = nn.exp(v0 / 3)"]
    assert found[0].who == "peer"


def test_a_wrong_compiler_and_a_wrong_forward_mode_are_found(monkeypatch):
    program = program_of((1, "np.tanh(v0)"))
    assert not judge(program, {}, ("numpy",)).disagreements
    real = bp.compile

    def wrong(*args):
        value, gradients = real(*args)(*program.arguments())
        return lambda *_: (value, [g * (1 + 1e-9) for g in gradients])

    monkeypatch.setattr(bp, "compile", wrong)
    monkeypatch.setattr(bp, "jvp", lambda *_: (0.0, 0.5))
    found = {(each.who, each.what) for each in judge(program, {}, ("numpy",)).disagreements}
    assert found == {("numpy", "a gradient"), ("forward mode", "a slope")}


def test_shared_memory_is_found(monkeypatch):
    program = program_of((1, "v0 * 2"))
    real = bp.compile

    def wrong(*args):
        def compute(*given):
            value, gradients = real(*args)(*given)
            given[0][:] = gradients[0]
            return value, given

        return compute

    monkeypatch.setattr(bp, "compile", wrong)
    found = {(each.who, each.what) for each in judge(program, {}, ("numpy",)).disagreements}
    assert found == {("numpy", "memory")}


def test_a_broken_promise_is_found(monkeypatch):
    first = bp.Op("first", lambda a: a[:1], lambda g, y, a: np.append(g, [0, 0]), shares=False)
    monkeypatch.setattr(bp, "first", first, raising=False)
    found = judge(program_of((1, "nn.first(v0)")), {}, ()).disagreements
    assert ("first", "memory") in {(each.who, each.what) for each in found}


def test_a_lone_peer_is_wrong_where_another_confirms_the_engine():
    program = program_of((1, "np.tanh(v0)"))

    def right(program, args, along):
        value, gradients = bp.value_and_grad(program.function(np, bp), (0,))(*args)
        return Found(value, list(gradients))

    def wrong(program, args, along):
        return Found(0.0, [np.zeros(3)])

    assert judge(program, {"wrong": wrong}, ()).disagreements
    assert not judge(program, {"wrong": wrong, "right": right}, ()).disagreements


def test_the_command_says_who_judged_how_many(monkeypatch, capsys):
    def agrees(program, args, along):
        value, gradients = bp.value_and_grad(program.function(np, bp), range(len(args)))(*args)
        return Found(value, list(gradients))

    monkeypatch.setattr("sys.argv", ["differential", "--graphs", "4", "--seed", "2"])
    monkeypatch.setattr(
        "benchmarks.differential.__main__.installed", lambda names: {"peer": agrees}
    )
    assert main() == 0
    assert "4 programs" in (said := capsys.readouterr().out)
    assert "judged by: peer" in said
