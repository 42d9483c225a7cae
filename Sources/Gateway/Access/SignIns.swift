import Crypto
import GatewayProtocol
import Synchronization
import Text
import Time

/// The sign-ins of the page in the browser: links that sign a page in once, and what a page gets for one, by which it
/// comes back after it was loaded again.
///
/// Both are 256 random bits, known here by their digests alone and in memory alone. The end of the process, or a new start
/// within it, signs every page out.
final class SignIns: Sendable {
    /// What a page that was signed in shows when it comes back.
    struct Page: Sendable {
        var secret: Secret
        var issuedAt: Timestamp
        var expiresAt: Timestamp
    }

    /// What a secret is that somebody shows.
    enum Answer: Sendable {
        /// A link. It is used up now, and the page gets this.
        case link(Page)
        /// That of a page which was signed in, and until when it counts.
        case page(until: Timestamp)
        /// A link that signed a page in before.
        case usedLink
        /// A link, or what a page got, whose time is over.
        case expired
        /// It is neither a link nor what a page got, or is so old that nobody remembers.
        case unknown
    }

    /// Too many links were made of late.
    struct TooMany: Error, Equatable {
        /// When another may be made, in milliseconds.
        var retryAfter: Int64
    }

    private struct Entry {
        var issuedAt: Timestamp
        var expiresAt: Timestamp
        var isUsed = false

        /// Whether it counts at `time`. A clock set back shortens what was issued, rather than prolong it.
        func counts(at time: Timestamp) -> Bool { issuedAt <= time && time < expiresAt }
    }

    private struct State {
        var links: [SHA256Digest: Entry] = [:]
        var pages: [SHA256Digest: Entry] = [:]
    }

    /// How long a link may be used: long enough to open a tunnel first.
    static let linkLife = TimeSpan(5, .minutes)
    /// How many links there may be whose time is not over, used or not. So many may be made in `linkLife`.
    static let linkLimit = 16
    /// How long a page stays and comes back: a day's work.
    static let pageLife = TimeSpan(12, .hours)
    /// How many pages may come back. The one that was signed in first makes room.
    static let pageLimit = 64
    /// What a page may do: read, and talk with agents.
    static let scopes = [Scope.read, .write].map(\.rawValue)

    private let clock: WallClock
    private let state = Mutex(State())

    init(clock: WallClock) {
        self.clock = clock
    }

    /// Makes a link, and tells until when it may be used.
    func makeLink() throws(TooMany) -> (secret: Secret, expiresAt: Timestamp) {
        let time = clock.now
        let secret = Secret.random(byteCount: 32)
        let entry = Entry(issuedAt: time, expiresAt: time + Self.linkLife)
        let next: Timestamp? = state.withLock { state in
            state.links = state.links.filter { time < $0.value.expiresAt }
            guard state.links.count < Self.linkLimit else { return state.links.values.map(\.expiresAt).min() }
            state.links[Self.digest(secret)] = entry
            return nil
        }
        if let next { throw TooMany(retryAfter: max(1, next.milliseconds - time.milliseconds)) }
        return (secret, entry.expiresAt)
    }

    /// What `secret` is. A link is used up by this.
    func take(_ secret: Secret) -> Answer {
        let time = clock.now
        let digest = Self.digest(secret)
        return state.withLock { state in
            if let page = state.pages[digest] { return page.counts(at: time) ? .page(until: page.expiresAt) : .expired }
            guard let link = state.links[digest] else { return .unknown }
            guard !link.isUsed else { return .usedLink }
            guard link.counts(at: time) else { return .expired }
            state.links[digest]?.isUsed = true
            return .link(Self.signIn(at: time, &state))
        }
    }

    private static func signIn(at time: Timestamp, _ state: inout State) -> Page {
        let page = Page(secret: .random(byteCount: 32), issuedAt: time, expiresAt: time + pageLife)
        state.pages = state.pages.filter { time < $0.value.expiresAt }
        if state.pages.count >= pageLimit, let oldest = state.pages.min(by: { $0.value.issuedAt < $1.value.issuedAt }) {
            state.pages[oldest.key] = nil
        }
        state.pages[digest(page.secret)] = Entry(issuedAt: time, expiresAt: page.expiresAt)
        return page
    }

    private static func digest(_ secret: Secret) -> SHA256Digest { SHA256.hash(data: Array(secret.revealed().utf8)) }
}
