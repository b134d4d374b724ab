"""The article's two functions: the same work, with and without the GIL."""

from .checkout.suite import Scaling, Workload


class ComGil(Scaling, title="calcular_com_gil: holds the GIL", expected="1 with a GIL"):
    """The article's reduce, keeping the GIL; about 3 ms."""

    workload = Workload("calcular_com_gil(600)", "from antigil import calcular_com_gil")


class SemGil(Scaling, title="calcular_sem_gil: releases the GIL", expected="n, up to the CPUs"):
    """The article's reduce between the two macros; about 3 ms."""

    workload = Workload("calcular_sem_gil(600)", "from antigil import calcular_sem_gil")
