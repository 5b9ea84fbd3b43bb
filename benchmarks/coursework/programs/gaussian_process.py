"""Log likelihood of a Gaussian process by log length, log amplitude and log noise."""

import numpy as np

rng = np.random.RandomState(60)
x = np.sort(rng.rand(6) * 3)
y = np.sin(2 * x) + 0.1 * rng.randn(6)
n = len(x)
D2 = (x[:, None] - x) ** 2

params = {"log_length": -0.3, "log_amplitude": 0.2, "log_noise": -1.0, "mean": 0.1}


def loss(params):
    length = np.exp(params["log_length"])
    amplitude = np.exp(params["log_amplitude"])
    noise = np.exp(params["log_noise"])
    Kf = amplitude**2 * np.exp(-D2 / (2 * length**2))
    K = Kf + noise**2 * np.eye(n)
    r = y - params["mean"]
    alpha = np.linalg.solve(K, r)
    return 0.5 * r @ alpha + 0.5 * np.log(np.linalg.det(K)) + 0.5 * n * np.log(2 * np.pi)


def manual_gradients(params, mistake=None):
    length = np.exp(params["log_length"])
    amplitude = np.exp(params["log_amplitude"])
    noise = np.exp(params["log_noise"])
    Kf = amplitude**2 * np.exp(-D2 / (2 * length**2))
    K = Kf + noise**2 * np.eye(n)
    Kinv = np.linalg.inv(K)
    r = y - params["mean"]
    alpha = Kinv @ r
    G = 0.5 * (Kinv - np.outer(alpha, alpha))  # by K
    if mistake == "determinant forgotten":
        G = -0.5 * np.outer(alpha, alpha)
    elif mistake == "data fit forgotten":
        G = 0.5 * Kinv
    elif mistake == "sign of the determinant":
        G = -0.5 * (Kinv + np.outer(alpha, alpha))
    elif mistake == "K for its inverse":
        G = 0.5 * (K - np.outer(alpha, alpha))
    elif mistake == "1/2 of the determinant forgotten":
        G = Kinv - 0.5 * np.outer(alpha, alpha)
    elif mistake == "y for alpha":
        G = 0.5 * (Kinv - np.outer(r, alpha))
    elif mistake == "diagonal alone":
        G = np.diag(np.diag(G))
    dlength = np.sum(G * Kf * D2) / length**3
    if mistake == "length cubed not reduced":
        dlength = np.sum(G * Kf * D2) / length**2
    elif mistake == "distance instead of its square":
        dlength = np.sum(G * Kf * np.sqrt(D2)) / length**3
    elif mistake == "kernel forgotten in length":
        dlength = np.sum(G * D2) / length**3
    elif mistake == "sign of the exponent":
        dlength = -dlength
    damplitude = np.sum(G * Kf) * 2 / amplitude
    if mistake == "amplitude's kernel with the noise":
        damplitude = np.sum(G * K) * 2 / amplitude
    elif mistake == "amplitude's 2 forgotten":
        damplitude = np.sum(G * Kf) / amplitude
    elif mistake == "amplitude squared once":
        damplitude = np.sum(G * Kf) * 2
    dnoise = np.trace(G) * 2 * noise
    if mistake == "noise over the whole matrix":
        dnoise = np.sum(G) * 2 * noise
    elif mistake == "noise's 2 forgotten":
        dnoise = np.trace(G) * noise
    dlog = dlength * length, damplitude * amplitude, dnoise * noise
    if mistake == "by the values, not their logs":
        dlog = dlength, damplitude, dnoise
    dmean = -np.sum(alpha)
    if mistake == "mean's sign":
        dmean = np.sum(alpha)
    elif mistake == "mean halved":
        dmean = -0.5 * np.sum(alpha)
    return {
        "log_length": dlog[0],
        "log_amplitude": dlog[1],
        "log_noise": dlog[2],
        "mean": dmean,
    }


def right_by_traces(params):
    length, amplitude, noise = (
        np.exp(params["log_" + k]) for k in ("length", "amplitude", "noise")
    )
    Kf = amplitude**2 * np.exp(-D2 / (2 * length**2))
    K = Kf + noise**2 * np.eye(n)
    r = y - params["mean"]
    gradients = {"mean": -np.linalg.solve(K, r).sum()}
    for name, dK in (
        ("log_length", Kf * D2 / length**2),
        ("log_amplitude", 2 * Kf),
        ("log_noise", 2 * noise**2 * np.eye(n)),
    ):
        fit = r @ np.linalg.solve(K, dK @ np.linalg.solve(K, r))
        gradients[name] = 0.5 * np.trace(np.linalg.solve(K, dK)) - 0.5 * fit
    return gradients


MISTAKES = {
    "determinant forgotten": ("term-missing fan-out-overwritten treated-as-constant", "K"),
    "data fit forgotten": ("term-missing fan-out-overwritten treated-as-constant", "K alpha"),
    "sign of the determinant": ("constant-factor sign second-operand-sign", "K"),
    "K for its inverse": ("factor-replaced transposed", "K"),
    "1/2 of the determinant forgotten": ("constant-factor factor-missing", "K"),
    "y for alpha": ("factor-replaced factor-missing", "K alpha"),
    "diagonal alone": ("mask-added factor-added", "K"),
    "length cubed not reduced": ("exponent activation-derivative-twice", "length Kf"),
    "distance instead of its square": ("factor-replaced exponent", "length Kf"),
    "kernel forgotten in length": ("missing-activation-derivative factor-missing", "length Kf"),
    "sign of the exponent": ("constant-factor sign", "length Kf log_length"),
    "amplitude's kernel with the noise": ("factor-replaced term-added", "amplitude Kf"),
    "amplitude's 2 forgotten": (
        "constant-factor factor-missing exponent",
        "amplitude Kf log_amplitude",
    ),
    "amplitude squared once": (
        "factor-added exponent activation-derivative-twice constant-factor",
        "amplitude Kf log_amplitude",
    ),
    "noise over the whole matrix": ("mask-missing factor-missing", "noise"),
    "noise's 2 forgotten": ("constant-factor factor-missing exponent", "noise log_noise"),
    "by the values, not their logs": (
        "missing-activation-derivative factor-missing",
        "log_length log_amplitude log_noise length amplitude noise",
    ),
    "mean's sign": ("second-operand-sign constant-factor sign", "mean"),
    "mean halved": ("constant-factor", "mean"),
}
