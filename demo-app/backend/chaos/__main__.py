"""Reads the command line, and runs the proxy, its control port and the server behind it until a signal ends them."""

import argparse

import uvicorn

from .control import control_app
from .proxy import Proxy
from .server import Server


def main():
    arguments = parse()
    server = Server(arguments.command, arguments.upstream, arguments.health) if arguments.command else None
    app = control_app(Proxy(arguments.listen, arguments.upstream), server)
    uvicorn.run(app, host="127.0.0.1", port=arguments.control, ws="none", lifespan="on", log_level="warning")


def parse():
    parser = argparse.ArgumentParser(prog="python -m chaos", description="A proxy for links that go wrong.")
    parser.add_argument("--listen", type=int, required=True, metavar="PORT", help="where clients connect")
    parser.add_argument("--upstream", type=int, required=True, metavar="PORT", help="where the server is")
    parser.add_argument("--control", type=int, required=True, metavar="PORT", help="where HTTP says what goes wrong")
    parser.add_argument("--health", default="/healthz", metavar="PATH", help="what the server answers when it is up")
    parser.add_argument("command", nargs="*", help="runs the server, which the proxy can then restart")
    return parser.parse_args()


if __name__ == "__main__":
    main()
