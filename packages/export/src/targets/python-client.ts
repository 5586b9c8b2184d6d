/** The part of a Python package that is the same in all: a resident process, spoken to in lines of JSON (call.md §3). */
export const pythonClient = String.raw`from __future__ import annotations

import atexit
import json
import os
import subprocess
import threading
from types import TracebackType
from typing import Any, Optional, Sequence, Type, TypeVar

Self = TypeVar("Self", bound="Client")


class MlldError(Exception):
    """What a call fails with; code says why."""

    def __init__(self, code: str, message: str, hint: Optional[str] = None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


class Client:
    """A resident mlld, started with the first call; calls of several threads follow each other."""

    def __init__(
        self,
        bundle: str,
        digest: str,
        *,
        grant: Sequence[str] = (),
        mlld: Optional[str] = None,
        cwd: Optional[str] = None,
    ) -> None:
        command = mlld or os.environ.get("MLLD_COMMAND") or "mlld"
        script = command.endswith((".js", ".cjs", ".mjs"))
        self._words = (["node", command] if script else [command]) + ["call", "--serve", "--digest", digest]
        for need in grant:
            self._words += ["--grant", need]
        self._words.append(bundle)
        self._cwd = cwd
        self._lock = threading.Lock()
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._count = 0

    def call(self, name: str, args: Sequence[Any]) -> Any:
        """Calls a function by its name in the module."""
        with self._lock:
            process = self._start()
            assert process.stdin is not None and process.stdout is not None
            self._count += 1
            request = {"id": self._count, "call": name, "args": list(args)}
            try:
                process.stdin.write(json.dumps(request).encode() + b"\n")
                process.stdin.flush()
                while True:
                    line = process.stdout.readline()
                    if not line:
                        raise BrokenPipeError
                    answer = json.loads(line)
                    if answer.get("id") == self._count:
                        break
            except BrokenPipeError:
                self._stop()
                raise MlldError("PROGRAM_FAILED", "mlld ended before it answered") from None
        error = answer.get("error")
        if error is not None:
            raise MlldError(error["code"], error["message"], error.get("hint"))
        return answer.get("value")

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._stop()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        try:
            self._process = subprocess.Popen(
                self._words, cwd=self._cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        except OSError as cause:
            raise MlldError("PROGRAM_MISSING", f"can't start {self._words[0]}: {cause}") from cause
        atexit.register(self.close)
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        atexit.unregister(self.close)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
        process.wait()
`;
