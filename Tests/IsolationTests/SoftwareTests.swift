import Foundation
import Testing

/// Ordinary programs work inside.
@Suite struct SoftwareTests {
    private func expectOutput(
        _ starting: Starting, _ command: [String], _ output: String, location: SourceLocation = #_sourceLocation
    ) throws {
        let end = try Host(starting).run(command)
        #expect(end.output == output, "\(end.errors)", sourceLocation: location)
        #expect(end.code == 0, sourceLocation: location)
    }

    @Test(arguments: Starting.available)
    func `a pipeline of the shell`(starting: Starting) throws {
        let script =
            "printf 'b\\na\\n' | sort | tr a-z A-Z | tee $MAZELCLAW_STATE_DIR/file | wc -l; cat $MAZELCLAW_STATE_DIR/file"
        try expectOutput(starting, ["sh", "-c", script], "2\nA\nB\n")
    }

    @Test(arguments: Starting.available)
    func `python with processes, threads and a server on the gateway port`(starting: Starting) throws {
        let script = """
            import asyncio, concurrent.futures, multiprocessing, os, socket, subprocess, threading, tempfile
            print(subprocess.check_output(["echo", "child"], text=True), end="")
            with concurrent.futures.ThreadPoolExecutor(8) as pool: print(sum(pool.map(lambda n: n * n, range(10))))
            with multiprocessing.get_context("fork").Pool(2) as pool: print(pool.map(abs, [-1, 2]))
            server = socket.create_server(("127.0.0.1", int(os.environ["MAZELCLAW_GATEWAY_PORT"])))
            def serve():
                connection, _ = server.accept()
                connection.sendall(connection.recv(100).upper())
                connection.close()
            thread = threading.Thread(target=serve); thread.start()
            client = socket.create_connection(server.getsockname()); client.sendall(b"hello")
            print(client.recv(100).decode()); thread.join()
            async def nap(): await asyncio.sleep(0); return "loop"
            print(asyncio.run(nap()))
            with tempfile.TemporaryFile() as file: print(file.write(b"abc"))
            print(os.getlogin() if False else os.environ["USER"] == __import__("pwd").getpwuid(os.getuid()).pw_name)
            """
        try expectOutput(
            starting, ["/usr/bin/python3", "-c", script], "child\n285\n[1, 2]\nHELLO\nloop\n3\nTrue\n")
    }

    @Test(arguments: Starting.available)
    func `SQLite in WAL mode from two processes`(starting: Starting) throws {
        let script = """
            import os, sqlite3, subprocess, sys
            path = os.environ["MAZELCLAW_STATE_DIR"] + "/data.sqlite"
            database = sqlite3.connect(path)
            print(database.execute("pragma journal_mode=wal").fetchone()[0])
            with database: database.execute("create table t (n)")
            code = "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('insert into t values (7)'); d.commit()"
            subprocess.check_call([sys.executable, "-c", code, path])
            print(database.execute("select n from t").fetchall())
            """
        try expectOutput(starting, ["/usr/bin/python3", "-c", script], "wal\n[(7,)]\n")
    }

    @Test(.enabled(if: Files.exists("/usr/bin/node"), "node is not installed"), arguments: Starting.available)
    func `node with a server on the gateway port, children, workers and interfaces`(starting: Starting) throws {
        let script = """
            const http = require('http'), os = require('os'), fs = require('fs')
            const { execFileSync } = require('child_process'), { Worker } = require('worker_threads')
            console.log(execFileSync('echo', ['child']).toString().trim())
            console.log(os.networkInterfaces().lo[0].address)
            fs.writeFileSync(process.env.MAZELCLAW_STATE_DIR + '/file', 'text')
            const watcher = fs.watch(process.env.MAZELCLAW_STATE_DIR); watcher.close()
            const worker = new Worker("require('worker_threads').parentPort.postMessage('worker')", { eval: true })
            worker.on('message', text => {
              console.log(text)
              const server = http.createServer((request, response) => response.end('served'))
              server.listen(process.env.MAZELCLAW_GATEWAY_PORT, '127.0.0.1', async () => {
                const answer = await fetch(`http://127.0.0.1:${process.env.MAZELCLAW_GATEWAY_PORT}/`)
                console.log(await answer.text())
                process.exit(0)
              })
            })
            """
        try expectOutput(starting, ["/usr/bin/node", "-e", script], "child\n127.0.0.1\nworker\nserved\n")
    }

    @Test(.enabled(if: Files.exists("/usr/bin/git"), "git is not installed"), arguments: Starting.available)
    func `git in the workspace`(starting: Starting) throws {
        let script = """
            set -e
            mkdir -p $MAZELCLAW_WORKSPACE && cd $MAZELCLAW_WORKSPACE
            git init -q . && git config user.name n && git config user.email n@example.org
            echo text > file && git add file && git commit -qm first && echo more >> file && git commit -qam second
            git log --format=%s && git gc -q && git fsck && git status --short
            """
        try expectOutput(starting, ["sh", "-c", script], "second\nfirst\n")
    }

    @Test(arguments: Starting.available)
    func `a program on a pseudo-terminal`(starting: Starting) throws {
        let script = """
            import os, pty
            pid, master = pty.fork()
            if pid == 0: os.execvp("sh", ["sh", "-c", "tty; stty size; echo done"])
            shown = b""
            while b"done" not in shown: shown += os.read(master, 1024)
            print(shown.decode().replace("\\r", ""), end="")
            os.waitpid(pid, 0)
            """
        try expectOutput(starting, ["/usr/bin/python3", "-c", script], "/dev/pts/0\n0 0\ndone\n")
    }

    @Test(.enabled(if: Files.exists("/usr/bin/script"), "script is not installed"), arguments: Starting.available)
    func `script gives its program a terminal`(starting: Starting) throws {
        try expectOutput(
            starting, ["sh", "-c", "script -qec 'test -t 0 && echo terminal' /dev/null | tr -d '\\r'"], "terminal\n")
    }

    @Test(arguments: Starting.available)
    func `the shell's job control on a terminal of its own`(starting: Starting) throws {
        let script = """
            import os, pty
            pid, master = pty.fork()
            if pid == 0: os.execvp("bash", ["bash", "--norc", "-i"])
            os.write(master, b"PS1=; sleep 1000 &\\nkill %1; wait; echo job-$((40+2)); exit\\n")
            shown = b""
            try:
                while True: shown += os.read(master, 1024)
            except OSError: pass
            os.waitpid(pid, 0)
            print(b"job-42" in shown)
            """
        try expectOutput(starting, ["/usr/bin/python3", "-c", script], "True\n")
    }

    @Test(arguments: Starting.available)
    func `names of users, hosts and the local zone resolve`(starting: Starting) throws {
        let script =
            "getent hosts localhost | head -1 | awk '{print $2}'; id -un | wc -l; date +%Z | wc -l; test -r /etc/resolv.conf && echo readable"
        try expectOutput(starting, ["sh", "-c", script], "localhost\n1\n1\nreadable\n")
    }
}
