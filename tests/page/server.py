"""The server under test: started on a free port, killed and started again there."""

import re
import shlex
import subprocess
import threading

ADDRESS = re.compile(r"serving at (http://[\d.]+:(\d+))")
START_S = 60


class Server:
    """command: for example "build/release/bin/fcclip serve"."""

    def __init__(self, command):
        self.command = shlex.split(command)
        self.process, self.url, self.port = None, "", 0

    def start(self):
        listen = f"127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [*self.command, "--listen", listen], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        watchdog = threading.Timer(START_S, self.process.kill)
        watchdog.start()
        said = []
        for line in self.process.stdout:
            said.append(line)
            if found := ADDRESS.search(line):
                self.url, self.port = found[1] + "/", int(found[2])
                break
        watchdog.cancel()
        assert self.url and self.process.poll() is None, f"{self.command} did not start:\n{''.join(said)}"
        # Nobody may stop at a full pipe.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def kill(self):
        self.process.kill()
        self.process.wait()
