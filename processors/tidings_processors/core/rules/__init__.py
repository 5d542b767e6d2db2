"""Rules as data: which events matter, to whom, and what to say."""

from .problem import BadRules, Problem
from .reading import read_rule, read_rules
from .rule import Rule
from .rule_set import RuleSet

__all__ = ["BadRules", "Problem", "Rule", "RuleSet", "read_rule", "read_rules"]
