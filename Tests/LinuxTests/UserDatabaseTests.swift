import SystemPackage
import Testing

@testable import Linux

/// passwd(5), group(5), subuid(5) and subgid(5), with lines that administrators and their tools get wrong.
@Suite struct UserDatabaseTests {
    private static let table = Array(
        """
        root:x:0:0:root:/root:/bin/bash
        # a comment
        short:x:1000
        words:x:many:1000::/home/words:/bin/sh
        large:x:4294967296:1000::/home/large:/bin/sh
        ada:x:1001:1002:Ada, 1st floor:/home/ada:/bin/bash
        ada:x:1003:1003:second:/home/second:/bin/sh
        twin:x:1001:1009::/home/twin:/bin/sh
        :x:1004:1004::/home/nameless:/bin/sh
        homeless:x:1005:1005:::
        +::::::

        """.utf8)

    private func named(_ name: String) -> UserDatabase.User? {
        UserDatabase.user(whose: 0, is: Array(name.utf8), in: Self.table)
    }

    private func numbered(_ number: String) -> UserDatabase.User? {
        UserDatabase.user(whose: 2, is: Array(number.utf8), in: Self.table)
    }

    @Test func `a user is found by name and by number, and the first of two counts`() {
        let ada = UserDatabase.User(name: "ada", userID: 1001, groupID: 1002, home: "/home/ada")
        #expect(named("ada") == ada)
        #expect(numbered("1001") == ada)
        #expect(numbered("1003")?.home == "/home/second")
        #expect(named("root")?.userID == 0)
        #expect(named("homeless")?.home == "")
    }

    @Test(arguments: ["nobody", "short", "words", "large", "# a comment", "+", "Ada", "ada:x", "roo", "x"])
    func `a line that is short, or has no number where one must be, is nobody`(name: String) {
        #expect(named(name) == nil)
    }

    @Test(arguments: ["4294967296", "01001", "+1001", "1001 ", "", "many", "-1"])
    func `a number is found as it stands there`(number: String) {
        #expect(numbered(number) == nil)
    }

    @Test func `a table that is cut off anywhere has only users that stand in it whole`() {
        for length in 0...Self.table.count {
            let found = UserDatabase.user(whose: 0, is: Array("ada".utf8), in: Array(Self.table.prefix(length)))
            guard let found else { continue }
            // Of a line without its end the shell may be missing, which nobody asks for.
            #expect(found.userID == 1001 && found.home == "/home/ada", "\(length)")
        }
    }

    @Test(
        arguments: [
            (1001, 2, "ada"), (1002, 3, "ada"), (1009, 3, "twin"), (1000, 2, "short"), (1000, 3, "words"),
            (0, 2, "root"),
            (7, 2, nil), (7, 3, nil), (1001, 9, nil),
        ] as [(UInt32, Int, String?)])
    func `the first who has an ID is named`(number: UInt32, field: Int, name: String?) {
        #expect(UserDatabase.holder(ofID: number, inField: field, of: Self.table) == name)
    }

    @Test(
        arguments: [
            (99_999, nil), (100_000, "ada"), (165_535, "ada"), (165_536, "1002"), (231_071, "1002"), (231_072, nil),
            (4_294_967_295, "end"), (4_294_967_290, "end"), (4_294_967_289, nil), (500, nil),
        ] as [(UInt32, String?)])
    func `a subordinate ID belongs to whose range holds it`(number: UInt32, name: String?) {
        let table = """
            ada:100000:65536
            1002:165536:65536
            empty:231072:0
            end:4294967290:4294967295
            few:500
            many:500:1:1
            words:500:x
            negative:500:-1
            """
        #expect(UserDatabase.holder(ofSubordinateID: number, in: Array(table.utf8))?.name == name)
    }

    @Test(
        arguments: [
            ("ada:100000:65536", 165_535), ("ada:100000:1", 100_000), ("ada:99999:18446744073709551615", .max),
        ] as [(String, UInt32)])
    func `a range of subordinate IDs is told to its last`(line: String, last: UInt32) {
        #expect(UserDatabase.holder(ofSubordinateID: 100_000, in: Array(line.utf8))?.lastID == last)
    }

    @Test func `this host's root is user 0, and a name that nobody can have is nobody's`() throws {
        #expect(try UserDatabase.user(id: 0)?.name == UserDatabase.user(named: "root")?.name)
        #expect(try UserDatabase.user(named: "no:such") == nil)
        #expect(try UserDatabase.holder(ofID: 0)?.file == "/etc/passwd")
        #expect(UserDatabase.text(ofUser: 4_294_967_294) == "user 4294967294")
    }
}
