import threading

import pytest

from communique.inference.web.analysis_queue import AnalysisQueue, QueueFullError, TooManyJobsError


@pytest.fixture
def queue():
    made = AnalysisQueue(max_waiting=3, max_per_client=2)
    yield made
    made.close()


def test_one_at_a_time_in_order_with_progress(queue):
    go_on = threading.Event()
    started = threading.Event()
    running = []

    def work(report):
        running.append(threading.get_ident())
        report("half way")
        started.set()
        assert go_on.wait(10)
        return len(running)

    first, second = queue.submit("a", work), queue.submit("b", work)
    assert started.wait(10)
    assert first.progress == "half way" and second.progress == "" and len(running) == 1
    assert (queue.ahead_of(first), queue.ahead_of(second), len(queue)) == (0, 1, 2)
    go_on.set()
    assert (first.future.result(10), second.future.result(10)) == (1, 2)
    assert len(set(running)) == 1


def test_limits_and_errors(queue):
    go_on = threading.Event()
    first = queue.submit("a", lambda report: go_on.wait(10))
    passed_over = queue.submit("a", lambda report: pytest.fail("nobody waits for this"))
    with pytest.raises(TooManyJobsError, match="you have 2 requests in progress"):
        queue.submit("a", lambda report: None)
    failing = queue.submit("b", lambda report: 1 / 0)
    with pytest.raises(QueueFullError, match="3 requests are waiting"):
        queue.submit("c", lambda report: None)
    assert passed_over.future.cancel()
    go_on.set()
    assert first.future.result(10)
    assert isinstance(failing.future.exception(10), ZeroDivisionError)
    assert queue.submit("c", lambda report: "there is room again").future.result(10)
