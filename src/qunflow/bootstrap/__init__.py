"""The only folder that picks concrete classes and joins the parts."""

from qunflow.bootstrap.application import Application, build_registry
from qunflow.bootstrap.channels import Channels, add_channel
from qunflow.bootstrap.edge import edge_app
from qunflow.bootstrap.home import Home, open_home, set_up_logging

__all__ = [
    "Application",
    "Channels",
    "Home",
    "add_channel",
    "build_registry",
    "edge_app",
    "open_home",
    "set_up_logging",
]
