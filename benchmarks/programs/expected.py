"""What has to be said of each program."""

from dataclasses import dataclass
from pathlib import Path

__all__ = ["FOLDER", "PROGRAMS", "Program"]

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Program:
    """A file, and the verdict that is right.

    Attributes
    ----------
    name : str
        Folder and file.
    wrong : tuple of str
        The parameters whose gradients are wrong in the file; none where it is right.
    params, loss, manual : str
        What they are called in the file, as for ``tinygrad-bp check``.
    pending : bool
        Whether the verdict is another one today, or there is none. Who makes it right takes this
        away.
    """

    name: str
    wrong: tuple[str, ...] = ()
    params: str = "params"
    loss: str = "loss"
    manual: str = "manual_gradients"
    pending: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        return FOLDER / self.name

    @property
    def status(self) -> str:
        return "wrong" if self.wrong else "correct"


PROGRAMS = [
    Program("cs231n/svm_naive.py"),
    Program("cs231n/svm_vectorized.py"),
    Program("cs231n/softmax_naive.py"),
    Program("cs231n/softmax_vectorized.py", wrong=("W",)),
    Program("cs231n/two_layer_net.py"),
    Program("cs231n/fc_layers.py", wrong=("W3",)),
    Program("cs231n/batchnorm.py"),
    Program("cs231n/conv_naive.py"),
    Program("cs231n/max_pool_naive.py", wrong=("params",), params="x"),
    Program("cs231n/rnn_layers.py"),
    Program("cs231n/lstm_layers.py", wrong=("h0", "Wx", "Wh", "b")),
    Program("cs231n/word_embedding.py"),
    Program("micrograd/neuron.py"),
    Program("micrograd/expression.py"),
    Program("micrograd/neuron_class.py"),
    Program("micrograd/own_engine.py", wrong=("w", "b")),
    Program("micrograd/makemore_mlp.py"),
    Program("micrograd/makemore_batchnorm.py", wrong=("W1",), params="parameters"),
    Program("micrograd/bigram.py"),
    Program(
        "micrograd/moons_svm.py",
        wrong=("[1][0]",),
        params="layers",
        manual="backward",
    ),
    Program("micrograd/attention_head.py"),
    Program("micrograd/xor_net.py", params="net"),
    Program("micrograd/first_backprop.ipynb"),
    Program(
        "statistics/linear_regression.py",
        params="theta0",
        loss="negloglik",
        manual="score",
    ),
    Program("statistics/logistic_regression.py"),
    Program(
        "statistics/poisson_glm.py",
        wrong=("params",),
        params="beta",
        loss="loglik",
        manual="gradient",
    ),
    Program("statistics/gamma_mle.py"),
    Program("statistics/gaussian_mixture.py"),
    Program(
        "statistics/huber_regression.py",
        params="beta",
        loss="objective",
        manual="subgradient",
    ),
    Program("statistics/cox_model.py", loss="partial_loglik", manual="score"),
    Program("statistics/garch.py", wrong=("params",)),
    Program(
        "statistics/gaussian_process.py",
        params="theta",
        loss="nlml",
        manual="grad_nlml",
    ),
    Program("statistics/normal_covariance.py"),
    Program("statistics/ordinal_probit.py"),
    Program("statistics/negative_binomial.ipynb"),
    Program("physics/heat_equation.py", params="u0", manual="adjoint"),
    Program("physics/oscillator.py", loss="chi2", manual="dchi2"),
    Program("physics/lennard_jones.py", params="pos", loss="energy", manual="gradient"),
    Program("physics/gravity.py", wrong=("params",)),
    Program("physics/decay_fit.py", params="p0", loss="chisq", manual="grad_chisq"),
    Program("physics/optics.py"),
    Program(
        "physics/tight_binding.py",
        wrong=("hop",),
        loss="energy",
        manual="hellmann_feynman",
    ),
    Program("physics/variational.py"),
    Program("physics/pendulum_rk4.py"),
    Program("physics/spectrum.py"),
    Program("physics/kepler.py"),
]
