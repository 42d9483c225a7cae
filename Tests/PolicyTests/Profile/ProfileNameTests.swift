import Policy
import Testing

@Test func `a trailing newline is no part of a name`() {
    #expect(ProfileName("main\n") == nil)
    #expect(ProfileName("main")?.text == "main")
}
