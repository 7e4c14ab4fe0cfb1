"""The engine that reads text: rapidocr on one core, loaded when the first picture comes. Nothing else imports it."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from PIL import Image

from qunflow.features.tasks.examine import FORMATS

#: A picture is read at this width: smaller loses the time under a post, larger costs seconds (decision 0019).
READ_WIDTH = 720
#: The longest side on which lines are looked for.
_LOOK_SIDE = 1280
#: A line that the engine is not this sure of is not read.
_SURE = 0.6
#: A picture longer than so many widths is cut: what counts stands at its top.
_LONGEST = 4

#: The lines of a picture from its top to its bottom.
ReadLines = Callable[[bytes], list[str]]


def can_read() -> bool:
    """Whether the engine is installed."""
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def open_engine() -> ReadLines:
    """Load the engine: two seconds and a quarter of a gigabyte. Raises ImportError where it is not installed."""
    engine = import_module("rapidocr").RapidOCR(
        params={
            "Global.log_level": "critical",
            "Det.limit_type": "max",
            "Det.limit_side_len": _LOOK_SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
    array = import_module("numpy").asarray

    def read(image: bytes) -> list[str]:
        found = engine(array(scaled(image))[:, :, ::-1], use_cls=False)
        if not found.txts:
            return []
        rows = zip(found.boxes, found.txts, found.scores, strict=True)
        sure = [(float(box[0][1]), float(box[0][0]), str(text)) for box, text, score in rows if score >= _SURE]
        return [text for _, _, text in sorted(sure)]

    return read


def scaled(image: bytes) -> Image.Image:
    """The picture in colours at the width at which it is read. It was found decodable and not too large before."""
    with Image.open(io.BytesIO(image), formats=tuple(FORMATS)) as opened:
        opened.draft("RGB", (READ_WIDTH, max(1, opened.height * READ_WIDTH // opened.width)))
        picture = opened.convert("RGB")
    height = max(1, picture.height * READ_WIDTH // picture.width)
    picture = picture.resize((READ_WIDTH, height), Image.Resampling.LANCZOS)
    return picture.crop((0, 0, READ_WIDTH, min(height, _LONGEST * READ_WIDTH)))
