"""Train an MLP on scikit-learn's bundled digits: 1,797 pictures of 8 x 8 pixels.

Needs scikit-learn: pip install 'tinygrad-bp[examples]'. About five seconds.
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import tinygrad_bp as bp


def accuracy(net, x, labels) -> float:
    with bp.no_grad():
        return float((net(x).data.argmax(axis=1) == labels).mean())


def train(epochs: int = 30, batch: int = 32) -> float:
    """Train, and return the accuracy on the test set."""
    x, labels = load_digits(return_X_y=True)
    x_train, x_test, t_train, t_test = train_test_split(
        x / 16, labels, test_size=0.25, random_state=0, stratify=labels
    )
    net = bp.nn.MLP([64, 32, 10], activations="relu", rng=np.random.default_rng(0))
    optimizer = bp.optim.Adam(net.parameters(), learning_rate=0.005)
    rng = np.random.default_rng(1)
    for epoch in range(epochs):
        order = rng.permutation(len(x_train))
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            loss = bp.cross_entropy(net(x_train[rows]), t_train[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1:3}: test accuracy {accuracy(net, x_test, t_test):.3f}")
    return accuracy(net, x_test, t_test)


def main() -> None:
    print(f"test accuracy: {train():.1%}")


if __name__ == "__main__":
    main()
