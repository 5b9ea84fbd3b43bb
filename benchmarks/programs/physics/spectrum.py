# deconvolution in Fourier space: sharpen a signal that an instrument has smeared
import numpy as np

n = 16
rng = np.random.default_rng(1)
response = np.exp(-0.5 * (np.fft.fftfreq(n) * n / 3) ** 2)
truth = np.where((np.arange(n) > 4) & (np.arange(n) < 9), 1.0, 0.0)
observed = np.fft.ifft(np.fft.fft(truth) * response).real + 0.01 * rng.normal(size=n)
lam = 0.05


def loss(s):
    smeared = np.fft.irfft(np.fft.rfft(s) * response[:n // 2 + 1], n)
    power = np.abs(np.fft.fft(s)) ** 2
    return np.sum((smeared - observed) ** 2) + lam * np.sum(power * np.fft.fftfreq(n) ** 2)


def manual_gradients(s):
    smeared = np.fft.ifft(np.fft.fft(s) * response).real
    back = np.fft.ifft(np.fft.fft(smeared - observed) * response).real
    smooth = np.fft.ifft(np.fft.fft(s) * np.fft.fftfreq(n) ** 2).real
    return 2 * back + 2 * lam * n * smooth


params = np.cos(np.arange(n))
