// swift-tools-version: 6.2
import PackageDescription

// The arrows between these targets are the architecture; Tests/ArchitectureTests holds them.
// The launcher's column (Linux, Enforcement, Cage, mazelclaw-run, mazelclaw-tool) links no Foundation and starts no
// thread: unshare(CLONE_NEWUSER) demands a single-threaded caller (unshare(2), EINVAL).

let package = Package(
    name: "mazelclaw",
    products: [
        .executable(name: "mazelclaw-run", targets: ["mazelclaw-run"]),
        .executable(name: "mazelclaw-tool", targets: ["mazelclaw-tool"]),
        .executable(name: "mazelclaw", targets: ["mazelclaw"]),
        // All modules whose types stand in the interface of the two.
        .library(
            name: "GatewayCore",
            targets: [
                "AgentLoop", "Configuration", "Files", "Gateway", "GatewayProtocol", "GatewayServer", "JSON",
                "ModelServices", "Policy", "Storage", "Text", "Time", "Tools",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Without its trait it needs no Foundation.
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // Kernel interfaces Swift cannot import, and the two C libraries the launcher is built on.
        .target(name: "CLinux"),
        .systemLibrary(
            name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CCap", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),

        // The launcher's column.
        .target(
            name: "Linux",
            dependencies: ["CLinux", .product(name: "SystemPackage", package: "swift-system")]),
        .target(
            name: "Enforcement",
            dependencies: [
                "CCap", "CLinux", "CSeccomp", "JSON", "Linux", "Policy", "Profiles",
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        .executableTarget(
            name: "mazelclaw-run",
            dependencies: [
                "Enforcement", "JSON", "Linux", "Policy", "Profiles",
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            linkerSettings: [.unsafeFlags(["-static-executable"])]),
        .target(
            name: "Cage",
            dependencies: [
                "Enforcement", "JSON", "Linux", "Policy", "Profiles",
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        .executableTarget(
            name: "mazelclaw-tool", dependencies: ["Cage"],
            linkerSettings: [.unsafeFlags(["-static-executable"])]),

        // Values both columns share.
        .target(name: "JSON"),
        .target(name: "Policy", dependencies: ["JSON"]),
        .target(
            name: "Profiles",
            dependencies: [
                "JSON", "Linux", "Policy",
                .product(name: "SystemPackage", package: "swift-system"),
            ]),

        // The gateway's column, from the bottom up.
        .target(
            name: "Text", dependencies: [.product(name: "Crypto", package: "swift-crypto")]),
        .target(name: "Files", dependencies: ["Policy"]),
        .target(name: "Time", dependencies: ["Files", "JSON", "Policy"]),
        .target(
            name: "Configuration",
            dependencies: [
                "Files", "JSON", "Policy", "Text", "Time", .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .target(
            name: "Storage",
            dependencies: [
                "Files", "JSON", "Policy", "Text", "Time", .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        .target(name: "GatewayProtocol", dependencies: ["JSON", "Policy", "Text", "Time"]),
        .target(
            name: "ModelServices",
            dependencies: [
                "JSON", "Text", "Time",
                // One of the modules it brings is called as ours is.
                .product(
                    name: "AsyncHTTPClient", package: "async-http-client",
                    moduleAliases: ["Configuration": "SwiftConfiguration"]),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .target(name: "Tools", dependencies: ["JSON"]),
        .target(name: "AgentLoop", dependencies: ["JSON", "ModelServices", "Text", "Tools"]),
        .target(
            name: "Channels",
            dependencies: [
                "Text", "Time",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .target(
            name: "Gateway",
            dependencies: [
                "AgentLoop", "Channels", "Configuration", "Files", "GatewayProtocol", "JSON", "ModelServices", "Policy",
                "Storage",
                "Text", "Time", "Tools",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
        .target(
            name: "GatewayServer",
            dependencies: [
                "Configuration", "Files", "Gateway", "GatewayProtocol", "JSON", "Policy", "Storage", "Text", "Time",
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            // Part of the program: nothing is looked for at run time.
            resources: [
                .embedInCode("Dashboard/dashboard.html"), .embedInCode("Dashboard/dashboard.css"),
                .embedInCode("Dashboard/dashboard.js"),
            ]),
        .target(
            name: "DevTools",
            dependencies: [
                "JSON", "Text",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ]),
        .target(
            name: "Browser",
            dependencies: [
                "DevTools", "Files", "JSON", "Policy", "Text",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "mazelclaw",
            dependencies: [
                "Browser", "Configuration", "DevTools", "Files", "Gateway", "GatewayProtocol", "GatewayServer", "JSON",
                "Linux",
                "Policy",
                "Profiles", "Storage", "Text", "Time",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            linkerSettings: [
                // Off the 2 MiB boundary: otherwise the kernel maps the program in pages of that size where it can, and
                // a gateway that touches a little of everything has all of it resident (37 MB instead of 25).
                .unsafeFlags(["-static-executable", "-Xlinker", "-Ttext-segment=0x401000"]),
                // What Foundation, which GRDB imports, is built on: its modules name only the dynamic libraries.
                .linkedLibrary("CoreFoundation"), .linkedLibrary("_FoundationICU"),
                .linkedLibrary("_FoundationCollections"), .linkedLibrary("_FoundationCShims"),
                .linkedLibrary("swiftSynchronization"), .linkedLibrary("stdc++"), .linkedLibrary("m"),
            ]),

        // What the C headers and the running kernel say, for tests that hold our numbers against theirs.
        .target(name: "CKernel", path: "Tests/CKernel"),
        // Seeds, texts and time for the tests that try what nobody thought of.
        .target(name: "Fuzzing", dependencies: ["JSON"], path: "Tests/Fuzzing"),
        // The payload of the isolation tests. They find it beside them and do not link it: it is static, so that
        // it starts in any sandbox.
        .target(name: "CProbe", path: "Tests/CProbe"),
        .executableTarget(
            name: "isolation-probe", dependencies: ["CProbe"], path: "Tests/IsolationProbe",
            linkerSettings: [.unsafeFlags(["-static-executable"])]),
        // What `make bench` loads the gateway, and its peer, with.
        .executableTarget(name: "load-generator", path: "Tests/LoadGenerator"),
        // What `make autobahn` talks to.
        .executableTarget(
            name: "echo-server",
            dependencies: [
                "Configuration", "Gateway", "GatewayProtocol", "GatewayServer", "Time",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ], path: "Tests/EchoServer"),
        // What `make autobahn` has talk to a fuzzing server.
        .executableTarget(
            name: "echo-client",
            dependencies: [
                "DevTools", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ], path: "Tests/EchoClient"),
        // What the durability tests of GatewayTests kill.
        .executableTarget(
            name: "storage-writer",
            dependencies: ["Configuration", "Files", "Gateway", "JSON", "Policy", "Storage", "Time"],
            path: "Tests/StorageWriter"),
        // What ProfilesTests run two of at one registry.
        .executableTarget(
            name: "profile-writer", dependencies: ["Policy", "Profiles"], path: "Tests/ProfileWriter"),
        .testTarget(name: "ArchitectureTests"),
        // The code of the modules' tutorials, which sees what other packages see.
        .testTarget(
            name: "ArticleTests",
            dependencies: [
                "Configuration", "Files", "GatewayProtocol", "JSON", "ModelServices", "Policy", "Storage", "Text",
                "Time",
            ]),
        .testTarget(
            name: "EnforcementTests",
            dependencies: [
                "CKernel", "Enforcement", "JSON", "Linux", "Policy", "Profiles",
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "AgentLoop", "Channels", "Configuration", "Files", "Fuzzing", "Gateway", "GatewayProtocol", "JSON",
                "Policy", "Storage", "Text", "Time",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            resources: [.copy("Vectors")]),
        .testTarget(
            name: "GatewayServerTests",
            dependencies: [
                "AgentLoop", "CProbe", "Configuration", "Files", "Fuzzing", "Gateway", "GatewayProtocol",
                "GatewayServer", "IRCServer",
                "JSON", "ModelServices", "Policy", "Storage", "Text", "Time", "Tools",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], exclude: ["findings.tsv"]),
        // The IRC server that tests of channels connect to.
        .target(
            name: "IRCServer",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], path: "Tests/IRCServer"),
        // Certificates that tests of connections make.
        .target(
            name: "TestIdentities",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ], path: "Tests/TestIdentities"),
        // The pages that tests of browsers open.
        .target(
            name: "PageServer",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], path: "Tests/PageServer"),
        .testTarget(
            name: "BrowserTests",
            dependencies: [
                "Browser", "DevTools", "JSON", "PageServer",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(
            name: "DevToolsTests",
            dependencies: [
                "DevTools", "JSON", "PageServer",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ]),
        .testTarget(
            name: "IsolationTests", dependencies: ["CProbe", "JSON"],
            exclude: [
                "attempts.tsv", "cage-attempts.py", "cage-attempts.tsv", "cage-gateway.py", "cage-layers.tsv",
                "coverage.tsv",
                "layers.tsv", "never.tsv",
            ]),
        .testTarget(name: "CageTests", dependencies: ["Cage", "Enforcement", "Fuzzing", "JSON", "Policy"]),
        .testTarget(name: "JSONTests", dependencies: ["Fuzzing", "JSON"]),
        .testTarget(
            name: "LinuxTests",
            dependencies: ["Linux", .product(name: "SystemPackage", package: "swift-system")]),
        .testTarget(
            name: "ProfilesTests",
            dependencies: [
                "JSON", "Linux", "Policy", "Profiles", .product(name: "SystemPackage", package: "swift-system"),
            ]),
        .testTarget(
            name: "ModelServicesTests",
            dependencies: [
                "Fuzzing", "JSON", "ModelServices", "TestIdentities", "Text", "Time",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], resources: [.copy("Recordings"), .copy("Requests")]),
        .testTarget(
            name: "ChannelsTests",
            dependencies: [
                "Channels", "Fuzzing", "IRCServer", "TestIdentities", "Text", "Time",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .testTarget(
            name: "AgentLoopTests", dependencies: ["AgentLoop", "JSON", "ModelServices", "Time", "Tools"]),
        .testTarget(name: "TimeTests", dependencies: ["JSON", "Time"]),
        .testTarget(
            name: "PolicyTests", dependencies: ["Fuzzing", "JSON", "Policy"], exclude: ["Golden"],
            resources: [.copy("Vectors")]),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            .treatAllWarnings(as: .error),
            // One section each, so that the linker leaves out what nobody calls: a start reads fewer pages.
            .unsafeFlags(["-Xfrontend", "-function-sections"], .when(configuration: .release)),
        ]
}

// A start makes dozens of types such as Array<Step>. The short way in code is to have the runtime read each one's name, which
// takes longer than to ask for it by its parts.
for target in package.targets
where [
    "Cage", "Enforcement", "JSON", "Linux", "Policy", "Profiles", "mazelclaw-run", "mazelclaw-tool",
].contains(target.name) {
    target.swiftSettings?.append(
        .unsafeFlags(
            ["-Xfrontend", "-disable-concrete-type-metadata-mangled-name-accessors"], .when(configuration: .release)))
}
