"""Single calls, training steps and short programs in eager mode: numpynet beside torch, one thread each."""
