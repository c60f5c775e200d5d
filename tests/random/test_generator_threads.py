"""Threads that draw from one generator: each number is drawn once, and the generator stays whole."""

import sys
import threading

import numpynet


def test_threads_that_draw_at_once_share_the_words_out():
    generator = numpynet.Generator().manual_seed(3)
    counts, drawn, errors = (1, 2, 5, 40, 300, 700), [], []

    def draw():
        try:
            for _ in range(60):
                drawn.extend(numpynet.randint(0, 2**20, (count,), generator=generator).tolist() for count in counts)
        except BaseException as error:
            errors.append(error)

    switched = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=draw) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(switched)
    assert errors == []
    total = 4 * 60 * sum(counts)
    alone = numpynet.Generator().manual_seed(3)
    wanted = numpynet.randint(0, 2**20, (total,), generator=alone).tolist()
    assert sorted(number for one in drawn for number in one) == sorted(wanted)
    assert numpynet.equal(generator.get_state(), alone.get_state())
