import Gateway
import JSON
import Policy
import Testing

@testable import Configuration

@Test(arguments: try Vectors.rows("format-cli-command"))
func `a printed command carries the profile`(row: JSON) throws {
    let profile = row["env"]?["CLAWDBOT_PROFILE"]?.string.flatMap(ProfileName.init) ?? .default
    #expect(CommandText.text(try #require(row["cmd"]?.string), for: profile) == row["out"]?.string)
}

@Test(arguments: try Vectors.rows("service-names"))
func `each profile has a unit of its own`(row: JSON) throws {
    let text = row["profile"]?.string?.filter { $0 != " " } ?? ""
    let profile = ProfileName(text) ?? .default
    let original = try #require(row["unit"]?.string)
    #expect(ServiceUnit.name(of: profile) == "mazelclaw" + original.dropFirst("moltbot".count))
    let description = try #require(row["desc"]?.string)
    #expect(
        ServiceUnit.description(of: profile, version: "1.2.3") == "MazelClaw" + description.dropFirst("Moltbot".count))
}
