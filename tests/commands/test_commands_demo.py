"""The article's experiment."""

import threading

import pytest

from antigil.commands import demo


def test_every_thread_makes_one_call_and_all_run_at_once():
    everybody_is_in = threading.Barrier(4)
    callers = []

    def call():
        callers.append(threading.current_thread())
        everybody_is_in.wait(timeout=30)  # breaks, and so raises, unless four threads are in here

    reading = demo.run_threads(call, 4)

    assert reading.threads == 4
    assert len(set(callers)) == 4


def test_error_in_a_thread_is_raised_again():
    calls = iter([None, LookupError("the second call failed"), None])

    def call():
        if error := next(calls):
            raise error

    with pytest.raises(LookupError, match="the second call failed"):
        demo.run_threads(call, 3)


def test_interrupt_in_a_thread_is_raised_again():
    def call():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.run_threads(call, 1)


def test_speedup_compares_calls_per_second():
    one = demo.Reading(threads=1, real=2.702, user=2.7)
    eight = demo.Reading(threads=8, real=6.828, user=21.6)

    assert demo.speedup(one, eight) == pytest.approx(3.166, abs=0.001)
    assert demo.speedup(one, one) == 1


@pytest.mark.parametrize(
    ("reached", "threads", "cpus", "words"),
    [
        (1.00, 8, 2, "reached 1.00, next to nothing."),
        (0.95, 8, 4, "reached 0.95, next to nothing."),
        (1.97, 8, 2, "most or all of it."),
        (3.17, 8, 4, "most or all of it."),
        (2.20, 8, 4, "a part of it."),
        (7.80, 8, 64, "most or all of it."),
        (1.00, 8, 1, "only one CPU may be used here, so more threads cannot be faster."),
    ],
)
def test_verdict_follows_the_speedup_and_the_cpus(reached, threads, cpus, words):
    assert demo.demo_verdict("f", reached, threads, cpus).endswith(words)


@pytest.fixture
def quick_kernels(monkeypatch):
    """Kernels that take no time, so that a test sees the report and not the machine."""
    monkeypatch.setattr(demo, "_kernel", lambda name: threading.Event().is_set)


def test_report_has_a_line_for_each_function_and_thread_count(quick_kernels):
    rows = [line.split() for line in demo.demo_lines() if line.startswith("calcular_") and "|" in line]

    assert [row[:2] for row in rows] == [
        [name, threads] for name in ("calcular_com_gil", "calcular_sem_gil") for threads in "148"
    ]


def test_report_stands_beside_the_figures_of_the_article(quick_kernels):
    beside = [
        line.rpartition("|")[2].split()
        for line in demo.demo_lines()
        if line.startswith("calcular_") and "|" in line
    ]

    assert beside == [
        ["2.702", "1.00"],
        ["10.910", "0.99"],
        ["~21.8", "0.99"],
        ["2.702", "1.00"],
        ["3.414", "3.17"],
        ["~6.8", "3.17"],
    ]


def test_report_of_one_function_leaves_out_the_other(quick_kernels):
    report = "\n".join(demo.demo_lines(["sem-gil"]))

    assert "calcular_sem_gil" in report
    assert "calcular_com_gil" not in report


@pytest.mark.parametrize(("enabled", "said"), [(True, False), (False, True)])
def test_report_says_that_a_build_has_no_gil(quick_kernels, monkeypatch, enabled, said):
    monkeypatch.setattr(demo.sys, "_is_gil_enabled", lambda: enabled, raising=False)

    report = "\n".join(demo.demo_lines())

    assert ("GIL off" in report) == said
    assert ("free-threaded Python" in report) == said


def test_report_names_the_cpus_that_the_process_may_use(quick_kernels, monkeypatch):
    monkeypatch.setattr(demo, "cpus_allowed", lambda: 3)

    assert "CPUs that this process may use: 3 (the article's machine had 4 cores)" in demo.demo_lines()
