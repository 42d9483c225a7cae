import JSON
import Policy
import Testing

@Suite struct ProfileFileTests {
    private func profile(_ text: String) throws(PolicyError) -> Profile {
        try Profile(name: .default, file: "p.json", text: Array(text.utf8))
    }

    @Test func `only the base port is required`() throws {
        #expect(try profile("{\"basePort\": 18789}") == Profile(name: .default, basePort: 18789))
    }

    @Test func `every key is read`() throws {
        let read = try profile(
            """
            {"basePort": 19001, "policy": "browser", "bind": "lan", "network": "shared", "user": "mazel", "identity": "user",
             "stateDirectory": "/srv//state/./a", "workspace": "/srv/work", "workspaceOverlay": "64m",
             "binds": [{"source": "/data"}, {"source": "/a", "destination": "/b", "access": "read-write"}],
             "connect": {"ports": [8080, 65535]}, "udp": {"ports": [5353]}, "loopbackProbe": true,
             "limits": {"memory": "2g", "memoryHigh": "1536m", "tasks": 1024, "cpu": 50, "io": 200},
             "environment": {"LANG": "C.UTF-8", "EMPTY": ""}}
            """)
        #expect(read.policy == "browser")
        #expect(read.bind == .lan)
        #expect(read.network == .shared)
        #expect(read.user == "mazel")
        #expect(read.identity == .user)
        #expect(read.stateDirectory?.text == "/srv/state/a")
        #expect(read.workspace?.text == "/srv/work")
        #expect(read.workspaceOverlay == 64 << 20)
        #expect(read.binds.map(\.source.text) == ["/data", "/a"])
        #expect(read.binds.map(\.destination.text) == ["/data", "/b"])
        #expect(read.binds.map(\.isWritable) == [false, true])
        #expect(read.connectPorts == [8080, 65535])
        #expect(read.udpPorts == [5353])
        #expect(read.loopbackProbe)
        #expect(read.limits.memory == 2 << 30)
        #expect(read.limits.memoryHigh == 1536 << 20)
        #expect(read.limits.tasks == 1024)
        #expect(read.limits.cpuWeight == 50)
        #expect(read.limits.ioWeight == 200)
        #expect(read.environment.map(\.assignment) == ["LANG=C.UTF-8", "EMPTY="])
    }

    @Test func `a profile written is the profile read`() throws {
        let written = try profile(
            """
            {"basePort": 19001, "bind": "192.0.2.7", "user": "1000:1000", "identity": "own", "udp": {"ports": [5353]}, "loopbackProbe": true, "workspace": "/w", "workspaceOverlay": "1536k",
             "limits": {"memory": "100m", "memoryHigh": "64m", "tasks": 8, "cpu": 1, "io": 10000},
             "binds": [{"source": "/a", "destination": "/b", "access": "read-write"}],
             "connect": {"ports": [1]}, "environment": {"A": "b"}}
            """)
        #expect(try profile(written.file.text(pretty: true)) == written)
        let egress = try profile(
            """
            {"basePort": 19001, "network": "private", "egress": ["*.example.com:443", "[2001:db8::7]:1", "10.0.0.1:2"]}
            """)
        #expect(egress.egress.map(\.description) == ["*.example.com:443", "[2001:db8::7]:1", "10.0.0.1:2"])
        #expect(try profile(egress.file.text(pretty: true)) == egress)
        for mode in NetworkMode.allCases {
            let written = try profile("{\"basePort\": 19001, \"network\": \"\(mode.rawValue)\"}")
            #expect(written.network == mode)
            #expect(try profile(written.file.text(pretty: true)) == written)
        }
    }

    @Test(arguments: [
        ("{}", 1, "basePort is missing"),
        ("{\n\"basePrt\": 18789\n}", 1, "basePort is missing"),
        ("{\"basePort\": 18789,\n\n\"polcy\": \"x\"}", 3, "unknown key \"polcy\": did you mean \"policy\"?"),
        ("{\"basePort\": 18789,\n\"BasePort\": 1}", 2, "did you mean \"basePort\"?"),
        ("{\"basePort\": 18789,\n\"colour\": 1}", 2, "unknown key \"colour\": expected one of"),
        ("{\"basePort\":\n1023}", 2, "basePort: expected a whole number from 1024 to 65425, found 1023"),
        ("{\"basePort\":\n65426}", 2, "65426"),
        ("{\"basePort\":\n18789.0}", 2, "basePort: expected a whole number"),
        ("{\"basePort\":\n\"18789\"}", 2, "basePort: expected a whole number"),
        (
            "{\"basePort\": 18789,\n\"bind\": \"public\"}", 2,
            "expected \"loopback\", \"lan\" or an IP address of this host, found \"public\""
        ),
        ("{\"basePort\": 18789,\n\"network\": \"host\"}", 2, "network: expected \"shared\""),
        ("{\"basePort\": 18789, \"limits\":\n{\"memory\": 1}}", 2, "limits.memory: expected a string"),
        (
            "{\"basePort\": 18789, \"limits\":\n{\"memory\": \"15m\"}}", 2,
            "limits.memory: expected a size such as \"2g\", and at least \"16m\", found \"15m\""
        ),
        (
            "{\"basePort\": 18789, \"limits\":\n{\"memory\": \"1g\", \"memoryHigh\": \"1025m\"}}", 2,
            "limits.memoryHigh: expected at most what \"memory\" allows, 1g"
        ),
        ("{\"basePort\": 18789, \"limits\":\n{\"tasks\": 7}}", 2, "limits.tasks: expected a whole number from 8"),
        ("{\"basePort\": 18789, \"limits\":\n{\"cpu\": 0}}", 2, "limits.cpu: expected a whole number from 1 to 10000"),
        ("{\"basePort\": 18789, \"limits\":\n{\"momery\": \"1g\"}}", 2, "did you mean \"memory\"?"),
        (
            "{\"basePort\": 18789, \"network\": \"private\",\n\"bind\": \"lan\"}", 2,
            "bind: expected \"loopback\" with \"network\": \"private\", found \"lan\""
        ),
        (
            "{\"basePort\": 18789,\n\"egress\": [\"a:1\"]}", 2,
            "egress: only a profile with \"network\": \"private\" has a proxy"
        ),
        (
            "{\"basePort\": 18789, \"network\": \"private\",\n\"egress\": [\"a.b\"]}", 2,
            "egress: expected HOST:PORT"
        ),
        (
            "{\"basePort\": 18789, \"network\": \"none\", \"connect\":\n{\"ports\": [80]}}", 2,
            "\"network\": \"none\" leads nowhere to connect to"
        ),
        ("{\"basePort\": 18789,\n\"workspace\": \"work\"}", 2, "workspace: expected an absolute path"),
        ("{\"basePort\": 18789,\n\"stateDirectory\": \"/a/../b\"}", 2, "stateDirectory: expected an absolute path"),
        ("{\"basePort\": 18789,\n\"workspaceOverlay\": \"much\"}", 2, "a size such as \"256m\", found \"much\""),
        ("{\"basePort\": 18789,\n\"binds\": {}}", 2, "binds: expected an array of objects"),
        ("{\"basePort\": 18789, \"binds\": [{\"source\": \"/a\"},\n{}]}", 2, "source is missing"),
        (
            "{\"basePort\": 18789, \"binds\": [{\"source\": \"/a\",\n\"acess\": 1}]}", 2,
            "unknown key \"acess\": did you mean \"access\"?"
        ),
        (
            "{\"basePort\": 18789, \"binds\": [{\"source\": \"/a\",\n\"access\": \"rw\"}]}", 2,
            "\"read-write\", found \"rw\""
        ),
        ("{\"basePort\": 18789, \"connect\": {\"ports\": [1,\n0]}}", 2, "whole numbers from 1 to 65535, found 0"),
        ("{\"basePort\": 18789, \"connect\": {\n\"port\": []}}", 2, "did you mean \"ports\"?"),
        ("{\"basePort\": 18789, \"environment\": {\"A\": \"b\",\n\"C\": 1}}", 2, "environment.C: expected a string"),
        ("{\"basePort\": 18789,\n\"environment\": {\"A=B\": \"c\"}}", 2, "\"A=B\" cannot be the name of a variable"),
        ("{\"basePort\": 18789,\n\"basePort\": 18789}", 2, "stands twice"),
        ("[\n]", 1, "expected an object, found array"),
        ("{\"basePort\": 18789,\n}", 2, "expected a name"),
        ("", 1, "the text ends too early"),
    ])
    func `a fault names file, line and what was expected`(text: String, line: Int, message: String) throws {
        let error = try #require(throws: PolicyError.self) { try profile(text) }
        #expect(error.file == "p.json")
        #expect(error.position?.line == line)
        #expect(error.message.contains(message), "\(error.message)")
        #expect(error.description.hasPrefix("p.json:\(line):"))
    }
}
