import Linux
import Policy
import SystemPackage

extension ServiceManager {
    /// The sockets it passed on, each as the kernel describes it; none when it passed nothing.
    func inspectedSockets() throws(LaunchError) -> [PassedSocket] {
        guard let passed else { return [] }
        return try passed.numbers.map { (number) throws(LaunchError) in
            do throws(Errno) {
                return try PassedSocket(inspecting: number, name: passed.name(of: number))
            } catch {
                throw .system(action: "look at", path: "descriptor \(number) of LISTEN_FDS", errno: error)
            }
        }
    }

    /// The secrets it keeps for this service, by name; none when it keeps nothing.
    func listedCredentials() throws(LaunchError) -> [ServiceCredential] {
        guard let directory = credentialsDirectory else { return [] }
        do throws(Errno) {
            return try FileSystem.entries(of: directory.text).sorted().map { ServiceCredential(source: directory / $0) }
        } catch {
            throw .system(action: "read", path: directory.text, errno: error)
        }
    }
}
