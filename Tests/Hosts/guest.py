"""Runs on a host of the matrix: starts the launcher as its rows say, and says what came of it.

One JSON object a row is its record. settings.json beside this file names the host and the rows.
"""
import json
import os
import sys
import termios
import time
import tty

import table
from launcher import Launcher

HERE = os.path.dirname(os.path.abspath(__file__))


def records():
    """Where records go: the pipe beside this file, or the second serial line without translation of what is written."""
    pipe = os.path.join(HERE, "records")
    if os.path.exists(pipe):
        return open(pipe, "w")
    line = os.open("/dev/ttyS1", os.O_WRONLY | os.O_NOCTTY)
    tty.setraw(line, termios.TCSANOW)
    return os.fdopen(line, "w")


def main():
    with open(os.path.join(HERE, "settings.json")) as file:
        settings = json.load(file)
    launcher = Launcher(HERE, settings["suite"])
    with records() as line:
        def say(record):
            line.write(json.dumps(record) + "\n")
            line.flush()

        say({"kernel": os.uname().release})
        for row in table.rows(settings["suite"], settings["boot"]):
            if settings["only"] not in row.title:
                continue
            print(row.title, flush=True)
            start = time.monotonic()
            try:
                result = row.examine(launcher)
            except Exception as error:  # A row that cannot be tried has failed, and the others go on.
                result = {"faults": [f"{type(error).__name__}: {error}"]}
            say({"host": row.host, "start": row.start, "options": row.options,
                 "seconds": round(time.monotonic() - start, 1), **result})
        say({"end": True})


main()
sys.exit(0)
