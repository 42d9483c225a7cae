import Testing

/// Every import in Sources follows an arrow of the picture.
@Suite struct ImportTests {
    @Test func `no import leaves the picture`() throws {
        let files = try SourceTree().files
        #expect(files.count > 20)
        for file in files {
            for imported in SwiftImports.modules(in: file.text) {
                #expect(Architecture.permits(file.module, importing: imported), "\(file.path) imports \(imported)")
            }
        }
    }

    @Test func `every module in Sources is in the picture`() throws {
        #expect(try SourceTree.modules == Architecture.modules.keys.sorted())
    }

    @Test(arguments: [
        ("JSON", "Glibc"), ("JSON", "Policy"), ("Policy", "Linux"), ("Policy", "Foundation"), ("Policy", "Glibc"),
        ("Linux", "Policy"), ("Linux", "Foundation"), ("Linux", "Dispatch"), ("Enforcement", "Gateway"),
        ("Enforcement", "Foundation"), ("Enforcement", "Synchronization"), ("Profiles", "Enforcement"),
        ("mazelclaw-run", "Gateway"), ("mazelclaw-run", "ArgumentParser"), ("Gateway", "Linux"),
        ("Gateway", "GatewayServer"), ("Gateway", "NIOPosix"), ("GatewayServer", "Profiles"),
        ("mazelclaw", "Enforcement"), ("GatewayServer", "Linux"), ("Newcomer", "JSON"), ("Configuration", "Gateway"),
        ("Configuration", "Storage"), ("GatewayProtocol", "Configuration"), ("Time", "Configuration"),
        ("Files", "Time"),
        ("Storage", "GatewayProtocol"), ("DevTools", "Gateway"), ("Browser", "Gateway"), ("Gateway", "Browser"),
        ("Browser", "Linux"),
        ("Storage", "GatewayProtocol"), ("ModelServices", "Configuration"), ("ModelServices", "Gateway"),
        ("Gateway", "AsyncHTTPClient"),
    ])
    func `a forbidden arrow is seen`(module: String, imported: String) {
        #expect(!Architecture.permits(module, importing: imported))
    }

    @Test(arguments: [
        ("Policy", "JSON"), ("Linux", "CLinux"), ("Linux", "Glibc"), ("Enforcement", "CSeccomp"),
        ("mazelclaw-run", "SystemPackage"), ("Gateway", "Crypto"), ("GatewayServer", "NIOPosix"),
        ("mazelclaw", "Profiles"),
    ])
    func `an arrow of the picture is permitted`(module: String, imported: String) {
        #expect(Architecture.permits(module, importing: imported))
    }

    @Test func `an import is found in whatever form it is written`() {
        let source = """
            // import Comment
            import A
            public import B
            @preconcurrency internal import C
            @testable import D;import E
            import struct F.Thing
            #if canImport(G)
                import G.Submodule
            #endif
            let important = 1
            """
        #expect(SwiftImports.modules(in: source) == ["A", "B", "C", "D", "E", "F", "G"])
    }

    @Test func `the picture has no circle`() {
        var remaining = Architecture.modules.mapValues(\.own)
        while let leaf = remaining.first(where: { $0.value.isEmpty })?.key {
            remaining[leaf] = nil
            remaining = remaining.mapValues { $0.subtracting([leaf]) }
        }
        #expect(remaining.isEmpty)
    }
}
