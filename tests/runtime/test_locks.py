import signal
import subprocess
import sys
import threading
import time

import pytest

from havenlake.runtime.locks import FileLock

HOLDER = """
import sys, time
from pathlib import Path
from havenlake.runtime.locks import FileLock
with FileLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "locks" / "table.lock"


@pytest.fixture
def holder(path):
    """Another process that holds the lock until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_held_lock_is_waited_for_and_then_reported(path, holder):
    lock, start = FileLock(path), time.monotonic()
    with pytest.raises(TimeoutError, match="held by another process"):
        lock.acquire(timeout_s=0.2)
    assert 0.2 <= time.monotonic() - start < 5
    assert not lock.held


def test_the_lock_comes_free_when_its_holder_leaves(path, holder):
    threading.Timer(0.2, holder.stdin.close).start()
    lock = FileLock(path)
    lock.acquire(timeout_s=30)
    assert lock.held
    lock.release()


def test_the_lock_comes_free_when_its_holder_is_killed(path, holder):
    holder.send_signal(signal.SIGKILL)
    with FileLock(path) as lock:
        assert lock.held
    assert not lock.held


def test_it_also_holds_between_threads_of_one_process(path):
    order = []

    def work(name):
        with FileLock(path):
            order.append(f"{name} in")
            time.sleep(0.02)
            order.append(f"{name} out")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(order[i].split()[0] == order[i + 1].split()[0] for i in range(0, 12, 2)), order


def test_it_is_not_reentrant(path):
    with FileLock(path) as lock, pytest.raises(RuntimeError, match="already held by this object"):
        lock.acquire()
    lock.release()  # once more does no harm


def test_a_child_process_does_not_inherit_it(path):
    with FileLock(path):
        child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    try:
        FileLock(path).acquire(timeout_s=0)
    finally:
        child.communicate(b"")
