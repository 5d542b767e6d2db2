"""Ports and what is said about a busy one."""

import subprocess
import sys
from dataclasses import astuple

import pytest
from tidings.local import ports
from tidings.local.ports import Ports


def test_others_follow_the_gateway() -> None:
    """Moving one port moves all, and none meets another."""
    moved = Ports.beside(9000)
    assert astuple(moved) == (9000, 9001, 9002, 9003, 9004)
    assert Ports.beside(8600) == Ports()


def test_given_ports_stay() -> None:
    """A port that was given is taken as it is."""
    assert Ports.beside(9000, registry=1, kafka=2) == Ports(9000, 1, 2, 9003, 9004)


def test_only_busy_ones_are_named() -> None:
    """`busy` names the services whose port is taken, in order."""
    assert ports.busy({"kafka": 1, "registry": 2, "gateway": 3}, free=lambda port: port == 2) == [
        ("kafka", 1),
        ("gateway", 3),
    ]


@pytest.mark.parametrize(
    ("service", "option"),
    [("kafka", "--kafka-port"), ("registry", "--registry-port"), ("gateway", "--port"), ("controller", "--port")],
)
def test_sentence_names_owner_and_option(service: str, option: str) -> None:
    """One sentence: which port, for what, who has it, and the option that moves it."""
    told = ports.told(service, 8602, "java (pid 7)")
    assert told.startswith(f"Port 8602, wanted for the {service}, is already in use by java (pid 7): ")
    assert option in told
    assert "\n" not in told


def test_ports_that_were_drawn_are_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor by another process, though nothing listens there yet."""
    first = ports.free_ports().gateway
    once_more = [first, *range(31_990, 10_000, -5)]
    code = f"import random; from tidings.local import ports; random.randrange = lambda *_, d=iter({once_more}): next(d)"
    told = subprocess.run([sys.executable, "-c", f"{code}; print(ports.free_ports().gateway)"], capture_output=True)
    assert int(told.stdout) in once_more[1:]
    draws = iter(once_more)
    monkeypatch.setattr("random.randrange", lambda *_: next(draws))
    assert ports.free_ports().gateway in once_more[1:]
