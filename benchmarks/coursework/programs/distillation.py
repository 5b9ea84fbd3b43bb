"""Knowledge distillation: KL from a teacher at a temperature plus cross-entropy with labels."""

import numpy as np

rng = np.random.RandomState(74)
N, D, K = 7, 4, 3
X = rng.randn(N, D)
y = rng.randint(K, size=N)
teacher_logits = 2 * rng.randn(N, K)
tau, mix = 2.5, 0.7

params = {"W": 0.7 * rng.randn(D, K), "b": 0.3 * rng.randn(K)}


def softmax(z):
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


teacher = softmax(teacher_logits / tau)


def loss(params):
    logits = X @ params["W"] + params["b"]
    student = softmax(logits / tau)
    kl = np.sum(teacher * (np.log(teacher) - np.log(student))) / N
    hard = -np.mean(np.log(softmax(logits)[np.arange(N), y]))
    return mix * tau**2 * kl + (1 - mix) * hard


def manual_gradients(params, mistake=None):
    logits = X @ params["W"] + params["b"]
    student, p = softmax(logits / tau), softmax(logits)
    soft = mix * tau * (student - teacher) / N
    if mistake == "tau squared kept":
        soft = mix * tau**2 * (student - teacher) / N
    elif mistake == "tau squared forgotten":
        soft = mix * (student - teacher) / tau / N
    elif mistake == "tau forgotten":
        soft = mix * (student - teacher) / N
    elif mistake == "student at temperature 1":
        soft = mix * tau * (p - teacher) / N
    elif mistake == "teacher at temperature 1":
        soft = mix * tau * (student - softmax(teacher_logits)) / N
    elif mistake == "KL the other way round":
        log_ratio = np.log(student) - np.log(teacher)
        inner = np.sum(student * log_ratio, axis=1, keepdims=True)
        soft = mix * tau * student * (log_ratio - inner) / N
    elif mistake == "teacher added":
        soft = mix * tau * (student + teacher) / N
    elif mistake == "teacher not subtracted":
        soft = mix * tau * student / N
    elif mistake == "KL averaged over the classes":
        soft = soft / K
    hard = p.copy()
    if mistake == "label not subtracted":
        pass
    elif mistake == "label's column by the teacher":
        hard[np.arange(N), teacher.argmax(axis=1)] -= 1
    else:
        hard[np.arange(N), y] -= 1
    hard *= (1 - mix) / N
    if mistake == "mix for 1 - mix":
        hard *= mix / (1 - mix)
    elif mistake == "hard loss at the temperature":
        hard = (1 - mix) * (student - np.eye(K)[y]) / N
    elif mistake == "hard loss not averaged":
        hard *= N
    dlogits = soft + hard
    if mistake == "hard loss forgotten":
        dlogits = soft
    elif mistake == "soft loss forgotten":
        dlogits = hard
    dW, db = X.T @ dlogits, dlogits.sum(axis=0)
    if mistake == "db is a mean":
        db = dlogits.mean(axis=0)
    return {"W": dW, "b": db}


MISTAKES = {
    "tau squared kept": ("constant-factor factor-missing", "logits student kl"),
    "tau squared forgotten": ("constant-factor factor-missing", "kl logits student"),
    "tau forgotten": ("constant-factor factor-missing", "kl logits student"),
    "student at temperature 1": ("factor-replaced", "student"),
    "teacher at temperature 1": ("factor-replaced target-replaced", "student"),
    "KL the other way round": ("swapped", "student kl"),
    "teacher added": ("second-operand-sign constant-factor sign", "student"),
    "teacher not subtracted": ("target-missing term-missing", "student"),
    "KL averaged over the classes": ("constant-factor", "kl student"),
    "label not subtracted": ("target-missing term-missing", "logits hard"),
    "label's column by the teacher": ("index-shifted factor-replaced", "logits hard"),
    "mix for 1 - mix": ("constant-factor factor-replaced", "hard"),
    "hard loss at the temperature": ("factor-replaced", "hard logits"),
    "hard loss not averaged": ("constant-factor factor-missing", "hard"),
    "hard loss forgotten": ("fan-out-overwritten term-missing treated-as-constant", "logits hard"),
    "soft loss forgotten": (
        "fan-out-overwritten term-missing treated-as-constant",
        "logits kl student",
    ),
    "db is a mean": ("bias-mean constant-factor", "b"),
}
