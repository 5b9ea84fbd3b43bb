"""The benchmarks compare programs that compute the same; how fast they are is not tested."""

import sys
from collections.abc import Iterator, Mapping

import numpy as np
import pytest

from benchmarks import (
    compare_95,
    compile_jax,
    compile_numba,
    compiled,
    derivatives_95,
    diagnosis_95,
    long_chain,
    mlp_step,
    net7652_step,
)
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.report import OURS, Row, table, time_rows
from benchmarks.timing import Builder, Program, built, interleaved


@pytest.fixture(autouse=True)
def jax_as_it_was() -> Iterator[None]:
    """Turn off the 64-bit mode of JAX, which its step asks for in the whole process."""
    yield
    if "jax" in sys.modules:
        sys.modules["jax"].config.update("jax_enable_x64", False)


def assert_same_numbers(builders: Mapping[str, Builder], rtol: float) -> None:
    programs = {name: program for name, program in built(builders).items() if program}
    results = {}
    for name, program in programs.items():
        for _ in range(3):
            program.run()
        results[name] = [np.asarray(a) for a in program.result()]
    expected = results.pop(OURS)
    for name, result in results.items():
        for got, wanted in zip(result, expected, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=rtol, atol=rtol, err_msg=name)


def test_net7652_programs_arrive_at_the_same_loss_and_parameters() -> None:
    assert_same_numbers(net7652_step.BUILDERS, rtol=1e-13)


def test_compiled_steps_and_loops_arrive_at_the_same_parameters() -> None:
    assert_same_numbers(compile_numba.step_builders(2), rtol=1e-13)
    assert_same_numbers(compile_numba.loop_builders(7), rtol=1e-13)


def test_chains_have_the_same_value_and_gradient() -> None:
    assert_same_numbers(long_chain.builders(20), rtol=1e-13)


def test_mlp_programs_arrive_at_the_same_loss_and_parameters_in_float32() -> None:
    assert_same_numbers(mlp_step.builders([7, 6, 5], batch=4), rtol=1e-5)
    ours = mlp_step.builders([7, 6, 5], batch=4)[OURS]()
    ours.run()
    assert {a.dtype for a in ours.result()[1:]} == {np.dtype(np.float32)}


def test_jax_programs_arrive_at_the_same_parameters_in_float32() -> None:
    builders = compile_jax.builders([7, 6, 5], batch=4)
    assert_same_numbers(builders, rtol=1e-5)
    programs = [program for program in built(builders).values() if program]
    assert {a.dtype for program in programs for a in program.result()} == {np.dtype(np.float32)}


def test_compiled_programs_arrive_at_the_same_numbers() -> None:
    assert_same_numbers(compiled.NET_BUILDERS, rtol=1e-13)
    assert_same_numbers(compiled.loop_builders(5), rtol=1e-12)
    assert_same_numbers(compiled.mlp_builders([7, 6, 5], batch=4), rtol=1e-5)


def test_both_checks_find_the_gradients_correct() -> None:
    for program in built(compare_95.BUILDERS).values():
        if program:
            program.run()
            assert program.result() == [True]


def test_the_diagnosis_that_is_timed_is_right() -> None:
    for order, wanted in (
        ("propagate-then-update", []),
        ("update-then-propagate", ["update-before-propagate"] * 2),
    ):
        program = diagnosis_95.ours(order)
        program.run()
        assert program.result() == wanted


@pytest.mark.parametrize("fun", [derivatives_95.output, derivatives_95.loss])
def test_both_derivatives_are_the_same(fun) -> None:
    assert_same_numbers(derivatives_95.builders(fun), rtol=1e-13)


def test_a_quick_run_prints_the_table_and_writes_it(tmp_path, capsys) -> None:
    path = tmp_path / "table.md"
    assert main(["--quick", "--markdown", str(path)]) == 0
    text = path.read_text(encoding="utf-8")
    assert all(benchmark.TITLE in text for benchmark in BENCHMARKS.values())
    assert text in capsys.readouterr().out


def test_peers_that_are_not_installed_are_said_to_be_so(monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "autograd", None)
    monkeypatch.setitem(sys.modules, "autograd.numpy", None)
    assert main(["--quick", "--only", "net7652", "--only", "mlp"]) == 0
    lines = capsys.readouterr().out.splitlines()
    peers = [line for line in lines if "PyTorch" in line or "HIPS" in line]
    assert len(peers) == 4
    assert all("not installed" in line for line in peers)


def test_an_unknown_benchmark_is_refused(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "nothing"])
    assert "net7652" in capsys.readouterr().err


def test_programs_run_in_turn_after_a_run_to_warm_up() -> None:
    calls: list[str] = []
    builders = {name: _recorder(name, calls) for name in "AB"}
    seconds = interleaved({**built(builders), "C": None}, repetitions=2, calls=2)
    assert "".join(calls) == "AB" + "AABB" * 2
    assert seconds["C"] is None


def _recorder(name: str, calls: list[str]) -> Builder:
    return lambda: Program(lambda: calls.append(name), lambda: None)


def test_ratios_and_targets() -> None:
    rows = time_rows(
        "title", {OURS: 2e-6, "slow": 4e-3, "fast": 1.0, "away": None}, {"slow": 0.5, "fast": 1e-9}
    )
    assert rows == [
        Row("title", OURS, "2 µs"),
        Row("title", "slow", "4 ms", 2e-6 / 4e-3, "≤ 0.50", True),
        Row("title", "fast", "1 s", 2e-6, "≤ 0.00", False),
        Row("title", "away", "not installed"),
    ]


def test_the_table_is_markdown_whose_columns_are_aligned() -> None:
    lines = table([Row("a", "b", "1 s", 0.5, "≤ 0.35", False), Row("longer", "c", "2 s")]).split(
        "\n"
    )
    assert len({len(line) for line in lines}) == 1
    assert lines[2].split("|")[1:-1] == [
        " a         ", " b       ", " 1 s    ", " 0.50          ", " ≤ 0.35 ", " NO  ",
    ]  # fmt: skip
