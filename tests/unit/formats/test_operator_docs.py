"""Documentation of operators: plain text, of the version that the file is written for."""

import re

import onnx.defs
import pytest
from onnx import helper

from inspector.formats.detail import describe
from inspector.formats.onnx import read_onnx
from inspector.formats.operator_docs import documentation, plain_text
from inspector.formats.outline import build_outline

_MARKUP = re.compile(r"</?(a|b|br|p|i|em|code)\b[^>]*>|`|\*\*|&(lt|gt|amp|quot);|\]\(http")


@pytest.mark.parametrize("domain", ["", "ai.onnx.ml"])
def test_no_operator_brings_markup(domain):
    schemas = [s for s in onnx.defs.get_all_schemas_with_history() if s.domain == domain]
    assert len(schemas) > 20
    for schema in schemas:
        text = documentation(schema.name, schema.domain, schema.since_version)
        assert text
        prose = "\n".join(line for line in text.splitlines() if not line.startswith("    "))
        assert not _MARKUP.search(prose), schema.name


def test_the_version_of_the_file_holds():
    assert "axes (ints" in documentation("Squeeze", "", 11)
    assert "axes (ints" not in documentation("Squeeze", "ai.onnx", 13)


def test_inputs_attributes_and_types_are_listed():
    text = documentation("Conv", "", 18)
    for part in ("Inputs", "  B (T, optional):", "group (int, default 1):", "Types", "  T: "):
        assert part in text


def test_an_unknown_operator_has_none():
    assert documentation("Nonsense", "", 18) == ""
    assert documentation("Conv", "com.example", 1) == ""


def test_links_tags_and_fences_become_text():
    doc = "# Title\n```python\nx < 3\n```\n<b>See</b> [the paper](https://x.y) &amp; `Conv`"
    assert plain_text(doc) == "Title\n\n    x < 3\n\nSee the paper & Conv"


def test_broken_lines_of_prose_are_joined_and_lists_stay():
    assert plain_text("One\ntwo.\n\n* a\n* b\n  c") == "One two.\n\n* a\n* b\n  c"


def test_a_node_brings_its_documentation_source_line_and_weights(save_model):
    import numpy as np

    node = helper.make_node("Gemm", ["x", "w"], ["out"], "fc")
    entry = node.metadata_props.add()
    entry.key = "pkg.torch.onnx.stack_trace"
    entry.value = (
        'File "/home/me/net/blocks.py", line 41, in forward\n    h = self.fc(x)\n'
        'File "/lib/torch/nn/modules/linear.py", line 5, in forward\n    return F.linear(x)'
    )
    model = read_onnx(save_model([node], {"w": np.ones((4, 4), np.float32)}))
    outline = build_outline(model)
    found = describe(model, outline, outline.name.index("fc"))
    assert found.source == "net/blocks.py, line 41, in forward"
    assert found.code == "h = self.fc(x)"
    assert found.documentation.startswith("General Matrix multiplication")
    weight = outline.name.index("w")
    assert found.tensor_row == weight
    assert describe(model, outline, weight).tensor_row == weight
    assert describe(model, outline, 0).tensor_row == -1
