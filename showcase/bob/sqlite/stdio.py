"""MCP over stdio, as much of it as a server of tools, prompts and resources needs (protocol 2025-06-18). No packages."""

import json
import sys

VERSIONS = ("2025-03-26", "2025-06-18")


class UserError(Exception):
    """What the caller did wrong: its text is the tool's answer."""


def serve(name, version, tools=(), instructions=None):
    """`run` of a tool takes its arguments by name, and gives a text, or a dict as structured content."""
    by_name = {tool["name"]: tool for tool in tools}

    def initialize(params):
        wanted = params.get("protocolVersion")
        result = {
            "protocolVersion": wanted if wanted in VERSIONS else VERSIONS[-1],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": name, "version": version},
        }
        return result if instructions is None else {**result, "instructions": instructions}

    def call(params):
        tool = by_name.get(params.get("name"))
        if tool is None:
            raise LookupError(f"there is no {params.get('name')}")
        try:
            result = tool["run"](**params.get("arguments", {}))
        except (UserError, TypeError, ValueError, ArithmeticError) as error:
            return {"content": [{"type": "text", "text": str(error)}], "isError": True}
        if isinstance(result, str):
            return {"content": [{"type": "text", "text": result}]}
        text = json.dumps(result, ensure_ascii=False)
        return {"content": [{"type": "text", "text": text}], "structuredContent": result}

    listed = [{key: value for key, value in tool.items() if key != "run"} for tool in tools]
    methods = {
        "initialize": initialize,
        "ping": lambda _params: {},
        "tools/list": lambda _params: {"tools": listed},
        "tools/call": call,
    }
    for line in sys.stdin:
        if not line.strip():
            continue
        message = json.loads(line)
        if "id" not in message:
            continue
        answer = {"jsonrpc": "2.0", "id": message["id"]}
        method = methods.get(message.get("method"))
        if method is None:
            answer["error"] = {"code": -32601, "message": "no such method"}
        else:
            try:
                answer["result"] = method(message.get("params", {}))
            except LookupError as error:
                answer["error"] = {"code": -32602, "message": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
