import Files
import JSON
import Policy
import Storage

/// The files in which an earlier version kept the devices: `devices/paired.json` and `devices/pending.json`.
struct DeviceFiles {
    private let paired: AbsolutePath
    private let pending: AbsolutePath
    private let state: HostileDirectory

    init(stateDirectory: AbsolutePath) {
        state = HostileDirectory(stateDirectory)
        paired = stateDirectory / "devices/paired.json"
        pending = stateDirectory / "devices/pending.json"
    }

    /// Takes what they hold over into `database`, and then puts them out of the way as `NAME.imported`.
    ///
    /// Runs before anybody is served: should it end between the two, the next start does the same again. Throws
    /// `StorageError`, without a change, when one is damaged.
    func moveInto(_ database: InstanceDatabase) throws(StorageError) {
        let (devices, requests) = try (
            read(paired, PairedDevice.init), read(pending, PairingRequest.init)
        )
        guard let devices = devices ?? requests.map({ _ in ([], 0) }) else { return }
        _ = try Self.add(devices.entries, requests?.entries ?? [], to: database)
        for file in [paired, pending] {
            try state.place(of: file, "rename").rename("", to: ".imported")
        }
        try state.place(of: paired, "rename").flush()
    }

    /// Adds the devices that were let in to `database`, and leaves the files as they are. Returns how many are new, and how many
    /// entries are no devices. Throws `StorageError`, without a change, when the file is damaged.
    func addPaired(to database: InstanceDatabase) throws(StorageError) -> (added: Int, unreadable: Int) {
        guard let devices = try read(paired, PairedDevice.init) else { return (0, 0) }
        return (try Self.add(devices.entries, [], to: database), devices.unreadable)
    }

    /// Adds those that are not known yet; returns how many devices.
    private static func add(
        _ devices: [PairedDevice], _ requests: [PairingRequest], to database: InstanceDatabase
    ) throws(StorageError) -> Int {
        try database.writeNow { transaction in
            var known = try PairingRecords<PairedDevice, PairingRequest>(in: transaction)
            let new = devices.filter { new in
                !known.paired.contains { $0.id == new.id && $0.publicKey == new.publicKey }
            }
            let newRequests = requests.filter { new in !known.pending.contains { $0.id == new.id } }
            for device in new { known.paired.append(device) }
            for request in newRequests { known.pending.append(request) }
            try known.write(to: transaction)
            return new.count
        }
    }

    /// What the file at `path` lists, and how much of it cannot be read; nil when it is not there.
    private func read<Entry>(
        _ path: AbsolutePath, _ parse: (JSONObject) -> Entry?
    ) throws(StorageError) -> (entries: [Entry], unreadable: Int)? {
        guard let text = try state.read(path, limit: 16 << 20) else { return nil }
        let root: JSON
        do {
            root = try JSON(parsing: text)
        } catch {
            let position = JSONPosition(offset: error.offset, in: text)
            throw StorageError(
                "read", path, fault: "\(error) at \(position); mend it, or remove it to pair every device anew")
        }
        guard let object = root.object else {
            throw StorageError("read", path, fault: "it must hold a JSON object of devices")
        }
        let entries = object.members.compactMap { $0.value.object.flatMap(parse) }
        return (entries, object.members.count - entries.count)
    }
}
