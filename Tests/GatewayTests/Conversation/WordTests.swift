import Testing

@testable import Gateway

@Test(arguments: [
    ("stop", true), (" Stop\n", true), ("/stop", true), ("ESC", true), ("abort", true), ("wait", true), ("exit", true),
    ("interrupt", true), ("stop it", false), ("", false), ("please stop", false),
])
func `some words end what is under way`(message: String, ends: Bool) {
    #expect(StopWords.contains(message) == ends)
}

@Test(
    arguments: [
        ("/new", ""), (" /NEW hello there", "hello there"), ("/reset\nhello", "hello"), ("/newest", nil), ("new", nil),
    ] as [(String, String?)])
func `a trigger begins anew, and what follows is said first`(message: String, rest: String?) {
    #expect(ResetTrigger.rest(of: message, triggers: ["/new", "/reset"]) == rest)
}
