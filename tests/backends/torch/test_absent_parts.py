"""Parts that some uses of a block lack: the module runs, and yields what the ONNX file yields."""

from __future__ import annotations

import pytest

import resdsl
from tests.backends.torch.test_drawn import agree

TEXTS = {
    "under a dotted label": """
        block b(width, expand = 4) {
          residual identity {
            if expand != 1 {
              "block.0.0": conv 3x3, channels * expand; "block.0.1": norm
              "block.1.0": conv 1x1, width
            } else {
              "block.0.0": conv 3x3, width; "block.0.1": norm
            }
          }
        }
        network small { input 8x16x16
          "s.0": b(8, expand=1)
          "s.1": b(8)
        }
    """,
    "a container beside others": """
        block unit(width) {
          let changes = channels != width
          parallel add {
            if changes { "proj.0": conv 1x1, width; "proj.1": norm }
          } {
            conv 3x3, width; norm
          }
          act
        }
        network small { input 8x16x16
          one: unit(16)
          two: unit(16)
        }
    """,
    "a part of a container": """
        block unit(deep) {
          "body.0": conv 3x3, 8; "body.1": norm
          if deep { "body.2": conv 3x3, 8 }
          act
        }
        network small { input 8x16x16; unit(true); unit(false); unit(true) }
    """,
    "a norm under a dotted label": """
        block unit(deep) { "a.c": conv 3x3, 8; if deep { "a.n": norm }; "a.d": conv 3x3, 8; act }
        network small { input 8x16x16; unit(true); unit(false) }
    """,
    "a block under a dotted label": """
        block inner { conv 3x3, 8; norm }
        block unit(deep) { if deep { "a.c": inner }; "a.d": inner; act }
        network small { input 8x16x16; unit(true); unit(false) }
    """,
    "a stage": """
        block inner { conv 3x3, 8; norm }
        block unit(deep) { if deep { stage s: inner x 2 }; t: inner; act }
        network small { input 8x16x16; unit(true); unit(false) }
    """,
    "a gate": """
        block squeeze { gate { avgpool global; conv 1x1, channels; sigmoid } }
        block unit(gated) { conv 3x3, 8; if gated { "g.0": squeeze }; act }
        network small { input 8x16x16; unit(true); unit(false) }
    """,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_part_that_some_uses_lack_is_no_hindrance(text: str) -> None:
    agree(resdsl.loads(text).ir)
