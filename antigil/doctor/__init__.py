"""``antigil doctor``: tell whether this machine is fit to measure on.

`readers` reads /proc and /sys, `facts` gathers what they say, `checks` judges it, and `calibration`
measures kernels with known answers and judges those.
"""
