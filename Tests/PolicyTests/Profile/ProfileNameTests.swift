import JSON
import Policy
import Testing

@Suite struct ProfileNameTests {
    @Test(arguments: vectors("profile-names"))
    func `a name is valid as in the table, and untouched`(row: JSON) throws {
        let text = try #require(row["in"]?.string)
        let name = ProfileName(text)
        #expect((name != nil) == row["valid"]?.bool)
        // In the table the default profile has no name; the normal form of a refused name is not ours to give.
        if let name {
            #expect(name.text == row["normalized"]?.string ?? "default")
            #expect(name.isDefault == (row["normalized"] == .null))
        }
    }

    @Test(arguments: [
        "\u{430}", "ma\u{131}n", "a\u{301}", "a\u{0}", "a\n", "\u{FF41}", "a\u{200B}", "../x", "a/..", "a:b", "a%2f",
        " a", "a ", "\u{212A}", "-", "_", "--", "$(id)", "a;b", "a'b",
    ])
    func `look-alikes, separators and shell characters are no part of a name`(text: String) {
        #expect(ProfileName(text) == nil)
    }

    @Test(arguments: [1, 2, 63, 64])
    func `a name has at most 64 characters`(count: Int) {
        #expect(ProfileName(String(repeating: "a", count: count)) != nil)
        #expect(ProfileName(String(repeating: "a", count: 65)) == nil)
    }

    @Test func `every byte is either allowed in a name or not, as the rule says`() {
        for byte in UInt8.min...127 {
            let character = Character(Unicode.Scalar(byte))
            let isAlphanumeric = character.isASCII && (character.isLetter || character.isNumber)
            #expect((ProfileName(String(character)) != nil) == isAlphanumeric)
            #expect((ProfileName("a\(character)") != nil) == (isAlphanumeric || character == "-" || character == "_"))
        }
    }

    @Test(arguments: ["default", "Default", "DEFAULT", "dEfAuLt"])
    func `default in any case is the profile without a suffix`(text: String) throws {
        let name = try #require(ProfileName(text))
        #expect(name == .default)
        #expect(name.suffix.isEmpty)
        #expect(name.description == "default")
    }

    @Test func `names that differ only in case collide`() throws {
        let (lower, upper) = (try #require(ProfileName("rescue")), try #require(ProfileName("ReScue")))
        #expect(lower != upper)
        #expect(lower.collisionKey == upper.collisionKey)
        #expect(upper.suffix == "-ReScue")
    }
}
