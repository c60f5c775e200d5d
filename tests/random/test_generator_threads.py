"""Threads that draw from one generator: each number is drawn once, and the generator stays whole."""

import sys
import threading
from contextlib import contextmanager

import pytest

import numpynet
from numpynet import nn
from numpynet.compiler.recorder import Recorder


@contextmanager
def switching_often():
    switched = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(switched)


def at_once(*tasks):
    """Runs functions in threads; raises what one of them raises."""
    errors = []

    def run(task):
        try:
            task()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    with switching_often():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for error in errors:
        raise error


def test_threads_that_draw_at_once_share_the_words_out():
    generator = numpynet.Generator().manual_seed(3)
    counts, drawn = (1, 2, 5, 40, 300, 700), []

    def draw():
        for _ in range(60):
            drawn.extend(numpynet.randint(0, 2**20, (count,), generator=generator).tolist() for count in counts)

    at_once(draw, draw, draw, draw)
    total = 4 * 60 * sum(counts)
    alone = numpynet.Generator().manual_seed(3)
    wanted = numpynet.randint(0, 2**20, (total,), generator=alone).tolist()
    assert sorted(number for one in drawn for number in one) == sorted(wanted)
    assert numpynet.equal(generator.get_state(), alone.get_state())


def test_threads_that_draw_first_at_once_make_one_engine():
    for _ in range(200):
        generator, drawn = numpynet.Generator().manual_seed(3), []
        ready = threading.Barrier(3)

        def draw(generator=generator, drawn=drawn, ready=ready):
            ready.wait()
            drawn.append(numpynet.randint(0, 2**20, (1,), generator=generator).item())

        at_once(draw, draw, draw)
        wanted = numpynet.randint(0, 2**20, (3,), generator=numpynet.Generator().manual_seed(3)).tolist()
        assert sorted(drawn) == sorted(wanted)


@pytest.mark.parametrize("default", [True, False])
def test_what_threads_draw_while_another_compiles_is_not_undone(default):
    """Steps that draw, too: their numbers and those of the threads are the stream, each once."""
    generator = numpynet.default_generator if default else numpynet.Generator()
    layer, drawn, over = nn.Linear(3, 3), [], threading.Event()
    generator.manual_seed(3)

    def draw():
        while not over.is_set():
            drawn.append(numpynet.randint(0, 2**20, (7,), generator=generator).tolist())

    def compile():
        try:
            for width in range(20):

                @numpynet.compile
                def step(x):
                    drawn = numpynet.randint(0, 2**20, (5,), generator=generator)
                    return drawn, layer(x).sum().detach()

                drawn.extend(step(numpynet.ones(width + 1, 3))[0].tolist() for _ in range(3))
        finally:
            over.set()

    at_once(draw, draw, compile)
    alone = numpynet.Generator().manual_seed(3)
    wanted = numpynet.randint(0, 2**20, (sum(map(len, drawn)),), generator=alone).tolist()
    assert sorted(number for one in drawn for number in one) == sorted(wanted)
    assert numpynet.equal(generator.get_state(), alone.get_state())


def test_a_thread_may_seed_and_ask_for_the_state_while_another_traces(monkeypatch):
    traced, seen = Recorder.draw, []

    def other():
        numpynet.manual_seed(8)
        seen.append(numpynet.get_rng_state())
        seen.append(numpynet.rand(2))

    def meddled(*args):
        at_once(other)
        return traced(*args)

    @numpynet.compile
    def step(x):
        return numpynet.rand(2, generator=numpynet.manual_seed(3)), numpynet.rand(2)

    monkeypatch.setattr(Recorder, "draw", meddled)
    given = [one.tolist() for one in step(numpynet.zeros(2))]
    wanted = numpynet.Generator().manual_seed(8)
    assert numpynet.equal(seen[0], wanted.get_state())
    assert numpynet.equal(seen[1], numpynet.rand(2, generator=wanted))
    alone = numpynet.Generator().manual_seed(3)
    assert given == [numpynet.rand(2, generator=alone).tolist() for _ in range(2)]
