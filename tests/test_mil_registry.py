"""All cases of all operators once more, in one iOS18 package: no operator is without a test of its own."""

from __future__ import annotations

import numpy as np
import pytest
import test_mil_conv
import test_mil_elementwise
import test_mil_quant
import test_mil_resize
import test_mil_shape
from mil_cases import assert_case, pack_cases

from runtime.mil.load import OPERATORS

MODULES = (test_mil_conv, test_mil_elementwise, test_mil_quant, test_mil_resize, test_mil_shape)
CASES = [case for module in MODULES for case in module.CASES]


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    program, feeds = pack_cases(CASES, tmp_path_factory.mktemp("mil") / "all.mlpackage", "iOS18")
    return program, program.run(feeds)


def test_every_operator_has_a_case(executed):
    program, _ = executed
    assert set(OPERATORS) - set(program.operations()) == set()


def test_the_newest_versions_of_the_operators_give_the_same(executed):
    for case in CASES:
        assert_case(case, executed[1])


def test_every_case_notices_a_small_fault(executed):
    shifted = {name: value + (1 if value.dtype.kind == "i" else 1e-3) for name, value in executed[1].items()}
    blind = []
    for case in CASES:
        try:
            assert_case(case, shifted)
            blind.append(case.id)
        except AssertionError:
            pass
    assert blind == []
    assert all(np.isfinite(v).all() for v in executed[1].values())
