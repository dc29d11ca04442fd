"""The cut-over from V4 to V5 and the way back: changes since then, V4's scheduler and forwarding, V5's company."""
