/// A person at a terminal: gives the launcher one, types, looks at what it shows, and exits as the launcher did.
enum TypistScript {
    /// What to run the launcher under; `scene` is Python that acts on the terminal `t`.
    static func wrapper(_ scene: String) -> [String] { ["/usr/bin/python3", "-c", prelude + scene + "\nt.finish()"] }

    private static let prelude = """
        import errno, fcntl, os, select, signal, struct, sys, termios, time

        def open_terminal():
            end = time.monotonic() + 60
            while True:
                try: return os.openpty()
                except OSError as e:
                    # Others have the last of the host's just now.
                    if e.errno != errno.ENOSPC or time.monotonic() > end: raise
                    time.sleep(0.05)

        class Terminal:
            def __init__(self, rows=24, columns=80, background=False):
                self.master, self.slave = open_terminal()
                self.resize(rows, columns)
                self.modes = self.now()
                self.shown, self.code = b"", None
                os.setsid()
                fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
                signal.signal(signal.SIGTTOU, signal.SIG_IGN)
                signal.signal(signal.SIGHUP, signal.SIG_IGN)
                self.pid = os.fork()
                if self.pid == 0:
                    os.setpgid(0, 0)
                    if not background: os.tcsetpgrp(self.slave, os.getpid())
                    for n in (0, 1, 2): os.dup2(self.slave, n)
                    os.closerange(3, 64)
                    for n in (signal.SIGTTOU, signal.SIGHUP): signal.signal(n, signal.SIG_DFL)
                    os.execvp(sys.argv[1], sys.argv[1:])

            def now(self): return termios.tcgetattr(self.slave)
            def is_raw(self): return not self.now()[3] & (termios.ICANON | termios.ECHO | termios.ISIG)
            def resize(self, rows, columns):
                fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            def type(self, text): os.write(self.master, text)
            def take(self, seconds):
                if select.select([self.master], [], [], seconds)[0]: self.shown += os.read(self.master, 65536)
            def pause(self, seconds):
                end = time.monotonic() + seconds
                while time.monotonic() < end: self.take(0.01)
            def until(self, condition, what):
                end = time.monotonic() + 30
                while not condition():
                    if time.monotonic() > end: sys.exit("waited in vain for %r; shown: %r" % (what, self.shown))
                    self.take(0.01)
            def expect(self, text, start=0):
                self.until(lambda: text in self.shown[start:], text)
            def send(self, number): os.kill(self.pid, number)
            def status(self, name):
                lines = open("/proc/%d/status" % self.pid).read().splitlines()
                return next(line.split()[1] for line in lines if line.startswith(name + ":"))
            def expect_state(self, letter): self.until(lambda: self.status("State") == letter, letter)
            def has_ended(self):
                if self.code is None:
                    pid, status = os.waitpid(self.pid, os.WNOHANG)
                    if pid: self.code = os.waitstatus_to_exitcode(status)
                return self.code is not None
            def finish(self):
                self.until(self.has_ended, "the end")
                while select.select([self.master], [], [], 0)[0]: self.shown += os.read(self.master, 65536)
                os.write(1, self.shown)
                if self.now() != self.modes: sys.exit("the modes are others than before: %r" % self.now())
                sys.exit(self.code)

        def check(holds, what):
            if not holds: sys.exit(what + "; shown: %r" % t.shown)

        """
}
