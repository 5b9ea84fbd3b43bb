"""The identifiers of the mistakes, the likelier first, and what to do about each."""

from __future__ import annotations

UNEXPLAINED = "unexplained"

#: What to do, with ``{names}`` of nodes. Where two mistakes give the same numbers, the one that
#: stands first is taken to be the likelier.
FIXES = {
    "bias-not-summed": "Sum over the samples: the bias was added to each of them.",
    "bias-mean": "Sum over the samples; the loss has its 1/N already, if it is a mean.",
    "bias-summed-over-units": "Sum over the samples only, and keep one entry for each unit.",
    "constant-factor": "Look for a constant that was lost or put in twice on the way to {node}: "
    "divide by {factor}.",
    "relu-mask-missing": "Multiply by the mask: 1 where {low} > 0, and 0 elsewhere.",
    "relu-mask-inverted": "Turn the comparison round: the gradient passes where {low} > 0.",
    "relu-mask-wrong-source": "Make the mask of {low}, which the relu was applied to.",
    "cross-entropy-twice": "Take softmax minus target as the gradient of the logits as it is: it "
    "has the derivative of softmax or sigmoid in it.",
    "softmax-copied": "Multiply by the Jacobian of the softmax: s * (g - sum(g * s)).",
    "softmax-diagonal-only": "Use the whole Jacobian: s * (g - sum(g * s)); the other outputs "
    "depend on each logit too.",
    "missing-activation-derivative": "Multiply by the derivative of the activation at {low}.",
    "activation-derivative-twice": "Multiply by the derivative of the activation once.",
    "activation-derivative-wrong-argument": "Take the derivative of this activation, at {low}.",
    "leaf-without-activation-derivative": "Multiply by the derivative of the activation first, "
    "then compute the gradient of {node}.",
    "weight-from-preactivation": "Use what {node} is multiplied with in the forward pass.",
    "transposed-weight": "Transpose: the error goes back along the rows where the forward pass "
    "went along the columns.",
    "wrong-matrix": "Use the matrix of the forward pass in this step.",
    "weight-decay-missing-or-extra": "Let the gradient have the same decay term as the loss.",
    "update-before-propagate": "Propagate the error through the weights of the forward pass, and "
    "update {node} afterwards.",
    "second-operand-sign": "The derivative of a - b by b is -1, that of a / b is -a / b².",
    "fan-out-overwritten": "Add up the contributions of all uses: += where there was =.",
    "fan-out-counted-twice": "Add the contribution of each use once.",
    "upstream-dropped": "Multiply the derivative of the step by the gradient that arrives at it.",
    "not-zeroed": "Set all gradients to zero before each backward pass.",
    UNEXPLAINED: "Derive this step again; handing over gradients of inner nodes by name narrows "
    "the place down.",
}

_RANKS = {mistake: rank for rank, mistake in enumerate(FIXES)}


def rank(mistake: str) -> int:
    """Return where a mistake stands in the order, 0 for the likeliest."""
    return _RANKS[mistake]
