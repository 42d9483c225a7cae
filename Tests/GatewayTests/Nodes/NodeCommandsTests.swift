import Testing

@testable import Gateway

@Test(
    arguments: [
        ("linux 6.1", "", "system.run", ["system.run"], nil),
        ("Linux", "", " system.run ", ["system.run"], nil),
        ("linux", "", "system.run", [], .nothingDeclared),
        ("linux", "", "system.run", ["system.which"], .notDeclared),
        ("linux", "", "camera.snap", ["camera.snap"], .notAllowed),
        ("linux", "", "extra.command", ["extra.command"], nil),
        ("linux", "", "system.notify", ["system.notify"], .notAllowed),
        ("linux", "", "", ["x"], .empty),
        ("iOS 18", "", "camera.snap", ["camera.snap"], nil),
        ("ios", "", "system.run", ["system.run"], .notAllowed),
        ("ios", "", "sms.send", ["sms.send"], .notAllowed),
        ("android", "", "sms.send", ["sms.send"], nil),
        ("Darwin", "", "system.run", ["system.run"], nil),
        ("plan9", "iPhone", "camera.snap", ["camera.snap"], nil),
        ("plan9", "", "system.run", ["system.run"], .notAllowed),
        ("plan9", "", "extra.command", ["extra.command"], nil),
    ] as [(String, String, String, [String], NodeCommands.Refusal?)])
func `a node is sent what its platform is known for and it offers`(
    platform: String, family: String, command: String, declared: [String], refusal: NodeCommands.Refusal?
) {
    let commands = NodeCommands(allowed: ["extra.command", "system.notify"], denied: ["system.notify"])
    let found = commands.refusal(
        of: command, platform: NodePlatform(platform: platform, family: family), declared: declared)
    #expect(found == refusal)
}
