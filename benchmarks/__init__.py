"""Speed, measured as ratios: the same workload under several libraries, interleaved in one process."""
