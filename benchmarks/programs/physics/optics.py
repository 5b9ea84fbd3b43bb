# two thin lenses, ABCD matrices: image distance and spot size
from functools import reduce

import numpy as np


def free(d):
    return np.array([[1, d], [0, 1]])


def lens(f):
    return np.array([[1, 0], [-1 / f, 1]])


rays = np.array([[0.1, 0.0], [0.2, 0.01], [-0.15, 0.02]]).T
back = 3.0


def loss(p):
    elements = [free(p['d1']), lens(p['f1']), free(p['d2']), lens(p['f2']), free(back)]
    M = reduce(lambda acc, m: m @ acc, elements, np.eye(2))
    out = M @ rays
    return np.sum(out[0] ** 2)


def manual_gradients(p):
    mats = [free(p['d1']), lens(p['f1']), free(p['d2']), lens(p['f2']), free(back)]
    dmats = {0: ('d1', np.array([[0, 1], [0, 0]])), 1: ('f1', np.array([[0, 0], [p['f1'] ** -2, 0]])),
             2: ('d2', np.array([[0, 1], [0, 0]])), 3: ('f2', np.array([[0, 0], [p['f2'] ** -2, 0]]))}
    y = rays
    for m in mats:
        y = m @ y
    grads = {}
    for k, (name, dm) in dmats.items():
        dy = rays
        for i, m in enumerate(mats):
            dy = (dm if i == k else m) @ dy
        grads[name] = 2 * np.sum(y[0] * dy[0])
    return grads


params = {'d1': 1.0, 'f1': 2.0, 'd2': 0.5, 'f2': -3.0}
