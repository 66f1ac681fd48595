"""`resdsl report`: views, formats, what is refused, and exit codes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest

from resdsl.report.schema import json_schema
from tests.cli.running import Command, run_process

FORMATS = ("text", "json", "csv", "md", "latex", "html")
BUDGET = "params<=10M,macs<=4.1G,depth=18"


def test_stages_are_the_rows_where_nothing_else_is_asked_for(resdsl: Command) -> None:
    ended = resdsl("report", "resnet152")
    assert (ended.code, ended.err) == (0, "")
    assert [line.split()[0] for line in ended.out.splitlines()[4:10]] == [
        "stem", "conv2_x", "conv3_x", "conv4_x", "conv5_x", "head"
    ]  # fmt: skip
    assert "11.51G" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80


def test_several_specs_have_a_line_each(resdsl: Command) -> None:
    ended = resdsl("report", "resnet18", "resnet34", "resnet50")
    assert [line.split()[0] for line in ended.out.splitlines()[4:7]] == ["resnet18", "resnet34", "resnet50"]
    assert ended.out.count("Multiply-adds (macs)") == 1


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("view", [(), ("--view", "table1"), ("--view", "layers"), ("--reconcile",)])
def test_every_view_has_every_format(resdsl: Command, form: str, view: tuple[str, ...]) -> None:
    ended = resdsl("report", "resnet18", "--format", form, *view)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("\n")
    if form == "json":
        json.loads(ended.out)


def test_json_has_exact_totals_and_fits_its_schema(resdsl: Command) -> None:
    record = json.loads(resdsl("report", "resnet50", "--format", "json", "--by", "layer").out)
    jsonschema.validate(record, json_schema())
    totals = record["totals"]
    # Counted from torchvision 0.28.0's module.
    wanted = {"params": 25_557_032, "macs": 4_089_184_256, "flops": 2 * 4_089_184_256, "depth": 50}
    assert {name: totals[name] for name in wanted} == wanted
    assert isinstance(json.loads(resdsl("report", "resnet18", "resnet34", "--format", "json").out), list)


def test_the_schema_is_published(resdsl: Command) -> None:
    assert json.loads(resdsl("schema", "report").out) == json_schema()


def test_csv_has_exact_figures(resdsl: Command) -> None:
    rows = list(csv.DictReader(io.StringIO(resdsl("report", "resnet50", "--format", "csv").out)))
    assert rows[-1]["macs"] == "4089184256"
    assert sum(int(row["macs"]) for row in rows[:-1]) == 4_089_184_256


def records(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("asked", [("network,name,macs", "name"), ("network,out,macs", "out")])
def test_the_total_stands_among_names_in_csv(resdsl: Command, asked: tuple[str, str]) -> None:
    columns, name = asked
    out = resdsl("report", "resnet18", "resnet34", "--columns", columns, "--by", "stage", "--format", "csv").out
    totals = [row for row in records(out) if row[name] == "total"]
    assert [(row["network"], row["macs"]) for row in totals] == [
        ("resnet18", "1814073344"), ("resnet34", "3663761408")
    ]  # fmt: skip


def test_a_total_without_a_name_has_a_level_in_csv(resdsl: Command) -> None:
    *parts, total = records(resdsl("report", "resnet18", "--columns", "repeats,macs", "--format", "csv").out)
    assert total == {"level": "total", "repeats": "1", "macs": "1814073344"}
    assert {row["level"] for row in parts} == {"0"}


@pytest.mark.parametrize(
    "asked",
    [("--by", "block"), ("--by", "layer"), ("--by", "stage"), ("--columns", "full", "--by", "block"),
     ("--view", "layers"), ("--convention", "fvcore")],
)  # fmt: skip
def test_lines_of_several_networks_are_told_apart_and_add_up_in_csv(resdsl: Command, asked: tuple[str, ...]) -> None:
    rows = records(resdsl("report", "resnet18", "resnet50", *asked, "--format", "csv").out)
    assert next(iter(rows[0])) == "network"
    for name in ("resnet18", "resnet50"):
        own = [row for row in rows if row["network"] == name]
        figure = next(each for each in ("macs", "params", "amount") if each in own[0])
        *parts, total = own
        assert total.get("level", "total") == "total"
        assert sum(int(row[figure]) for row in parts if row.get("level", "0") == "0") == int(total[figure])
    assert len(rows) == len([row for row in rows if row["network"] in ("resnet18", "resnet50")])


def test_changes_are_told_from_figures_in_csv(resdsl: Command) -> None:
    ours, *rows = records(resdsl("report", "resnet18", "--reconcile", "--format", "csv").out)
    assert {row["level"] for row in rows if row["change"]} == {"1"}
    assert {row["level"] for row in (ours, *rows) if row["total"]} == {"0"}
    assert rows[-1]["line"] == "the paper (He et al. 2015)"


def test_markdown_has_two_names(resdsl: Command) -> None:
    one, two = (resdsl("report", "resnet18", "--format", form) for form in ("md", "markdown"))
    assert (one.code, one.out) == (two.code, two.out)


def test_overrides_input_and_batch_reach_the_report(resdsl: Command) -> None:
    given = ("--set", "classes=10", "--input", "3x64x64", "--batch", "4", "--format", "json")
    totals = json.loads(resdsl("report", "resnet18", *given).out)["totals"]
    plain = json.loads(resdsl("report", "resnet18", *given[:4], "--format", "json").out)["totals"]
    assert totals["params"] == plain["params"] == 11_689_512 - 990 * 513
    assert totals["macs"] == 4 * plain["macs"]


def test_another_counter_s_figure(resdsl: Command) -> None:
    record = json.loads(resdsl("report", "resnet50", "--convention", "fvcore", "--format", "json").out)
    # fvcore 0.1.5.post20221221 on torchvision 0.28.0's module: tests/truth/counters.json.
    assert record["lines"][-1]["amount"] == 4_111_512_576
    assert "4,111,512,576" in resdsl("report", "resnet50", "--convention", "fvcore").out


def test_figures_of_all_counters_are_told_exactly(resdsl: Command) -> None:
    out = resdsl("report", "resnet50", "--reconcile").out
    for figure in ("4,089,184,256", "4,111,512,576", "+22,227,968", "3,857,973,248", "-231,211,008"):
        assert figure in out


def test_arithmetic_of_a_row(resdsl: Command) -> None:
    ended = resdsl("report", "resnet50", "--why", "layer1.1")
    assert "16,384 + 36,864 + 16,384 = 69,632" in ended.out
    assert "1,179,648" in ended.out
    assert json.loads(resdsl("report", "resnet50", "--why", "layer1.1", "--format", "json").out)["path"] == "layer1.1"


@pytest.mark.parametrize(
    ("budget", "code", "told"),
    [
        ("params<=12M,macs<=4.1G", 0, ""),
        ("peak_bytes<=1G,training_bytes<=1G", 0, ""),
        (BUDGET, 1, "resnet18: params is 11_689_512, 1_689_512 (17 %) above what the budget params<=10M allows\n"),
    ],
)
def test_budget(resdsl: Command, budget: str, code: int, told: str) -> None:
    ended = resdsl("report", "resnet18", "--budget", budget)
    assert (ended.code, ended.err) == (code, told)
    assert "11.69M" in ended.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--view", "table1", "--by", "layer"), "--by would have no effect on --view table1"),
        (("--reconcile", "--why", "fc"), "--reconcile and --why fc are different reports; use only one of them"),
        (("--convention", "thop", "--batch", "2"), "--batch would have no effect on --convention thop"),
        (("--format", "json", "--columns", "params"), "JSON contains every count: --columns would have no effect"),
        (("--why", "fc", "--format", "html"), "--why supports the formats text and json, not html"),
        (("--standalone",), "--standalone is for latex and html: it would have no effect on text"),
        (("--batch", "0"), "Invalid value for '--batch'"),
        (("--batch", f"1{400 * '0'}"), "Invalid value for '--batch'"),
        (("resnet20", "--plot", "cost.svg"), "--plot draws one network: give only one spec"),
        (("--why", "fc", "--device", ""), "--device would have no effect on --why fc"),
        (("--view", "table1", "--expand"), "--expand would have no effect on --view table1"),
        (("--batch", "4", "--budget", "macs<=4G"), "--budget limits figures for one sample"),
        (("--dtype", "int8", "--budget", "peak_bytes<=4G"), "--budget cannot limit memory in int8"),
        (("--by", "model", "--expand"), "--expand would have no effect on --by model"),
    ],
)
def test_options_without_effect_are_refused(resdsl: Command, arguments: tuple[str, ...], told: str) -> None:
    ended = resdsl("report", "resnet18", *arguments)
    assert ended.code == 2
    assert told in ended.err
    assert ended.out == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--columns", ""), "the name of a column is empty"),
        (("--device", ""), "unknown device ``"),
        (("--device", "H1000"), "did you mean `h100`?"),
        (("--plot", "cost.xyz"), "no format of figures has the suffix of 'cost.xyz'"),
        (("--columns", "time_us"), "needs a device (--device)"),
        (("--columns", "parms"), "unknown column `parms`; did you mean `params`?"),
        (("--convention", "fvcor"), "fvcore"),
        (("--why", "layer1.9"), "layer1"),
        (("--why", "layer1.0-2"), "layer1.0"),
        (("--budget", "parms<=1M"), "params"),
        (("--budget", "depth==50"), "`==` in `depth==50` is not a relation"),
        (("--budget", ""), "the budget is empty"),
    ],
)
def test_names_that_are_none_are_refused_with_near_ones(resdsl: Command, arguments: tuple[str, ...], told: str) -> None:
    ended = resdsl("report", "resnet18", *arguments)
    assert ended.code == 2
    assert told in ended.err
    assert ended.out == ""
    assert "Traceback" not in ended.err


def test_what_nobody_could_read_is_refused_with_a_way_out(resdsl: Command) -> None:
    levels = "\n".join(f"block b{level} {{ b{level - 1}; b{level - 1} }}" for level in range(1, 40))
    resdsl.write("deep.res", f"block b0 {{ act }}\n{levels}\nnetwork deep {{ input 2x4x4; b39 }}\n")
    for arguments in (["--by", "layer"], ["--view", "layers"], ["--by", "layer", "--expand"], ["--why", "act"]):
        ended = resdsl("report", "deep.res", *arguments)
        assert (ended.code, ended.out) == (1, "")
        assert "1_649_267_441_663 rows by layer" in ended.err
        assert "`resdsl report --by stage` has a row for each stage" in ended.err
    for arguments in (["--by", "stage"], ["--by", "block", "--expand"], ["--by", "stage", "--format", "json"]):
        assert resdsl("report", "deep.res", *arguments).code == 0


def test_a_report_goes_into_a_file_whole_or_not_at_all(resdsl: Command) -> None:
    ended = resdsl("report", "resnet18", "--format", "md", "-o", "cost.md")
    assert (ended.code, ended.out, ended.err) == (0, "", "wrote cost.md\n")
    assert Path("cost.md").read_text(encoding="utf-8").startswith("**resnet18")
    ended = resdsl("report", "resnet18", "-o", "no/such/folder/cost.md")
    assert ended.code == 2
    assert "no/such/folder" in ended.err


def test_a_report_loads_no_framework(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("", encoding="utf-8")
    ended = run_process(tmp_path, "report", "resnet50", "--by", "layer")
    assert ended.code == 0
    assert "\x1b" not in ended.out


def test_the_picture_of_the_manual_is_what_plot_draws(resdsl: Command, update_golden: bool) -> None:
    kept = Path(__file__).parents[2] / "docs" / "pictures" / "costs.svg"
    ended = resdsl("report", "resnet50", "--by", "model", "--plot", "costs.svg")
    assert (ended.code, ended.err) == (0, "wrote costs.svg\n")
    if update_golden:
        kept.write_bytes((resdsl.folder / "costs.svg").read_bytes())
    assert kept.read_bytes() == (resdsl.folder / "costs.svg").read_bytes()
