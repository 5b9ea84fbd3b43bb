"""The identifiers of the mistakes, the likelier first, and what to do about each."""

from __future__ import annotations

UNEXPLAINED = "unexplained"

#: What to do, with ``{names}`` of nodes. Where two mistakes give the same numbers, the one that
#: stands first is taken to be the likelier.
FIXES = {
    "all-zero": "Compute the gradients: these are the zeros of a template.",
    "bias-not-summed": "Sum over the samples: the bias was added to each of them.",
    "bias-mean": "Sum over the samples; the loss has its 1/N already, if it is a mean.",
    "bias-summed-over-units": "Sum over the samples only, and keep one entry for each unit.",
    "not-reduced": "Add up over all elements that {node} was used for.",
    "constant-factor": "Look for a constant that was lost or put in twice on the way to {node}: "
    "divide by {factor}.",
    "relu-mask-missing": "Multiply by the mask: 1 where what goes in is positive, and 0 elsewhere.",
    "relu-mask-inverted": "Turn the comparison round: the gradient passes where it is true.",
    "relu-mask-wrong-source": "Make the mask of {low}, which the forward pass made it of.",
    "mask-missing": "Multiply by the mask of the forward pass.",
    "mask-replaced": "Use the mask of the forward pass.",
    "routed-to-all": "Hand the gradient to the element that was taken, and 0 to the others.",
    "cross-entropy-twice": "Take softmax minus target as the gradient of the logits as it is: it "
    "has the derivative of softmax or sigmoid in it.",
    "softmax-copied": "Multiply by the Jacobian of the softmax: s * (g - sum(g * s)).",
    "softmax-diagonal-only": "Use the whole Jacobian: s * (g - sum(g * s)); the other outputs "
    "depend on each logit too.",
    "target-missing": "Subtract the target.",
    "missing-activation-derivative": "Multiply by the derivative of the activation at {low}.",
    "activation-derivative-twice": "Multiply by the derivative of the activation once.",
    "exponent": "Use the power rule: d(x**n) = n * x**(n - 1).",
    "activation-derivative-wrong-argument": "Take the derivative of this activation, at {low}.",
    "leaf-without-activation-derivative": "Multiply by the derivative of the activation first, "
    "then compute the gradient of {node}.",
    "weight-from-preactivation": "Use what {node} is multiplied with in the forward pass.",
    "transposed-weight": "Transpose: the error goes back along the rows where the forward pass "
    "went along the columns.",
    "transposed": "Transpose it back: compare the shapes with those of the forward pass.",
    "order": "Undo the steps of the forward pass in the opposite order, the last one first.",
    "axis": "Add up along the axes along which the forward pass broadcast.",
    "index-shifted": "Use the value that the forward pass used in this very step.",
    "index-overwritten": "Add up where an element was used several times: np.add.at, or +=.",
    "swapped": "Exchange the two.",
    "wrong-matrix": "Use the array of the forward pass in this step.",
    "weight-decay-missing-or-extra": "Let the gradient have the same decay term as the loss.",
    "update-before-propagate": "Propagate the error through the weights of the forward pass, and "
    "update {node} afterwards.",
    "second-operand-sign": "The derivative of a - b by b is -1, that of a / b is -a / b².",
    "factor-missing": "Product rule: multiply with the other factor as well.",
    "factor-replaced": "Product rule: multiply with the other factor of the forward pass.",
    "factor-twice": "Multiply with it once.",
    "factor-added": "Leave the factor out.",
    "treated-as-constant": "Add this path: what is computed from {node} changes with it.",
    "fan-out-overwritten": "Add up the contributions of all uses: += where there was =.",
    "fan-out-counted-twice": "Add the contribution of each use once.",
    "term-missing": "Add the term that is missing.",
    "term-twice": "Add the term once.",
    "term-added": "Leave the term out.",
    "sign": "Turn the sign of the term round.",
    "upstream-dropped": "Multiply the derivative of the step by the gradient that arrives at it.",
    "not-zeroed": "Set all gradients to zero before each backward pass.",
    "clipped": "Compare the gradients as they are before they are clipped.",
    "rounded": "Compare the numbers themselves, not rounded ones.",
    UNEXPLAINED: "Derive this step again; handing over gradients of inner nodes by name narrows "
    "the place down.",
}

_RANKS = {mistake: rank for rank, mistake in enumerate(FIXES)}


def rank(mistake: str) -> int:
    """Return where a mistake stands in the order, 0 for the likeliest."""
    return _RANKS[mistake]
