"""Rules as data: which events matter, to whom, and what to say."""

from .problem import BadRules, Problem
from .reading import read_rule, read_rules
from .rule import Rule
from .rule_set import RuleSet
from .spec import LISTED, DigestSpec

__all__ = ["LISTED", "BadRules", "DigestSpec", "Problem", "Rule", "RuleSet", "read_rule", "read_rules"]
