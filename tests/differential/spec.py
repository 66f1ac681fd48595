"""The specification of a test network, in the language."""

from __future__ import annotations

from tests.differential.config import BOTTLENECKS, Config, Row, ShortcutKind, Stage

SHORTCUTS: dict[ShortcutKind, str] = {"A_both": 'A(zeros="both")'}
SE_BASIC = """
block se_basic(width, stride = 1) {
  residual {
    conv 3x3, width, /stride; norm; act
    conv 3x3, width;          norm
    se: squeeze_excite(%d)
  }
  act
}
"""


def spec(config: Config) -> str:
    """The text of the network `net`."""
    kernel, width, stride = config.stem
    lines = [
        f"network net(shortcut = {SHORTCUTS.get(config.shortcut, config.shortcut)}) {{",
        f"  input {config.channels}x{config.size[0]}x{config.size[1]}",
        f"  conv {kernel}x{kernel}, {width}, /{stride}" + ("" if config.preactive else "; norm; act"),
        *(["  maxpool 3x3, /2"] if config.pool else []),
        *(f"  stage layer{number}: {unit(config, stage)}" for number, stage in enumerate(config.stages, 1)),
        *(["  norm; act"] if config.preactive else []),
        "  avgpool global",
        f"  fc {config.classes}",
        "}",
    ]
    blocks = SE_BASIC % config.reduction if config.block == "se_basic" else ""
    return blocks + "\n".join(lines) + "\n"


def unit(config: Config, stage: Stage) -> str:
    """A stage's block with repeats and stride."""
    written = bracket(rows(config, stage)) if config.brackets or stage.rows else call(config, stage)
    return f"{written} x {stage.blocks}" + (f", /{stage.stride}" if stage.stride > 1 else "")


def call(config: Config, stage: Stage) -> str:
    arguments = [str(stage.width)]
    if config.block in BOTTLENECKS:
        arguments += [f"groups={config.groups}"] if config.groups > 1 else []
        arguments += [f"expansion={config.expansion}"] if config.expansion != 4 else []
        arguments += ["stride_at=1x1"] if config.stride_at == 1 else []
        arguments += [f"inner={stage.width * config.inner}"] if config.inner > 1 else []
    return f"{config.block}({', '.join(arguments)})"


def rows(config: Config, stage: Stage) -> tuple[Row, ...]:
    """A named block as the paper's Table 1 writes it."""
    if stage.rows:
        return stage.rows
    if config.block == "basic":
        return (Row(3, stage.width),) * 2
    assert config.block == "bottleneck"
    assert config.stride_at == 3
    inner = stage.width * config.inner
    return Row(1, inner), Row(3, inner, config.groups), Row(1, config.out(stage))


def bracket(written: tuple[Row, ...]) -> str:
    parts = [f"{r.kernel}x{r.kernel}, {r.out}" + (f", groups={r.groups}" if r.groups > 1 else "") for r in written]
    return f"[{'; '.join(parts)}]"
