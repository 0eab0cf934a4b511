"""The report: one HTML file that opens anywhere, runs nothing and fetches nothing."""

from __future__ import annotations

import base64
import datetime
import os
from pathlib import Path
from typing import Any, NamedTuple

import inspector
from inspector.core import words
from inspector.core.answers import answers
from inspector.core.answers_beside import fixed_words
from inspector.core.beside_table import slice_noun
from inspector.core.comparison import Comparison, OutputComparison, Side, Verdict, Worst
from inspector.core.failures import InspectorError
from inspector.core.findings import Finding
from inspector.core.looser import least_allowed
from inspector.core.providers import Providers, short_name
from inspector.report.charts import histogram_svg
from inspector.report.evidence import HeatMaps, Scatter, heat_maps, scatter
from inspector.report.told import beside_of, loosened_words, nearer, stopped_words, trials

COLOURS = {
    Verdict.PASS: {"word": "#006876", "ground": "#E1F1F4", "frame": "#A6D2DA"},
    Verdict.REVIEW: {"word": "#7F5200", "ground": "#FCF1DB", "frame": "#E6CC93"},
    Verdict.FAIL: {"word": "#AE1B33", "ground": "#FCEBED", "frame": "#EDB9C1"},
    Verdict.CANNOT_JUDGE: {"word": "#5A4A94", "ground": "#EFECF9", "frame": "#C9C1E6"},
}
SIGNS = {
    Verdict.PASS: "\u2713",
    Verdict.REVIEW: "\u26a0",
    Verdict.FAIL: "\u2715",
    Verdict.CANNOT_JUDGE: "?",
}
SEVERITIES = {"must": "Must be mended", "should": "Should be mended", "note": "Good to know"}
_NAMED_PLACES = 20


def write_report(comparison: Comparison, path: Path, providers: Providers | None = None) -> None:
    """Write the report; an older file of that name is replaced only when the new one is whole.

    Raises:
        InspectorError: The file cannot be written.
    """
    text = render(comparison, providers)
    partial = path.with_name(f".{path.name}.part")
    try:
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InspectorError(
            f"The report cannot be written to '{path}'.",
            "Choose a folder that can be written to and has room.",
            str(error),
        ) from error


def render(comparison: Comparison, providers: Providers | None = None) -> str:
    """The report as HTML text. It names files without their folders, and no user."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    template = environment.from_string(_template())
    sides = (comparison.reference.runtime, comparison.candidate.runtime)
    return template.render(
        comparison=comparison,
        providers=providers,
        warnings=[text for text in (stopped_words(comparison), loosened_words(comparison)) if text],
        referees=nearer(comparison),
        trials=trials(comparison),
        not_checked=[text for text in (*comparison.not_checked, fixed_words(comparison)) if text],
        short_name=short_name,
        made=datetime.datetime.now().astimezone().strftime("%d %B %Y, %H:%M %Z"),
        program_version=inspector.__version__,
        colours=COLOURS[comparison.verdict],
        sign=SIGNS[comparison.verdict],
        answers=answers(comparison),
        reference=_file(comparison.reference),
        candidate=_file(comparison.candidate),
        sides=sides,
        outputs=[_output(output, sides) for output in comparison.outputs],
        findings=[_finding(finding) for finding in comparison.findings],
        data_words=_data_words(comparison),
        environment=sorted(comparison.environment.items()),
    )


def _template() -> str:
    package = Path(inspector.__file__).resolve().parent
    inside = package / "resources"
    root = inside if inside.is_dir() else package.parent / "resources"
    return (root / "report" / "report.html.j2").read_text(encoding="utf-8")


class _File(NamedTuple):
    name: str
    record: Side


def _file(side: Side) -> _File:
    return _File(Path(side.path).name, side)


def _finding(finding: Finding) -> dict[str, Any]:
    named = ", ".join(finding.where[:_NAMED_PLACES])
    rest = len(finding.where) - _NAMED_PLACES
    return {
        "record": finding,
        "severity_words": SEVERITIES[finding.severity],
        "where": f"{named} and {rest:,} more" if rest > 0 else named,
    }


def _data_words(comparison: Comparison) -> str:
    data = comparison.data
    words = f"{data.samples:,} samples, {'real' if data.real else 'made up, not real'}"
    return words if not data.casts else f"{words}; {'; '.join(data.casts)}"


def _output(output: OutputComparison, sides: tuple[str, str]) -> dict[str, Any]:
    allowed = output.allowed
    least = least_allowed(allowed, output.slices)
    measured = output.elements > 0 and bool(output.histogram.log10_edges)
    maps, dots = heat_maps(output, sides), scatter(output, sides)
    return {
        "record": output,
        "elements": f"{output.elements:,}",
        "equal": f"{output.equal:,}",
        "over": f"{output.over_tolerance:,}",
        "largest": words.deciding(output.max_absolute_error),
        "mean": words.deciding(output.mean_absolute_error),
        "rmse": words.deciding(output.rmse),
        "relative": words.deciding(output.max_relative_error),
        "type": f"{output.dtype} {_shape(output)}",
        "rule": _rule(output),
        "origin": allowed.origin,
        "floored": _share(output.relative_histogram.floored),
        "histogram": _svg(histogram_svg(output.histogram, allowed, output.name, least))
        if measured
        else "",
        "histogram_words": f"{output.equal:,} equal, {output.over_tolerance:,} beyond",
        "shared_bars": output.over_tolerance > 0,
        "worst": [_worst(worst) for worst in output.worst],
        **beside_of(output),
        **_maps(maps),
        **_scatter(dots),
    }


def _maps(maps: HeatMaps | None) -> dict[str, Any]:
    if maps is None:
        return {"maps": [], "maps_words": ""}
    shown = [
        {"title": m.title, "width": m.width, "scale": m.scale, "source": _data("image/png", m.png)}
        for m in maps.maps
    ]
    return {"maps": shown, "maps_words": maps.words}


def _scatter(dots: Scatter | None) -> dict[str, Any]:
    if dots is None:
        return {"scatter": "", "scatter_words": ""}
    return {"scatter": _svg(dots.svg), "scatter_words": dots.words}


def _worst(worst: Worst) -> dict[str, Any]:
    reference, candidate = words.two_values(worst.reference, worst.candidate)
    return {
        "sample": f"{worst.sample:,}",
        "index": str(list(worst.index)),
        "reference": reference,
        "candidate": candidate,
        "error": words.deciding(worst.absolute_error),
        "allowed": words.deciding(worst.allowed),
        "over": not worst.absolute_error <= worst.allowed,
    }


def _share(share: float) -> str:
    return "" if share <= 0 else "under 0.1 %" if share < 0.001 else f"{share * 100:.1f} %"


def _shape(output: OutputComparison) -> str:
    if output.shape is None:
        return "of unknown shape"
    return str(["?" if dim is None else dim for dim in output.shape])


def _rule(output: OutputComparison) -> str:
    allowed = output.allowed
    if allowed.absolute == 0 and allowed.relative == 0:
        return "no difference"
    if output.slices is not None:
        of = slice_noun(output)
        return (
            f"{allowed.relative:g} \u00d7 its size + {allowed.steps:g} rounding steps of the "
            f"largest value of its {of}"
        )
    steps = f" ({allowed.steps:g} rounding steps of the largest value)" if allowed.steps else ""
    return f"{allowed.relative:g} \u00d7 its size + {allowed.absolute:.2e}{steps}"


def _data(kind: str, body: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(body).decode('ascii')}"


def _svg(text: str) -> str:
    return _data("image/svg+xml", text.encode("utf-8"))
