import numpy as np
from scipy.special import expit

np.random.seed(10)
N = 30
X = np.column_stack([np.ones(N), np.random.normal(size=(N, 2))])
y = (np.random.rand(N) < expit(X @ np.array([0.2, 1.0, -1.0]))).astype(int)


class Logit:
    """Logistic regression, in the manner of statsmodels."""

    def __init__(self, endog, exog):
        self.endog = endog
        self.exog = exog

    def predict(self, params):
        return expit(np.dot(self.exog, params))

    def loglike(self, params):
        p = self.predict(params)
        return np.sum(self.endog * np.log(p) + (1 - self.endog) * np.log(1 - p))

    def score(self, params):
        return np.dot(self.endog - self.predict(params), self.exog)

    def hessian(self, params):
        p = self.predict(params)
        return -(self.exog.T * (p * (1 - p))).dot(self.exog)

    def fit(self, maxiter=25, tol=1e-8):
        beta = np.zeros(self.exog.shape[1])
        for it in range(maxiter):
            step = np.linalg.solve(self.hessian(beta), self.score(beta))
            beta = beta - step
            if np.max(np.abs(step)) < tol:
                break
        return beta


model = Logit(y, X)
params = np.array([0.1, -0.2, 0.3])
loss = model.loglike
manual_gradients = model.score

if __name__ == "__main__":
    print("coefficients: %s" % model.fit())
