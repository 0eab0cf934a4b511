"""ONNX Runtime on one execution provider, with what it computes where: no silent fall-back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from inspector.core.providers import Placed
from inspector.runtimes.base import Array
from inspector.runtimes.onnxruntime import (
    OnnxRuntime,
    Opening,
    import_onnxruntime,
    require_provider,
    session_options,
)

_RECORD = "session.record_ep_graph_assignment_info"
_SUFFIX = "_kernel_time"


class PlacedRuntime:
    """A session with a fixed number of threads.

    Attributes:
        runtime: What computes.
        nodes: Every node with the provider that computes it, those of subgraphs included; None
            where this version of ONNX Runtime tells it only while it runs, see `profiled`.
    """

    def __init__(self, opening: Opening, threads: int) -> None:
        runtime = import_onnxruntime()
        options, providers = session_options(opening)
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        # Here one side runs at a time, as where the model will be used: its threads may spin.
        options.add_session_config_entry("session.intra_op.allow_spinning", "1")
        options.add_session_config_entry(_RECORD, "1")
        session = runtime.InferenceSession(opening.path, options, providers=providers)
        require_provider(opening.provider, session.get_providers())
        self.runtime = OnnxRuntime(session, opening)
        self.nodes: tuple[Placed, ...] | None = None
        if hasattr(session, "get_provider_graph_assignment_info"):
            self.nodes = tuple(
                Placed(node.name, node.op_type, part.ep_name)
                for part in session.get_provider_graph_assignment_info()
                for node in part.get_nodes()
            )


def profiled(opening: Opening, feeds: Mapping[str, Array], folder: Path) -> tuple[Placed, ...]:
    """Every node that ran, with the provider that computed it, from ONNX Runtime's own profile.

    Args:
        opening: What to open.
        feeds: Input name to array, for the one run that is made.
        folder: Where the profile is written.
    """
    runtime = import_onnxruntime()
    options, providers = session_options(opening)
    options.enable_profiling = True
    folder.mkdir(parents=True, exist_ok=True)
    options.profile_file_prefix = str(folder / "profile")
    session = runtime.InferenceSession(opening.path, options, providers=providers)
    OnnxRuntime(session, opening).run(feeds)
    events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    found = [
        Placed(
            str(event["name"]).removesuffix(_SUFFIX),
            str(event["args"].get("op_name", "")),
            str(event["args"]["provider"]),
        )
        for event in events
        if event.get("cat") == "Node" and event.get("args", {}).get("provider")
    ]
    return tuple(dict.fromkeys(found))
