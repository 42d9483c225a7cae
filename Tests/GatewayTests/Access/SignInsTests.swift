import Testing

@testable import Gateway
@testable import Text
@testable import Time

/// What `answer` is, as a word.
private func word(_ answer: SignIns.Answer) -> String {
    switch answer {
    case .link: "link"
    case .page: "page"
    case .usedLink: "used"
    case .expired: "expired"
    case .unknown: "unknown"
    }
}

/// The secret a page gets for the link `secret`.
private func page(_ signIns: SignIns, for secret: Secret) throws -> Secret {
    guard case .link(let page) = signIns.take(secret) else {
        Issue.record("the link does not count")
        throw CancellationError()
    }
    return page.secret
}

@Suite struct SignInsTests {
    private let now = TestClock(at: 1_700_000_000_000)
    private let signIns: SignIns

    init() {
        signIns = SignIns(clock: now.clock)
    }

    @Test func `a link signs one page in, which then comes back`() throws {
        let link = try signIns.makeLink()
        #expect(link.secret.revealed().utf8.count == 64)
        #expect(link.expiresAt == 1_700_000_300_000)
        let secret = try page(signIns, for: link.secret)
        #expect(word(signIns.take(link.secret)) == "used")
        for _ in 1...2 { #expect(word(signIns.take(secret)) == "page") }
        // Neither opens what the other does, and no secret is another.
        let other = try signIns.makeLink()
        #expect(!other.secret.matches(link.secret))
        #expect(try !page(signIns, for: other.secret).matches(secret))
        #expect(word(signIns.take(.random(byteCount: 32))) == "unknown")
        #expect(word(SignIns(clock: now.clock).take(secret)) == "unknown")
    }

    @Test func `a link counts for five minutes, also while nobody uses it`() throws {
        let (early, late) = (try signIns.makeLink().secret, try signIns.makeLink().secret)
        now.advance(by: 299_999)
        _ = try page(signIns, for: early)
        now.advance(by: 1)
        #expect(word(signIns.take(late)) == "expired")
        // It is forgotten with the next.
        _ = try signIns.makeLink()
        #expect(word(signIns.take(late)) == "unknown")
    }

    @Test func `a page comes back for twelve hours`() throws {
        let secret = try page(signIns, for: signIns.makeLink().secret)
        now.advance(by: 12 * 3_600_000 - 1)
        #expect(word(signIns.take(secret)) == "page")
        now.advance(by: 1)
        #expect(word(signIns.take(secret)) == "expired")
    }

    @Test func `a clock set back prolongs nothing`() throws {
        let link = try signIns.makeLink().secret
        let secret = try page(signIns, for: signIns.makeLink().secret)
        now.advance(by: -1)
        #expect(word(signIns.take(link)) == "expired")
        #expect(word(signIns.take(secret)) == "expired")
        now.advance(by: 1)
        #expect(word(signIns.take(link)) == "link")
        #expect(word(signIns.take(secret)) == "page")
    }

    @Test func `so many links may be made in five minutes, used or not`() throws {
        let first = try signIns.makeLink().secret
        _ = try page(signIns, for: first)
        now.advance(by: 1000)
        for _ in 1..<SignIns.linkLimit { _ = try signIns.makeLink() }
        #expect(throws: SignIns.TooMany(retryAfter: 299_000)) { try signIns.makeLink() }
        now.advance(by: 299_000)
        _ = try signIns.makeLink()
        #expect(throws: SignIns.TooMany(retryAfter: 1000)) { try signIns.makeLink() }
    }

    @Test func `when many pages are signed in, the first makes room`() throws {
        var pages: [Secret] = []
        for _ in 0...SignIns.pageLimit {
            pages.append(try page(signIns, for: signIns.makeLink().secret))
            now.advance(by: 60_000)
        }
        #expect(word(signIns.take(pages[0])) == "unknown")
        for secret in pages.dropFirst() { #expect(word(signIns.take(secret)) == "page") }
    }
}
