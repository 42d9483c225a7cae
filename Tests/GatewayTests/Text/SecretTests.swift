import Gateway
import Testing

@testable import Text

@Test func `a secret prints as nothing, however it is printed`() throws {
    let secret = try #require(Secret("hunter2"))
    var dumped = ""
    dump([secret], to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), "\([secret])", "\(Optional(secret) as Any)", dumped] {
        #expect(!text.contains("hunter2"))
    }
}

@Test func `secrets are alike only when their texts are`() throws {
    let secret = try #require(Secret("hunter2"))
    #expect(secret.matches(try #require(Secret("hunter2"))))
    #expect(!secret.matches(try #require(Secret("hunter22"))))
    #expect(Secret(" ").map { _ in true } == nil)
}
