import Policy
import Testing

/// The script that stands in for a program.
@Suite struct WrapperScriptTests {
    @Test func `each word stays one, whatever is in it, and the script's arguments come last`() throws {
        let script = WrapperScript(
            launcher: try #require(AbsolutePath("/opt/it's here/mazelclaw-run")),
            profile: try #require(ProfileName("main")), options: ["--bind-ro", "/srv/$HOME `x`"],
            command: [ByteString("/usr/bin/node"), ByteString(bytes: [0x61, 0xFF, 0x0A]), ByteString("")])
        let lines = script.bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 3)
        #expect(lines[0].elementsEqual("#!/bin/sh".utf8))
        var expected = Array(
            #"exec '/opt/it'\''s here/mazelclaw-run' '--profile' 'main' '--bind-ro' '/srv/$HOME `x`' '--' '/usr/bin/node' 'a"#
                .utf8)
        expected += [0xFF, 0x0A] + Array("' '' \"$@\"\n".utf8)
        #expect(lines[3].elementsEqual(expected))
    }
}
