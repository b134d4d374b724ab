"""Where the speedup went, with known answers: the page's own division of n threads into five parts."""

import pytest

PARTS = ("waiting", "queued", "inflation", "unexplained")
NAN = float("nan")


@pytest.fixture
def divide(open_page, speedup_pages):
    """Return the page's function, for shares of one thread and of several."""
    folder, _ = speedup_pages
    page = open_page(folder / "work.Dips.html")

    def divided(n, speedup, waiting=(0, 0), queued=(0, 0), inflation=1, served=True):
        told = {"speedup": (1, speedup), "waiting": waiting, "queued": queued, "inflation": (1, inflation)}
        found = page.evaluate(
            """([told, n, served]) => antigil.divide((q, m) => told[q][m === 1 ? 0 : 1], n, served)""",
            [told, n, served],
        )
        return [found[part] for part in PARTS]

    return divided


def test_waiting_takes_what_is_missing(divide):
    assert divide(4, 1.6, waiting=(0, 0.6)) == pytest.approx([2.4, 0, 0, 0])


def test_waiting_of_one_thread_alone_is_no_loss(divide):
    """A call that waits for 90 % of its time on one thread: half of its CPU time is gone at 95 %."""
    assert divide(4, 2, waiting=(0.9, 0.95)) == pytest.approx([2, 0, 0, 0])


def test_calls_that_sleep_lose_nothing_by_the_cpu_time_that_they_hardly_need(divide):
    """Under a lock each of two threads waits twice as long; that to wake up costs more hardly matters."""
    waiting, _, inflation, unexplained = divide(2, 1, waiting=(0.98, 0.979), inflation=2.1)
    assert (waiting, inflation) == pytest.approx((0.978, 0.022))
    assert unexplained == pytest.approx(0, abs=1e-9)


def test_queueing_counts_beyond_the_cpus(divide):
    parts = divide(8, 3.2, queued=(0, 0.5), inflation=1.25, served=False)
    assert parts == pytest.approx([0, 4, 0.8, 0])


def test_rest_that_nothing_explains_is_told(divide):
    assert divide(4, 2, waiting=(0, 0.1), inflation=1.25) == pytest.approx([0.4, 0, 0.5, 1.1])


def test_parts_that_exceed_what_is_missing_are_scaled_down(divide):
    assert divide(4, 2, waiting=(0, 0.75), inflation=1.5) == pytest.approx([1.5, 0, 0.5, 0])


@pytest.mark.parametrize(
    ("lacking", "expected"),
    [
        ({"waiting": (0, NAN), "inflation": 1.25}, [0, 0, 0.5, 1.5]),
        ({"waiting": (NAN, 0.5), "inflation": 1.25}, [0, 0, 0, 2]),
        ({"waiting": (0, 0.25), "inflation": NAN}, [1, 0, 0, 1]),
        ({"waiting": (0, 0.25), "queued": (NAN, NAN)}, [0, 0, 0, 2]),
    ],
)
def test_loss_whose_number_is_missing_is_unexplained_and_no_other_parts(divide, lacking, expected):
    assert divide(4, 2, **lacking) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("n", "waiting", "queued", "inflation"),
    [(2, (0, 0), (0, 0.3), 1), (2, (0, 0.4), (0, 0.2), 1), (4, (0.1, 0.4), (0.02, 0.1), 1.2)],
)
def test_nothing_is_unexplained_though_others_took_cpus(divide, n, waiting, queued, inflation):
    """The stored speedup is free of queueing (`antigil.scaling.rounds`), and so are the parts."""

    def left(part, waits, queues):
        for_others = max(0, waits - waiting[0] * part)
        return max(1 - queues / (1 - for_others), 1 - waits - queues)

    on_cpu = [1 - w - q for w, q in zip(waiting, queued, strict=True)]
    part = on_cpu[1] / on_cpu[0] / inflation
    kept = left(1, waiting[0], queued[0])
    speedup = n * part * kept / left(part, waiting[1], queued[1])
    parts = divide(n, speedup, waiting=waiting, queued=queued, inflation=inflation)
    assert sum(parts) == pytest.approx(n - speedup)
    assert parts[1] == 0
    assert parts[2] == pytest.approx(speedup * on_cpu[0] / kept * (inflation - 1))
    assert parts[3] == pytest.approx(0, abs=1e-9)


def test_speedup_above_the_thread_count_leaves_nothing_to_divide(divide):
    assert divide(2, 2.1, waiting=(0, 0.1)) == [0, 0, 0, 0]


def test_unexplained_rest_is_drawn_named_and_in_the_table(open_page, speedup_pages):
    """Without its waiting shares the loss of a commit has no explanation."""
    folder, hashes = speedup_pages
    page = open_page(folder / "work.Dips.html")
    page.evaluate("""() => {
      const { numbers } = antigil.page.history.charts[0];
      numbers.lines("waiting").forEach((line) => { line.value[20] = NaN; });
    }""")
    page.evaluate(f"location.hash = '#commit={hashes[20][:12]}'")
    card = page.locator("#commit figure", has_text="Where the speedup went")
    card.locator(".part-unexplained").wait_for()
    assert "unexplained" in card.locator(".legend").inner_text()
    card.locator("summary").click()
    card.locator("tbody tr").first.wait_for()
    head = card.locator("thead th").all_inner_texts()
    four = dict(zip(head, card.locator("tbody tr").nth(1).locator("th, td").all_inner_texts(), strict=True))
    assert float(four["unexplained"]) == pytest.approx(4 - 1.6, rel=0.05)
