"""Train one net data-parallel with JAX: on one device, on four, and in two processes.

Needs JAX: pip install 'tinygrad-bp[jax]'. The devices are simulated on the CPU, and the processes
talk over the loopback; on accelerators and on many machines the same lines do the same. How
samples are distributed is said by two shardings; JAX adds the gradients up across devices.

    python examples/data_parallel.py
"""

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import tinygrad_bp as bp

STEPS, RATE, SAMPLES = 50, 0.02, 16
TIME_LIMIT = 120  # seconds


def problem():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(7, SAMPLES))  # samples are columns
    return bp.net7652.initial_parameters(), x, 0.5 + 0.4 * np.tanh(x[:2])


def trained_by_the_engine():
    """Train without JAX, on all samples together."""
    params, x, t = problem()
    for _ in range(STEPS):
        gradients = bp.grad(bp.net7652.loss)(params, x, t)
        params = {name: w - RATE * gradients[name] for name, w in params.items()}
    return params


def trained_by_jax():
    """Train on all devices of all processes: parameters everywhere, samples divided."""
    import jax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    params, x, t = problem()
    mesh = Mesh(np.array(jax.devices()), ("samples",))
    everywhere = NamedSharding(mesh, PartitionSpec())
    divided = NamedSharding(mesh, PartitionSpec(None, "samples"))

    def placed(array, sharding):
        return jax.make_array_from_callback(array.shape, sharding, lambda part: array[part])

    loss_and_gradients = bp.compile(bp.net7652.loss, backend="jax").function

    @jax.jit
    def step(params, x, t):
        _, gradients = loss_and_gradients(params, x, t)
        return jax.tree.map(lambda w, d_w: w - RATE * d_w, params, gradients)

    params = {name: placed(w, everywhere) for name, w in params.items()}
    x, t = placed(x, divided), placed(t, divided)
    for _ in range(STEPS):
        # simulated devices share few threads: steps that overlap would wait for each other
        params = jax.block_until_ready(step(params, x, t))
    devices = len(x.sharding.device_set)
    return devices, {name: np.asarray(w) for name, w in params.items()}


# --- processes: each runs this file again -------------------------------------------------------


def worker(result, address, processes, number):
    """Train as one of several processes; the first writes down what all have come to."""
    import jax

    jax.config.update("jax_enable_x64", True)
    if processes > 1:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(address, processes, number, initialization_timeout=60)
    devices, params = trained_by_jax()
    if number == 0:
        np.savez(result, devices=devices, **params)
    if processes > 1:
        jax.distributed.shutdown()


def run(devices, processes):
    """Train in fresh processes, each with some devices, and return what comes out."""
    flags = f"--xla_force_host_platform_device_count={devices}"
    env = os.environ | {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    address = f"127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.npz"
        command = [sys.executable, __file__, str(result), address, str(processes)]
        started = [
            subprocess.Popen([*command, str(k)], env=env, stdout=subprocess.DEVNULL)
            for k in range(processes)
        ]
        try:
            codes = [process.wait(TIME_LIMIT) for process in started]
        finally:
            for process in started:
                process.kill()
                process.wait()
        if any(codes):
            raise RuntimeError(f"training in {processes} processes ended with {codes}")
        with np.load(result) as found:
            params = {name: found[name] for name in found.files}
    return int(params.pop("devices")), params


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> None:
    expected = trained_by_the_engine()
    for devices, processes in ((1, 1), (4, 1), (1, 2)):
        used, params = run(devices, processes)
        worst = max(np.abs(params[name] - w).max() for name, w in expected.items())
        print(
            f"{processes} process(es), {used} device(s): {worst:.0e} from the engine's parameters"
        )
        for name, w in expected.items():
            np.testing.assert_allclose(params[name], w, rtol=1e-12, atol=1e-14)
    print("All arrive at the same parameters.")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        worker(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
