import Glibc
import Policy
import SystemPackage

extension InternetAddress {
    /// The address as struct sockaddr_in or sockaddr_in6.
    var bytes: [UInt8] {
        let port = [UInt8(truncatingIfNeeded: self.port >> 8), UInt8(truncatingIfNeeded: self.port)]
        func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64(count - 1 - $0))) }
        }
        switch address {
        case .v4(let bits): return [UInt8(AF_INET), 0] + port + bytes(UInt64(bits), 4) + bytes(0, 8)
        case .v6(let high, let low):
            return [UInt8(AF_INET6), 0] + port + bytes(0, 4) + bytes(high, 8) + bytes(low, 8) + bytes(0, 4)
        }
    }

    /// What `bytes` mean to bind(2) on a socket of `family`; throws what the kernel would answer.
    init(_ bytes: [UInt8], family: Int32) throws(Errno) {
        func number(_ range: Range<Int>) -> UInt64 { range.reduce(0) { $0 << 8 | UInt64(bytes[$1]) } }
        let isIPv6 = family == AF_INET6
        // struct sockaddr_in has 16 bytes; of sockaddr_in6 the first 24 suffice (RFC 2133).
        guard bytes.count >= (isIPv6 ? 24 : 16) else { throw .invalidArgument }
        let given = Int32(UInt16(bytes[0]) | UInt16(bytes[1]) << 8)
        let port = UInt16(number(2..<4))
        if isIPv6 {
            guard given == AF_INET6 else { throw .addressFamilyNotSupported }
            self.init(address: .v6(high: number(8..<16), low: number(16..<24)), port: port)
        } else {
            let address = IPAddress.v4(UInt32(number(4..<8)))
            // AF_UNSPEC is taken for AF_INET with INADDR_ANY, for programs from before the family was looked at.
            guard given == AF_INET || given == AF_UNSPEC && address.isUnspecified else {
                throw .addressFamilyNotSupported
            }
            self.init(address: address, port: port)
        }
    }
}
