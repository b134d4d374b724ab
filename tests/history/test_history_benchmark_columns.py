"""Which benchmarks are drawn, and as what."""

import pytest

from antigil.guard.samples import comparable
from antigil.history.benchmark_columns import drawable
from antigil.history.options import THREAD_PARAMETERS


def timed(*values):
    """Return a ``time_*`` benchmark as asv describes it, with a parameter that counts threads."""
    return {
        "type": "time",
        "params": [list(values)] if values else [],
        "param_names": ["n_jobs"][: len(values)],
    }


SLOWDOWN = {
    "type": "track", "params": [["1", "2"]], "param_names": ["threads"], "antigil_quantity": "slowdown",
}  # fmt: skip


def test_another_function_of_a_workloads_class_is_not_the_time_of_one_call():
    suite = {f"work.One.{name}": timed() for name in ("time_call", "time_calls_with_a_lock", "time_set_up")}
    columns, _ = drawable({"work.One.track_slowdown": SLOWDOWN, **suite}, THREAD_PARAMETERS)

    assert [c.benchmark for c in columns if c.quantity == "time"] == ["work.One.time_call"]


def test_it_can_be_compared_under_its_own_name():
    suite = {"work.One.track_slowdown": SLOWDOWN, "work.One.time_set_up": timed()}

    (column,) = [c for c in comparable(suite, THREAD_PARAMETERS) if c.quantity == "time"]
    assert (column.workload.name, column.benchmark) == ("work.One.time_set_up", "work.One.time_set_up")


@pytest.mark.parametrize("form", ["{}", "np.int64({})", "np.uint8({})"])
def test_numpys_own_integers_are_numbers_of_threads(form):
    columns, problems = drawable({"work.time_it": timed(*map(form.format, (1, 2, 16)))}, THREAD_PARAMETERS)

    assert [(c.threads, c.parameter) for c in columns] == [(1, 0), (2, 1), (16, 2)]
    assert problems == []


@pytest.mark.parametrize(
    "text", ["0", "-1", "2.0", "'2'", "np.float64(2.0)", "np.int64(-1)", "np.int64(2", "None"]
)
def test_what_is_no_number_of_threads_is_told(text):
    columns, (problem,) = drawable({"work.time_it": timed("1", text)}, THREAD_PARAMETERS)

    assert [c.threads for c in columns] == [1]
    assert problem.what == f"not drawn where n_jobs = {text}: no number of threads"
