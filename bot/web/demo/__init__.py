"""The demo: simulated carrier and phones, a clock that can be moved, and the same for programs; loopback only."""
