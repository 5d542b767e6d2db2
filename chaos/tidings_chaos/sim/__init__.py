"""Deterministic simulation: the pure cores of stages, ledger and gateway on a virtual clock, by a seed's schedule."""
