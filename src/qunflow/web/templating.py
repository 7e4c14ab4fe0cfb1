"""Templates of public pages: Jinja2 with autoescape; a variable that is missing is an error, never an empty place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from qunflow.web.templating_assets import Assets
from qunflow.web.texts import Texts


class Templates:
    """Renders ``web/templates`` in a language."""

    def __init__(self, texts: Texts, assets: Assets) -> None:
        self.texts = texts
        self._environment = Environment(
            loader=PackageLoader("qunflow.web", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals["asset"] = assets.url

    def render(self, name: str, language: str, values: Mapping[str, Any]) -> str:
        """The page ``name``. Inside, ``t(code, …)`` says a text, ``zone_of(tz)`` a zone, ``asset(name)`` a file."""
        template = self._environment.get_template(f"{name}.html")
        return template.render(
            **values, t=partial(self.texts.say, language), zone_of=partial(self.texts.zone, language), language=language
        )
