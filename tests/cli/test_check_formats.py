"""`resdsl check` for programs: workflow commands of GitHub Actions, SARIF; and how many problems are shown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Command

NAMES = "network a {{\n  input 3x8x8\n{}  fc 10\n}}\n"


def test_workflow_commands_have_place_and_message(resdsl: Command) -> None:
    resdsl.write("a,b.res", NAMES.format("  conv 3x3, 8, padding=1\n"))
    ended = resdsl("check", "a,b.res", "--format", "github")
    assert (ended.code, ended.err) == (1, "")
    line = "::error file=a%2Cb.res,line=3,endLine=3,col=16,endColumn=23,title=RES310::"
    assert ended.out == f"{line}the op `conv` has no parameter `padding`%0Ahelp: here it is called `pad`\n"


def test_warnings_are_commands_of_their_own_kind(resdsl: Command) -> None:
    resdsl.write("a.res", "block b(width) { norm }\nnetwork a { input 3x8x8; b 8; fc 10 }\n")
    ended = resdsl("check", "a.res", "--format", "github")
    assert ended.code == 0
    assert ended.out.startswith("::warning file=a.res,line=1,")


def sarif(resdsl: Command, *arguments: str) -> list[dict[str, Any]]:
    """The results that are written, against the rules of the format that its schema has."""
    written = json.loads(resdsl("check", *arguments, "--format", "sarif").out)
    assert (written["version"], len(written["runs"])) == ("2.1.0", 1)
    run = written["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning"}
        assert len(result["locations"]) == 1
        for location in (*result["locations"], *result.get("relatedLocations", ())):
            region = location["physicalLocation"].get("region")
            assert region is None or 1 <= region["startLine"] <= region["endLine"]
            assert region is None or region["startColumn"] >= 1
            assert re.fullmatch(r"(file://)?[\w/.%-]+", location["physicalLocation"]["artifactLocation"]["uri"])
    results: list[dict[str, Any]] = run["results"]
    return results


def test_sarif_has_rules_places_and_fixes(resdsl: Command) -> None:
    resdsl.write("wrong one.res", NAMES.format("  conv 3x3, 8, padding=1\n"))
    (result,) = sarif(resdsl, "wrong one.res")
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "wrong%20one.res"},
        "region": {"startLine": 3, "startColumn": 16, "endLine": 3, "endColumn": 23},
    }
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"] == {"text": "pad"}
    assert change["replacements"][0]["deletedRegion"]["startColumn"] == 16


def test_sarif_of_what_is_in_order_and_of_what_is_missing(resdsl: Command) -> None:
    resdsl.write("a.res", NAMES.format(""))
    assert sarif(resdsl, "a.res") == []
    (result,) = sarif(resdsl, "nowhere.res")
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "nowhere.res"}}}]
    assert "cannot read nowhere.res" in result["message"]["text"]


def test_an_absolute_path_is_an_address(resdsl: Command, tmp_path: Path) -> None:
    path = resdsl.write("a.res", NAMES.format("  covn 3x3, 8\n"))
    (result,) = sarif(resdsl, str(path))
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == path.as_uri()


@pytest.mark.parametrize(("options", "count"), [((), 20), (("--all",), 31)])
def test_more_than_twenty_problems_are_counted(resdsl: Command, options: tuple[str, ...], count: int) -> None:
    resdsl.write("a.res", NAMES.format("".join(f"  zonk{n}\n" for n in range(31))))
    ended = resdsl("check", "a.res", *options)
    assert ended.err.count("error[RES200]") == count
    assert ("... and 11 more; `resdsl check --all` shows all\n" in ended.err) is (count == 20)
    assert ended.err.endswith("a.res: 31 problems\n")
    assert len(json.loads(resdsl("check", "a.res", "--format", "json").out)[0]["problems"]) == 31


@pytest.mark.parametrize("form", ["github", "sarif"])
def test_an_import_is_named_from_the_folder_of_the_command(resdsl: Command, form: str) -> None:
    for folder in ("sub", "sub/deep"):
        Path(folder).mkdir()
    resdsl.write("sub/deep/lib.res", "block pair(width) { covn 3x3, width }\n")
    resdsl.write("sub/net.res", 'import "deep/lib.res" as lib\nnetwork n { input 3x8x8; lib.pair 8 }\n')
    out = resdsl("check", "--format", form, "sub/net.res").out
    assert "sub/deep/lib.res" in out
    assert "=deep/lib.res" not in out.replace('": "', "=")
