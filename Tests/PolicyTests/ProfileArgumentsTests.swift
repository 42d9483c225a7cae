import Foundation
import JSON
import Policy
import Testing

/// A row of profile-args.json: a command line, and what is made of it.
struct ProfileArgumentsRow: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var profile: String?
    var remaining: [String]
    var fault: String?

    var testDescription: String { arguments.joined(separator: " ") }

    static func load() throws -> [ProfileArgumentsRow] {
        let file = try #require(
            Bundle.module.url(forResource: "profile-args", withExtension: "json", subdirectory: "Vectors"))
        let rows = try JSON(parsing: Array(Data(contentsOf: file)))
        return try #require(rows.array).map { row in
            let value = row["out"]?["value"]
            return ProfileArgumentsRow(
                arguments: row["in"]?.array?.compactMap(\.string) ?? [], profile: value?["profile"]?.string,
                remaining: value?["argv"]?.array?.compactMap(\.string) ?? [], fault: value?["error"]?.string)
        }
    }
}

@Test(arguments: try ProfileArgumentsRow.load())
func `global profile flags are taken out as they always were`(row: ProfileArgumentsRow) throws {
    do throws(ProfileArguments.Fault) {
        let parsed = try ProfileArguments(row.arguments)
        #expect(row.fault == nil)
        #expect(parsed.profile?.text == row.profile)
        #expect(parsed.remaining == row.remaining)
    } catch {
        #expect(error.description == row.fault)
    }
}
