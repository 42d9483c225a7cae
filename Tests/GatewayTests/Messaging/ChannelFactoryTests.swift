import JSON
import Testing

@testable import Channels
@testable import Configuration
@testable import Gateway
@testable import Time

@Suite struct ChannelFactoryTests {
    private func account(_ environment: [String: String]) throws -> ChannelFactory.Account {
        let root = try #require(RootSection.reading(["channels": ["irc": ["host": "irc.example.org", "nick": "bot"]]]))
        let factory = ChannelFactory(environment: environment, clock: .system)
        return try #require(factory.accounts(root.channels).first)
    }

    @Test(
        arguments: [
            [:], ["ALL_PROXY": "http://127.0.0.1:3128"], ["all_proxy": "http://[::1]:3128/"],
            ["ALL_PROXY": "nonsense://x", "NO_PROXY": "example.org"],
        ])
    func `an account is connected directly, or through a proxy that speaks HTTP`(environment: [String: String]) throws {
        let account = try account(environment)
        #expect(account.channel != nil)
        #expect(account.fault == nil)
    }

    @Test(
        arguments: [
            "nonsense://127.0.0.1:3128", "socks5://127.0.0.1:1080", "http://name:geheim@127.0.0.1:3128",
        ])
    func `past a proxy that it cannot be connected through it is not connected`(proxy: String) throws {
        let account = try account(["ALL_PROXY": proxy])
        #expect(account.channel == nil)
        let fault = try #require(account.fault)
        #expect(fault.contains("ALL_PROXY"))
        #expect(!fault.contains("geheim"))
    }
}
