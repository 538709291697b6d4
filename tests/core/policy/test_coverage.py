"""COVERAGE.md is what the code says."""

from core.policy.coverage import FILE, table


def test_the_coverage_file_is_up_to_date():
    assert FILE.read_text(encoding="utf-8") == table(), "run python -m core.policy.coverage"


def test_every_rule_has_a_value_a_function_and_a_test():
    for line in table().splitlines():
        if line.startswith("| ") and not line.startswith("| id"):
            _, rule, value, function, _, test, _ = (cell.strip() for cell in line.split("|"))
            assert value, rule
            assert function, rule
            assert test, rule
