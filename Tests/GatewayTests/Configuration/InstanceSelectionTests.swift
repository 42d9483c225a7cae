import Gateway
import Policy
import Testing

@testable import Configuration

private let inherited = [
    "MAZELCLAW_PROFILE": "main", "MAZELCLAW_STATE_DIR": "/main", "MAZELCLAW_GATEWAY_PORT": "18789", "PATH": "/bin",
]

@Test func `with a profile named, inherited variables are dropped and named`() throws {
    let selection = try InstanceSelection(argument: ProfileName("rescue"), environment: inherited)
    #expect(selection.name.value.text == "rescue")
    #expect(selection.dropped == ["MAZELCLAW_GATEWAY_PORT", "MAZELCLAW_PROFILE", "MAZELCLAW_STATE_DIR"])
    #expect(selection["MAZELCLAW_STATE_DIR"] == nil)
}

@Test func `variables of the same name as the profile are dropped too, where no launcher assigned them`() throws {
    let selection = try InstanceSelection(argument: ProfileName("main"), environment: inherited)
    #expect(selection["MAZELCLAW_STATE_DIR"] == nil)
}

@Test func `variables that a launcher assigned count for their profile`() throws {
    let environment = inherited.merging(["MAZELCLAW_ASSIGNED": "1"]) { $1 }
    let selection = try InstanceSelection(
        argument: ProfileName("main"), environment: environment, launcherMark: "MAZELCLAW_ASSIGNED")
    #expect(selection.dropped.isEmpty)
    #expect(selection["MAZELCLAW_STATE_DIR"] == "/main")
    #expect(selection.isAssigned)
}

@Test func `another profile does not get the variables that a launcher assigned`() throws {
    let environment = inherited.merging(["MAZELCLAW_ASSIGNED": "1"]) { $1 }
    let selection = try InstanceSelection(
        argument: ProfileName("rescue"), environment: environment, launcherMark: "MAZELCLAW_ASSIGNED")
    #expect(selection["MAZELCLAW_STATE_DIR"] == nil)
    #expect(selection.dropped == ["MAZELCLAW_GATEWAY_PORT", "MAZELCLAW_PROFILE", "MAZELCLAW_STATE_DIR"])
}

@Test func `a launcher's mark is a variable like any other where no launcher is known`() throws {
    let environment = inherited.merging(["MAZELCLAW_ASSIGNED": "1"]) { $1 }
    let selection = try InstanceSelection(argument: ProfileName("main"), environment: environment)
    #expect(!selection.isAssigned)
    #expect(selection.dropped.first == "MAZELCLAW_ASSIGNED")
    #expect(selection["MAZELCLAW_STATE_DIR"] == nil)
}

@Test func `without a profile named, the variables count`() throws {
    let selection = try InstanceSelection(argument: nil, environment: inherited)
    #expect(selection.name == Sourced(try #require(ProfileName("main")), from: .environment("MAZELCLAW_PROFILE")))
    #expect(selection["MAZELCLAW_GATEWAY_PORT"] == "18789")
}

@Test func `nothing named is the default profile`() throws {
    #expect(try InstanceSelection(argument: nil, environment: [:]).name.value == .default)
}

@Test func `a variable that can be no profile is an error that names it`() {
    #expect {
        try InstanceSelection(argument: nil, environment: ["MAZELCLAW_PROFILE": "../main"])
    } throws: { "\($0)".contains("MAZELCLAW_PROFILE is \"../main\"") }
}
