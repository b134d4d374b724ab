"""Scaling laws: Amdahl, Gustafson, Karp-Flatt and the Universal Scalability Law (USL).

    Amdahl      S(n) = n / (1 + f (n - 1))                      0 <= f <= 1
    Gustafson   S(n) = n - f (n - 1)                            0 <= f <= 1
    Karp-Flatt  e(n) = (1 / S - 1 / n) / (1 - 1 / n)            per point, n > 1
    USL         X(n) = gamma n / (1 + alpha (n - 1) + beta n (n - 1)),
                0 <= alpha, beta <= 1, gamma > 0; peak at n* = sqrt((1 - alpha) / beta)

Numbers in, numbers out. Fits are unweighted least squares. A standard error comes from the Jacobian at the
solution and the residual variance, an interval from Student's t, two-sided; both are first-order, and the
less to be trusted the wider they are.

Three conventions, with their reasons in docs/laws.md. A parameter that ends on its bound is a constant from
there on: it has no standard error, and the others' are those of the law without it. A speedup at n = 1 is 1
by definition, so it is no observation and no degree of freedom. A fit that has no degrees of freedom left
goes through its points, and its standard errors are infinite.

References
----------
Amdahl, AFIPS 30 (1967) 483; Gustafson, CACM 31 (1988) 532; Karp and Flatt, CACM 33 (1990) 539;
Gunther, Guerrilla Capacity Planning, Springer 2007, chapters 4 to 6.
"""

from .fits import Fit, Parameter, Peak, best_fit, fit_amdahl, fit_gustafson, fit_usl
from .formulas import amdahl, gustafson, karp_flatt, linear, usl

__all__ = [
    "Fit",
    "Parameter",
    "Peak",
    "amdahl",
    "best_fit",
    "fit_amdahl",
    "fit_gustafson",
    "fit_usl",
    "gustafson",
    "karp_flatt",
    "linear",
    "usl",
]
