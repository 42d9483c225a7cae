import JSON
import Policy
import Testing

@Suite struct ProfileArgumentsTests {
    @Test(arguments: vectors("profile-args"))
    func `flags before the first word name the profile, as in the table`(row: JSON) throws {
        let arguments = try #require(row["in"]?.array).compactMap(\.string)
        let value = try #require(row["out"]?["value"])
        do throws(ProfileArguments.Fault) {
            let parsed = try ProfileArguments(arguments)
            #expect(value["ok"] == true)
            #expect(parsed.profile?.text == value["profile"]?.string)
            #expect(parsed.remaining == value["argv"]?.array?.compactMap(\.string))
        } catch {
            #expect(value["ok"] == false)
            #expect(value["error"]?.string?.hasPrefix(error.description) == true)
        }
    }

    @Test(arguments: [
        (["--profile", "../x"], ProfileArguments.Fault.invalidName), (["--profile=a/b"], .invalidName),
        (["--profile=\u{0}"], .invalidName), (["--profile", "   "], .missingValue), (["--profile= "], .missingValue),
        (["--profile=="], .missingValue), (["--dev", "--profile=x"], .devWithProfile),
        (["--profile=x", "--dev", "y"], .devWithProfile),
    ])
    func `what names no profile is refused`(arguments: [String], fault: ProfileArguments.Fault) {
        #expect(throws: fault) { try ProfileArguments(arguments) }
    }

    @Test func `after the first word every flag belongs to the command`() throws {
        let parsed = try ProfileArguments(["-v", "run", "--profile", "x", "--dev", "--profile=a/b"])
        #expect(parsed.profile == nil)
        #expect(parsed.remaining == ["-v", "run", "--profile", "x", "--dev", "--profile=a/b"])
    }

    @Test func `a flag that only begins like ours is left alone`() throws {
        let parsed = try ProfileArguments(["--profiles", "--profile-x=1", "--development"])
        #expect(parsed.profile == nil)
        #expect(parsed.remaining == ["--profiles", "--profile-x=1", "--development"])
    }
}
