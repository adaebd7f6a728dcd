"""The model card of an adapted model, and the page of a search without a gain."""

import shlex
from collections.abc import Sequence
from typing import Any

from otoscope.adaptation.report import TITLES, AdaptationReport

CARD = """\
---
library_name: transformers
base_model: {model}
tags:
- speech
- otoscope
---

# {title}

{verdict}. {numbers} gates of attention heads (a scale and a temperature each) of `{model}` were learned by
otoscope{folded}. Chosen on validation groups: {choice}. {zeroed} heads were set to zero{drop_hint}. The search took
{seconds:.0f} CPU seconds.

## Learned from

{sources}

## Gains and costs

The test parts chose nothing.

{table}

{notes}{heads}
## Repeat

```bash
{command}
```
"""


FOLDED = " and folded into its weights; all other weights, and the speed, are those of the original"


def model_card(report: AdaptationReport) -> str:
    """Return the card as Markdown."""
    changes = (TITLES, [change.row for change in (*report.gains, *report.guards)])
    return CARD.format(
        model=report.model,
        title="An adapted model" if report.is_better else "No improvement found",
        numbers=report.gates[0],
        verdict=report.verdict[0].upper() + report.verdict[1:],
        folded=FOLDED if report.is_better else "; they are not used, and the model is not here",
        choice=report.choice,
        zeroed=report.gates[1],
        drop_hint=report.drop_hint,
        seconds=report.cpu_seconds,
        sources=_table(*report.sources),
        table="\n\n".join(_table(*each) for each in (changes, *report.rows)),
        notes="".join(f"- {note}\n" for note in report.notes),
        heads=_heads(report),
        command=_command(report),
    )


def _heads(report: AdaptationReport) -> str:
    """Return the section of the heads that moved most; empty where the original was best."""
    if not report.step:
        return ""
    gates = sorted(report.tables["gates"], key=lambda gate: -abs(gate["scale"] - 1))[:8]
    rows = [
        (f"{gate['part']} {gate['layer']}.{gate['head']}", f"{gate['scale']:.2f}", f"{gate['temperature']:.2f}")
        for gate in gates
    ]
    return f"\n## Heads that moved most\n\n{_table(('head', 'scale', 'temperature'), rows)}\n"


def _command(report: AdaptationReport) -> str:
    options = {name: value for name, value in report.options.items() if value is not None}
    flags = [word for name, value in options.items() if name != "resume" for word in _flag(name, value)]
    return shlex.join(["otoscope", "refine", report.model, "-o", "OUT", *flags])


def _flag(name: str, value: Any) -> list[str]:
    flag = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return [flag] if value else []
    return [flag, str(value)]


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
